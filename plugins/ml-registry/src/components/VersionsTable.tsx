import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { Time, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  CellText,
  Flex,
  Link,
  Table,
  useTable,
  type ColumnConfig,
} from '@backstage/ui';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { GateSummary } from './GateList';
import { MetricText } from './MetricText';
import { Person } from './Person';
import { StageBadge } from './StageBadge';

type Row = ModelVersion & { id: string };

/** The versions of one model, newest first. */
export function VersionsTable(props: {
  name: string;
  versions: readonly ModelVersion[];
  evaluation?: ModelEvaluation;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { versions, evaluation } = props;
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'version',
      label: t('versions.version'),
      isRowHeader: true,
      cell: item => (
        <Cell>
          <Link href={paths.version(item.modelRef, item.version)}>
            {t('versions.heading', { version: String(item.version) })}
          </Link>
        </Cell>
      ),
    },
    {
      id: 'stage',
      label: t('versions.stage'),
      cell: item => (
        <Cell>
          <Flex direction="column" gap="1">
            <StageBadge stage={item.stage} />
            {item.status !== 'READY' &&
              t('versions.notReady', { status: item.status })}
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'aliases',
      label: t('versions.aliases'),
      cell: item => <CellText title={item.aliases.join(', ') || '–'} />,
    },
    {
      id: 'metric',
      label: t('versions.metric'),
      cell: item => (
        <Cell>
          <MetricText metrics={item.metrics} evaluation={evaluation} />
        </Cell>
      ),
    },
    {
      id: 'gates',
      label: t('versions.gates'),
      cell: item => (
        <Cell>
          <GateSummary gates={item.gates} />
        </Cell>
      ),
    },
    {
      id: 'created',
      label: t('versions.created'),
      cell: item => (
        <Cell>
          <Time at={item.createdAt} />
        </Cell>
      ),
    },
    {
      id: 'by',
      label: t('versions.by'),
      cell: item => (
        <Cell>
          <Person entityRef={item.createdBy} />
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: versions.map(version => ({ ...version, id: version.ref })),
    paginationOptions: { type: 'none' },
  });
  return (
    <Wide>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
