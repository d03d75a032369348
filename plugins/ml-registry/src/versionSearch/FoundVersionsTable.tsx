import type { FoundVersion } from '@downstage/plugin-ml-registry-common';
import {
  ListTable,
  type ListColumn,
  formatNumber,
  Time,
  Wide,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { useEvaluations } from '../shared/hooks/useEvaluations';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { MetricText } from '../shared/MetricText';
import { Person } from '../shared/Person';
import { StageBadge } from '../shared/StageBadge';

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
  const metricColumns: ListColumn<FoundVersion>[] = metrics.map(name => ({
    id: `metric:${name}`,
    label: name,
    cell: version =>
      version.metrics[name] === undefined
        ? '–'
        : formatNumber(version.metrics[name]),
  }));
  const columns: ListColumn<FoundVersion>[] = [
    {
      id: 'version',
      label: t('search.version'),
      isRowHeader: true,
      share: 1.6,
      cell: ({ modelRef, version, aliases }) => (
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
      ),
    },
    {
      id: 'stage',
      label: t('search.stage'),
      cell: ({ stage }) => <StageBadge stage={stage} />,
    },
    ...(metrics.length > 0
      ? metricColumns
      : [
          {
            id: 'metric',
            label: t('search.metric'),
            share: 1.5,
            cell: (version: FoundVersion) => (
              <MetricText
                metrics={version.metrics}
                evaluation={evaluations.get(version.modelRef)}
              />
            ),
          },
        ]),
    {
      id: 'flavors',
      label: t('search.flavors'),
      share: 1.3,
      cell: ({ flavors }) => flavors.join(', ') || '–',
    },
    {
      id: 'datasets',
      label: t('search.datasets'),
      cell: ({ datasets }) =>
        [...new Set(datasets.map(({ name }) => name))].join(', ') || '–',
    },
    {
      id: 'owner',
      label: t('models.owner'),
      cell: ({ owner }) => <Person entityRef={owner} />,
    },
    {
      id: 'created',
      label: t('search.created'),
      cell: ({ createdAt }) => <Time at={createdAt} />,
    },
  ];
  return (
    <Wide width={1000 + metrics.length * 110}>
      <ListTable
        label={t('nav.versions')}
        columns={columns}
        items={versions}
        keyOf={({ ref }) => ref}
      />
    </Wide>
  );
}
