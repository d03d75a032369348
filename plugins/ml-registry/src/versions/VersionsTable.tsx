import type { ModelEvaluation } from '@downstage/plugin-ml-catalog-common';
import type { ModelVersion } from '@downstage/plugin-ml-registry-common';
import { ListTable, type ListColumn, Time, Wide } from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { GateSummary } from '../promotions/GateList';
import { MetricText } from '../shared/MetricText';
import { Person } from '../shared/Person';
import { StageBadge } from '../shared/StageBadge';

/** The versions of one model, newest first. */
export function VersionsTable(props: {
  name: string;
  versions: readonly ModelVersion[];
  evaluation?: ModelEvaluation;
}) {
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const { versions, evaluation } = props;
  const columns: ListColumn<ModelVersion>[] = [
    {
      id: 'version',
      label: t('versions.version'),
      isRowHeader: true,
      cell: item => (
        <Link href={paths.version(item.modelRef, item.version)}>
          {t('versions.heading', { version: String(item.version) })}
        </Link>
      ),
    },
    {
      id: 'stage',
      label: t('versions.stage'),
      cell: item => (
        <Flex direction="column" gap="1">
          <StageBadge stage={item.stage} />
          {item.status !== 'READY' &&
            t('versions.notReady', { status: item.status })}
        </Flex>
      ),
    },
    {
      id: 'aliases',
      label: t('versions.aliases'),
      cell: item => (
        <Text as="p" truncate title={item.aliases.join(', ') || '–'}>
          {item.aliases.join(', ') || '–'}
        </Text>
      ),
    },
    {
      id: 'metric',
      label: t('versions.metric'),
      cell: item => (
        <MetricText metrics={item.metrics} evaluation={evaluation} />
      ),
    },
    {
      id: 'gates',
      label: t('versions.gates'),
      cell: item => <GateSummary gates={item.gates} />,
    },
    {
      id: 'created',
      label: t('versions.created'),
      cell: item => <Time at={item.createdAt} />,
    },
    {
      id: 'by',
      label: t('versions.by'),
      cell: item => <Person entityRef={item.createdBy} />,
    },
  ];
  return (
    <Wide width={980}>
      <ListTable
        label={t('versions.title')}
        columns={columns}
        items={versions}
        keyOf={({ ref }) => ref}
      />
    </Wide>
  );
}
