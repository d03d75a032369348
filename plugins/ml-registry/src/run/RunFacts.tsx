import type { Run } from '@downstage/plugin-ml-registry-common';
import {
  CopyButton,
  Facts,
  formatDuration,
  StatusBadge,
  Time,
} from '@downstage/react';
import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link } from '@backstage/ui';
import { runDuration, runStatus } from '../shared/domain/runStatus';
import { paths } from '../shared/paths';
import { mlRegistryTranslationRef } from '../shared/translation';
import { DatasetLinks } from '../shared/Lineage';
import { EntityLink, Person } from '../shared/Person';

/** Status, origin and times of a run. */
export function RunFacts(props: { run: Run }) {
  const { run } = props;
  const { t } = useTranslationRef(mlRegistryTranslationRef);
  const model = run.tags['downstage.model'];
  return (
    <Facts
      facts={[
        {
          label: t('runs.status'),
          value: <StatusBadge {...runStatus(run.status)} />,
        },
        { label: t('runs.experiment'), value: run.experimentName },
        { label: t('runs.by'), value: <Person entityRef={run.userId} /> },
        {
          label: t('models.owner'),
          value: run.owner && <Person entityRef={run.owner} />,
        },
        { label: t('runs.started'), value: <Time at={run.startTime} /> },
        {
          label: t('run.ended'),
          value: run.endTime && <Time at={run.endTime} />,
        },
        {
          label: t('runs.duration'),
          value: formatDuration(runDuration(run)),
        },
        {
          label: t('runs.job'),
          value: run.jobId && (
            <Link href={paths.job(run.jobId)}>{run.jobId}</Link>
          ),
        },
        {
          label: t('runs.model'),
          value: model && <EntityLink entityRef={model} tab="versions" />,
        },
        {
          label: t('versions.dataset'),
          value: run.datasets.length > 0 && (
            <DatasetLinks datasets={run.datasets} />
          ),
        },
        { label: t('versions.commit'), value: run.tags['downstage.commit'] },
        {
          label: t('versions.environment'),
          value: run.tags['downstage.environment'],
        },
        {
          label: t('run.id'),
          value: (
            <Flex align="center" gap="1">
              <code>{run.runId}</code>
              <CopyButton text={run.runId} />
            </Flex>
          ),
        },
      ].map(({ label, value }) => ({ label, value: value || undefined }))}
    />
  );
}
