import { listed, shownNameOf } from '@downstage/common';
import { parseEntityRef } from '@backstage/catalog-model';
import type { Monitor } from '@downstage/plugin-ml-monitoring-common';
import {
  ListTable,
  type ListColumn,
  formatNumber,
  Time,
  Wide,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { mlMonitoringTranslationRef } from '../translation';
import { searchOf } from '../hooks/whichMonitor';
import { MonitorStatus } from './MonitorStatus';

/** Watched models, in the order of the server: those that need a look first. */
export function MonitorsTable(props: { monitors: readonly Monitor[] }) {
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const columns: ListColumn<Monitor>[] = [
    {
      id: 'model',
      label: t('list.model'),
      isRowHeader: true,
      share: 2,
      cell: monitor => {
        const { namespace, name } = parseEntityRef(monitor.modelRef);
        return (
          <Link
            href={`/catalog/${namespace}/model/${name}/monitoring${searchOf(
              monitor,
            )}`}
            weight="bold"
          >
            {shownNameOf({ namespace, name })}
          </Link>
        );
      },
    },
    {
      id: 'kind',
      label: t('list.kind'),
      share: 1.4,
      cell: monitor =>
        monitor.name === 'default'
          ? monitor.kind
          : t('list.namedKind', { kind: monitor.kind, name: monitor.name }),
    },
    {
      id: 'status',
      label: t('list.status'),
      share: 1.9,
      cell: monitor => (
        <MonitorStatus
          status={monitor.status}
          kind={monitor.kind}
          title={monitor.message}
        />
      ),
    },
    {
      id: 'version',
      label: t('list.version'),
      cell: monitor => String(monitor.version ?? t('list.noVersion')),
    },
    {
      id: 'window',
      label: t('list.window'),
      share: 1.4,
      cell: ({ latestWindow }) =>
        latestWindow ? (
          <Flex direction="column" gap="0.5">
            <Time at={latestWindow.createdAt} />
            <Text color="secondary" variant="body-small">
              {t('list.rows', { rows: formatNumber(latestWindow.rows) })}
            </Text>
          </Flex>
        ) : (
          <Text color="secondary">{t('list.noWindow')}</Text>
        ),
    },
    {
      id: 'episode',
      label: t('list.episode'),
      share: 1.5,
      cell: ({ openEpisode }) =>
        openEpisode ? (
          <Flex direction="column" gap="0.5">
            <Time at={openEpisode.since} />
            <Text color="secondary" variant="body-small">
              {listed(openEpisode.columns, { most: 3 })}
            </Text>
          </Flex>
        ) : (
          '–'
        ),
    },
    {
      id: 'why',
      label: t('list.why'),
      share: 3,
      cell: monitor => <Text title={monitor.message}>{monitor.message}</Text>,
    },
  ];
  return (
    <Wide width={1120}>
      <ListTable
        label={t('list.title')}
        columns={columns}
        items={props.monitors}
        keyOf={({ id }) => id}
      />
    </Wide>
  );
}
