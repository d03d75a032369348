import { parseEntityRef } from '@backstage/catalog-model';
import type { Monitor } from '@downstage/plugin-ml-monitoring-common';
import { formatNumber, Time, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  CellText,
  Flex,
  Link,
  Table,
  Text,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { mlMonitoringTranslationRef } from '../translation';
import { MonitorStatus } from './MonitorStatus';

type Row = Monitor & { id: string };

/** Watched models, in the order of the server: those that need a look first. */
export function MonitorsTable(props: { monitors: readonly Monitor[] }) {
  const { t } = useTranslationRef(mlMonitoringTranslationRef);
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'model',
      label: t('list.model'),
      isRowHeader: true,
      defaultWidth: '2fr',
      cell: monitor => {
        const { namespace, name } = parseEntityRef(monitor.modelRef);
        return (
          <Cell>
            <Link
              href={`/catalog/${namespace}/model/${name}/monitoring`}
              weight="bold"
            >
              {name}
            </Link>
          </Cell>
        );
      },
    },
    {
      id: 'status',
      label: t('list.status'),
      defaultWidth: '2fr',
      cell: monitor => (
        <Cell>
          <MonitorStatus status={monitor.status} title={monitor.message} />
        </Cell>
      ),
    },
    {
      id: 'version',
      label: t('list.version'),
      cell: monitor => (
        <CellText title={String(monitor.version ?? t('list.noVersion'))} />
      ),
    },
    {
      id: 'window',
      label: t('list.window'),
      cell: ({ latestWindow }) => (
        <Cell>
          {latestWindow ? (
            <Flex direction="column" gap="0.5">
              <Time at={latestWindow.createdAt} />
              <Text color="secondary" variant="body-small">
                {t('list.rows', { rows: formatNumber(latestWindow.rows) })}
              </Text>
            </Flex>
          ) : (
            <Text color="secondary">{t('list.noWindow')}</Text>
          )}
        </Cell>
      ),
    },
    {
      id: 'episode',
      label: t('list.episode'),
      cell: ({ openEpisode }) => (
        <Cell>
          {openEpisode ? (
            <Flex direction="column" gap="0.5">
              <Time at={openEpisode.since} />
              <Text color="secondary" variant="body-small">
                {openEpisode.columns.slice(0, 3).join(', ')}
              </Text>
            </Flex>
          ) : (
            '–'
          )}
        </Cell>
      ),
    },
    {
      id: 'why',
      label: t('list.why'),
      defaultWidth: '3fr',
      cell: monitor => (
        <Cell>
          <Text title={monitor.message}>{monitor.message}</Text>
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: props.monitors.map(monitor => ({ ...monitor, id: monitor.ref })),
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
