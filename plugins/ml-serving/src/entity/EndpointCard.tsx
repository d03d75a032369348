import { CopyButton, Frame, Section, useModelEntity } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { EndpointState } from '../components/EndpointState';
import { useEndpoint } from '../hooks/useServing';
import { mlServingTranslationRef } from '../translation';

/** The endpoint of a Model on its overview: whether it answers, with what, and where. */
export function EndpointCard() {
  const { namespace, name } = useModelEntity();
  const { t } = useTranslationRef(mlServingTranslationRef);
  const endpoint = useEndpoint({ namespace, name });
  const tab = `/catalog/${namespace}/model/${name}/serving`;
  return (
    <Section title={t('list.name')}>
      <Frame
        value={endpoint}
        isEmpty={value => value === null}
        empty={{
          title: t('endpoint.notDeployedTitle'),
          action: <Link href={tab}>{t('endpoint.deploy')}</Link>,
        }}
      >
        {value =>
          value && (
            <Flex direction="column" gap="2">
              <Link href={tab}>
                <EndpointState endpoint={value} />
              </Link>
              <Text>
                {value.variants
                  .map(
                    ({ variant, version }) => `${variant}: version ${version}`,
                  )
                  .join(', ') || t('list.noVersion')}
              </Text>
              <Flex align="center" gap="1">
                <Text truncate color="secondary">
                  {value.url}
                </Text>
                <CopyButton text={value.url} />
              </Flex>
            </Flex>
          )
        }
      </Frame>
    </Section>
  );
}
