import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import { formatDuration, PlainTable, Time } from '@downstage/react';
import { jobDuration } from '../domain/jobPhases';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';
import { EntityLink } from './EntityLink';
import { JobStateBadge } from './JobStateBadge';

/** Jobs as rows, newest first as they come. */
export function JobsTable(props: {
  jobs: readonly Job[];
  withModel?: boolean;
}) {
  const { jobs, withModel = true } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const now = new Date();
  return (
    <PlainTable
      caption={t('list.table')}
      columns={[
        t('list.name'),
        t('list.state'),
        ...(withModel ? [t('list.model')] : []),
        t('list.owner'),
        t('list.submitted'),
        t('list.by'),
        t('list.took'),
      ]}
      rows={jobs.map(job => ({
        key: job.id,
        cells: [
          <Link
            key="name"
            href={paths.job(job.id)}
            variant="body-medium"
            weight="bold"
          >
            {job.name} · {job.id}
          </Link>,
          <JobStateBadge key="state" job={job} />,
          ...(withModel
            ? [<EntityLink key="model" entityRef={job.model} />]
            : []),
          <EntityLink key="owner" entityRef={job.owner} />,
          <Time key="at" at={job.createdAt} />,
          <EntityLink key="by" entityRef={job.createdBy} />,
          formatDuration(jobDuration(job, now)),
        ],
      }))}
    />
  );
}
