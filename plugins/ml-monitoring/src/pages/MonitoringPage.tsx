import { monitorChangedChannel } from '@downstage/plugin-ml-monitoring-common';
import { Frame, Pager, usePages } from '@downstage/react';
import { useApi, useTranslationRef } from '@backstage/frontend-plugin-api';
import { ButtonLink, Container, Flex, Header } from '@backstage/ui';
import { mlMonitoringApiRef } from '../api';
import { MonitorsTable } from '../components/MonitorsTable';
import { mlMonitoringTranslationRef } from '../translation';

/** All watched models. */
export function MonitoringPage() {
  const api = useApi(mlMonitoringApiRef);
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const monitors = usePages(
    (cursor, signal) =>
      api.listMonitors(
        { query: { kind: 'all', limit: 25, ...(cursor && { cursor }) } },
        { signal },
      ),
    [api],
    { channel: monitorChangedChannel },
  );
  return (
    <>
      <Header title={t('list.title')} description={t('list.description')} />
      <Container>
        <Flex direction="column" gap="4" pt="4" pb="8">
          <Frame
            value={monitors}
            isEmpty={({ items }) => items.length === 0}
            empty={{
              title: t('list.emptyTitle'),
              description: t('list.emptyText'),
              action: (
                <ButtonLink href="/endpoints" variant="primary">
                  {t('list.emptyAction')}
                </ButtonLink>
              ),
            }}
          >
            {({ items }) => <MonitorsTable monitors={items} />}
          </Frame>
          <Pager pages={monitors} />
        </Flex>
      </Container>
    </>
  );
}
