import { endpointChangedTopicName } from '@downstage/plugin-ml-serving-common';
import { Frame, useLoad } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Container, Flex, Header } from '@backstage/ui';
import { mlServingApiRef } from '../api';
import { EndpointsTable } from '../components/EndpointsTable';
import { mlServingTranslationRef } from '../translation';

/** All endpoints: which version answers where. */
export function EndpointsPage() {
  const api = useApi(mlServingApiRef);
  const { t } = useTranslationRef(mlServingTranslationRef);
  const endpoints = useLoad(
    signal => api.listEndpoints({}, { signal }),
    [api],
    { channel: endpointChangedTopicName },
  );
  return (
    <>
      <Header title={t('list.title')} description={t('list.description')} />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <Frame
            value={endpoints}
            isEmpty={({ items }) => items.length === 0}
            empty={{
              title: t('list.emptyTitle'),
              description: t('list.emptyText'),
              action: (
                <ButtonLink href="/models" variant="primary">
                  {t('list.emptyAction')}
                </ButtonLink>
              ),
            }}
          >
            {({ items }) => <EndpointsTable endpoints={items} />}
          </Frame>
        </Flex>
      </Container>
    </>
  );
}
