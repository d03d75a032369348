import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Link } from '@backstage/ui';
import type { Job, JobOutput } from '@downstage/plugin-ml-jobs-common';
import {
  CopyButton,
  Facts,
  formatDuration,
  formatTimeSpan,
  PlainTable,
  Section,
  StatusBadge,
  Time,
} from '@downstage/react';
import { jobDuration } from '../domain/jobPhases';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';
import { EntityLink } from './EntityLink';

/** Who, what, where: the facts of a job. */
export function JobDetails(props: { job: Job }) {
  const { job } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const { definition, source } = job;
  const resources = Object.entries(definition.resources ?? {})
    .map(([name, value]) => `${name} ${value}`)
    .join(', ');
  return (
    <Section title={t('job.details')}>
      <Facts
        facts={[
          {
            label: t('job.model'),
            value: job.model && <EntityLink entityRef={job.model} />,
          },
          {
            label: t('job.owner'),
            value: <EntityLink entityRef={job.owner} />,
          },
          {
            label: t('job.by'),
            value: <EntityLink entityRef={job.createdBy} />,
          },
          { label: t('job.submitted'), value: <Time at={job.createdAt} /> },
          {
            label: t('job.took'),
            value: formatDuration(jobDuration(job, new Date())),
          },
          {
            label: t('job.command'),
            value: <code>{definition.entryPoint}</code>,
          },
          { label: t('job.source'), value: source.repository },
          { label: t('job.ref'), value: source.ref },
          {
            label: t('job.commit'),
            value: source.commit && (
              <>
                <code>{source.commit.slice(0, 12)}</code>{' '}
                <CopyButton text={source.commit} />
              </>
            ),
          },
          {
            label: t('job.environment'),
            value: job.environment && <code>{job.environment}</code>,
          },
          { label: t('job.isolation'), value: job.isolation },
          { label: t('job.resources'), value: resources },
          {
            label: t('job.timeout'),
            value: definition.timeout && formatTimeSpan(definition.timeout),
          },
          { label: t('job.retries'), value: definition.retries },
          {
            label: t('job.rerunOf'),
            value: job.rerunOf && (
              <Link href={paths.job(job.rerunOf)} variant="body-medium">
                {job.rerunOf}
              </Link>
            ),
          },
        ]}
      />
    </Section>
  );
}

/** Each try, how it ended and why. */
export function JobAttempts(props: { job: Job }) {
  const { attempts } = props.job;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const now = new Date();
  return (
    <Section title={t('job.attempts')}>
      <PlainTable
        caption={t('job.attempts')}
        empty={t('job.noAttempts')}
        columns={[
          t('job.attempt'),
          t('list.state'),
          t('job.reason'),
          t('job.started'),
          t('job.took'),
          t('job.exitCode'),
        ]}
        rows={attempts.map(attempt => ({
          key: String(attempt.number),
          cells: [
            attempt.number,
            <StatusBadge
              key="state"
              tone={
                (
                  {
                    succeeded: 'ok',
                    failed: 'error',
                    lost: 'error',
                    cancelled: 'warning',
                  } as const
                )[attempt.state as 'succeeded'] ?? 'running'
              }
              label={t(`state.${attempt.state}`)}
            />,
            attempt.message ?? attempt.reason ?? '–',
            <Time key="started" at={attempt.startedAt} />,
            formatDuration(jobDuration(attempt, now)),
            attempt.exitCode ?? '–',
          ],
        }))}
      />
    </Section>
  );
}

/** What the code was given: parameters, and the pinned versions of its inputs. */
export function JobGiven(props: { job: Job }) {
  const { job } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  return (
    <>
      <Section title={t('job.parameters')}>
        <PlainTable
          caption={t('job.parameters')}
          empty={t('job.noParameters')}
          columns={[t('job.parameter'), t('job.value')]}
          rows={Object.entries(job.parameters).map(([name, value]) => ({
            key: name,
            cells: [name, <code key="value">{String(value)}</code>],
          }))}
        />
      </Section>
      <Section title={t('job.inputs')}>
        <PlainTable
          caption={t('job.inputs')}
          empty={t('job.noInputs')}
          columns={[t('job.input'), t('job.version')]}
          rows={(job.definition.inputs ?? []).map(({ name, dataset }) => {
            const pinned = job.inputs.find(input => input.name === name)?.ref;
            const href = pinned && paths.datasetVersion(pinned);
            return {
              key: name,
              cells: [
                name,
                href ? (
                  <Link key="ref" href={href} variant="body-medium">
                    {pinned}
                  </Link>
                ) : (
                  `${dataset} (${t('job.notResolved')})`
                ),
              ],
            };
          })}
        />
      </Section>
    </>
  );
}

/** What the job declares that it leaves behind, and whether it came. Nothing where it declares none. */
export function JobMade(props: { job: Job }) {
  const { outputs = [] } = props.job;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  if (!outputs.length) return null;
  return (
    <Section title={t('job.outputs')}>
      <PlainTable
        caption={t('job.outputs')}
        columns={[t('job.output'), t('job.outputKind'), t('job.outputCame')]}
        rows={outputs.map(output => ({
          key: output.name,
          cells: [output.name, output.kind, <Came key="ref" output={output} />],
        }))}
      />
    </Section>
  );
}

function Came(props: { output: JobOutput }) {
  const { output } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const href = paths.output(output);
  if (href) {
    return (
      <Link href={href} variant="body-medium">
        {output.ref}
      </Link>
    );
  }
  if (output.state === 'found') return <>{output.ref}</>;
  const words = t(`job.output_${output.state}`);
  return <>{output.message ? `${words}: ${output.message}` : words}</>;
}
