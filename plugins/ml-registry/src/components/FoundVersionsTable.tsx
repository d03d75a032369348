import type { FoundVersion } from '@downstage/plugin-ml-registry-common';
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
import { useEvaluations } from '../hooks/useEvaluations';
import { paths } from '../paths';
import { mlRegistryTranslationRef } from '../translation';
import { MetricText } from './MetricText';
import { Person } from './Person';
import { StageBadge } from './StageBadge';

type Row = FoundVersion & { id: string };

/** Versions of many models; a column for every metric that was asked about. */
export function FoundVersionsTable(props: {
  versions: readonly FoundVersion[];
  metrics: readonly string[];
}) {
  const { versions, metrics } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const evaluations = useEvaluations([
    ...new Set(versions.map(({ modelRef }) => modelRef)),
  ]);
  const metricColumns: ColumnConfig<Row>[] = metrics.map(name => ({
    id: `metric:${name}`,
    label: name,
    cell: version => (
      <CellText
        title={
          version.metrics[name] === undefined
            ? '–'
            : formatNumber(version.metrics[name])
        }
      />
    ),
  }));
  const columns: ColumnConfig<Row>[] = [
    {
      id: 'version',
      label: t('search.version'),
      isRowHeader: true,
      defaultWidth: '1.6fr',
      cell: ({ modelRef, version, aliases }) => (
        <Cell>
          <Flex direction="column" gap="1">
            <Link href={paths.version(modelRef, version)} weight="bold">
              {`${modelRef.split('/').at(-1)} v${version}`}
            </Link>
            {aliases.length > 0 && (
              <Text color="secondary" variant="body-small">
                {aliases.map(alias => `@${alias}`).join(' ')}
              </Text>
            )}
          </Flex>
        </Cell>
      ),
    },
    {
      id: 'stage',
      label: t('search.stage'),
      cell: ({ stage }) => (
        <Cell>
          <StageBadge stage={stage} />
        </Cell>
      ),
    },
    ...(metrics.length > 0
      ? metricColumns
      : [
          {
            id: 'metric',
            label: t('search.metric'),
            defaultWidth: '1.5fr' as const,
            cell: (version: Row) => (
              <Cell>
                <MetricText
                  metrics={version.metrics}
                  evaluation={evaluations.get(version.modelRef)}
                />
              </Cell>
            ),
          },
        ]),
    {
      id: 'flavors',
      label: t('search.flavors'),
      cell: ({ flavors }) => <CellText title={flavors.join(', ') || '–'} />,
    },
    {
      id: 'datasets',
      label: t('search.datasets'),
      cell: ({ datasets }) => (
        <CellText
          title={
            [...new Set(datasets.map(({ name }) => name))].join(', ') || '–'
          }
        />
      ),
    },
    {
      id: 'owner',
      label: t('models.owner'),
      cell: ({ owner }) => (
        <Cell>
          <Person entityRef={owner} />
        </Cell>
      ),
    },
    {
      id: 'created',
      label: t('search.created'),
      cell: ({ createdAt }) => (
        <Cell>
          <Time at={createdAt} />
        </Cell>
      ),
    },
  ];
  const { tableProps } = useTable<Row>({
    mode: 'complete',
    data: versions.map(version => ({ ...version, id: version.ref })),
    paginationOptions: { pageSize: 50 },
  });
  return (
    <Wide width={900 + metrics.length * 110}>
      <Table columnConfig={columns} {...tableProps} />
    </Wide>
  );
}
