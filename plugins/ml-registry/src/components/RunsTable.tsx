import type { Run } from '@downstage/plugin-ml-registry-common';
import {
  formatDuration,
  formatNumber,
  StatusBadge,
  Time,
  Wide,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import {
  Cell,
  CellText,
  Flex,
  Link,
  Table,
  Text,
  type ColumnConfig,
  type Selection,
} from '@backstage/ui';
import { orderMetrics } from '../domain/orderMetrics';
import { runDuration, runStatus } from '../domain/runStatus';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { Person } from './Person';

type Row = Run & { id: string };

/** Runs to look at and to choose from. */
export function RunsTable(props: {
  runs: readonly Run[];
  chosen: ReadonlySet<string>;
  onChoose: (runIds: Set<string>) => void;
}) {
  const { runs, chosen, onChoose } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'run',
      label: t('runs.run'),
      isRowHeader: true,
      defaultWidth: '1.5fr',
      cell: run => (
        <Cell>
          <Link href={paths.run(run.runId)}>{run.name || run.runId}</Link>
        </Cell>
      ),
    },
    {
      id: 'status',
      label: t('runs.status'),
      cell: run => (
        <Cell>
          <StatusBadge {...runStatus(run.status)} />
        </Cell>
      ),
    },
    {
      id: 'experiment',
      label: t('runs.experiment'),
      defaultWidth: '1.5fr',
      cell: run => <CellText title={run.experimentName} />,
    },
    {
      id: 'metrics',
      label: t('runs.metrics'),
      defaultWidth: '2fr',
      cell: run => (
        <Cell>
          <TopMetrics metrics={run.metrics} />
        </Cell>
      ),
    },
    {
      id: 'job',
      label: t('runs.job'),
      cell: run => (
        <Cell>
          {run.jobId ? (
            <Link href={paths.job(run.jobId)}>{run.jobId}</Link>
          ) : (
            '–'
          )}
        </Cell>
      ),
    },
    {
      id: 'by',
      label: t('runs.by'),
      cell: run => (
        <Cell>
          <Person entityRef={run.userId} />
        </Cell>
      ),
    },
    {
      id: 'started',
      label: t('runs.started'),
      cell: run => (
        <Cell>
          <Time at={run.startTime} />
        </Cell>
      ),
    },
    {
      id: 'duration',
      label: t('runs.duration'),
      cell: run => <CellText title={formatDuration(runDuration(run))} />,
    },
  ];
  const select = (selection: Selection) =>
    onChoose(
      new Set(
        selection === 'all'
          ? runs.map(run => run.runId)
          : [...selection].map(String),
      ),
    );
  return (
    <Wide width={1080}>
      <Table<Row>
        columnConfig={columns}
        data={runs.map(run => ({ ...run, id: run.runId }))}
        pagination={{ type: 'none' }}
        selection={{
          mode: 'multiple',
          behavior: 'toggle',
          selected: new Set(chosen),
          onSelectionChange: select,
        }}
      />
    </Wide>
  );
}

function TopMetrics(props: { metrics: Record<string, number> }) {
  const all = orderMetrics(props.metrics).filter(
    ([name]) => !name.startsWith('system/'),
  );
  if (all.length === 0) return <>–</>;
  return (
    <Flex gap="3" style={{ flexWrap: 'wrap' }}>
      {all.slice(0, 3).map(([name, value]) => (
        <Text key={name} variant="body-small">
          {name} {formatNumber(value)}
        </Text>
      ))}
      {all.length > 3 && (
        <Text variant="body-small" color="secondary">
          +{all.length - 3}
        </Text>
      )}
    </Flex>
  );
}
