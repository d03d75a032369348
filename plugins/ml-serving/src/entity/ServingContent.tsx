import { shownNameOf } from '@downstage/common';
import {
  Frame,
  useAction,
  useModelEntity,
  useOwns,
  Reason,
  NamedText,
} from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Button, Flex, Text } from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { EndpointView } from '../components/EndpointView';
import { useEndpoint } from '../hooks/useServing';
import { mlServingTranslationRef } from '../translation';

/** The Serving tab of a Model: its endpoint, or how to get one. */
export function ServingContent() {
  const { ref, namespace, name, owner } = useModelEntity();
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const owns = useOwns(owner);
  const endpoint = useEndpoint({ namespace, name });
  const action = useAction();

  const deploy = async () => {
    const done = await action.run(
      () => api.createEndpoint({ body: { modelRef: ref } }),
      {
        title: t('endpoint.deployed', {
          name: shownNameOf({ namespace, name }),
        }),
      },
    );
    if (done) endpoint.retry();
  };

  return (
    <Frame
      value={endpoint}
      isEmpty={value => value === null}
      empty={{
        title: t('endpoint.notDeployedTitle'),
        description: t('endpoint.notDeployedText'),
        action: owns ? (
          <Flex direction="column" gap="2">
            <Flex>
              <Button onPress={deploy} isPending={action.pending}>
                {t('endpoint.deploy')}
              </Button>
            </Flex>
            {action.error && (
              <Alert
                status="danger"
                title={t('endpoint.deployFailed')}
                description={<Reason error={action.error} />}
              />
            )}
          </Flex>
        ) : (
          <Text color="secondary">
            <NamedText
              text={t('endpoint.notDeployedNotOwner', { owner: owner ?? '–' })}
            />
          </Text>
        ),
      }}
    >
      {value =>
        value && <EndpointView endpoint={value} onChange={endpoint.retry} />
      }
    </Frame>
  );
}
