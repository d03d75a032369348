import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex, Link, Text } from '@backstage/ui';
import {
  jobChangedTopic,
  type JobExplanation,
} from '@downstage/plugin-ml-jobs-common';
import { Facts, Frame, PlainTable, Section, useLoad } from '@downstage/react';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';

/** Of a job that waits: why, who is ahead, what is missing, and what the reader can do. */
export function WhyItWaits(props: { jobId: string }) {
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const why = useLoad(
    signal => api.explainJob({ params: { id: props.jobId } }, { signal }),
    [props.jobId],
    { channel: jobChangedTopic.name, pollMs: 5_000 },
  );
  return (
    <Section title={t('why.title')}>
      <Frame value={why}>{value => <Reasons why={value} />}</Frame>
    </Section>
  );
}

function Reasons(props: { why: JobExplanation }) {
  const { why } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  return (
    <Flex direction="column" gap="3">
      <Text weight="bold">{why.message}</Text>
      <Facts
        facts={[
          {
            label: t('why.line'),
            value:
              why.position &&
              t('why.place', {
                position: String(why.position),
                waiting: String(why.waiting),
                runtime: why.runtime,
              }),
          },
          {
            label: t('queue.title'),
            value: t('why.queue', {
              queue: why.queue,
              priority: why.priority,
            }),
          },
          { label: t('why.ahead'), value: why.position && <Ahead why={why} /> },
          { label: t('why.uses'), value: amounts(why.uses) || t('why.none') },
          {
            label: t('why.month'),
            value: why.month
              .map(({ unit, used, quota, left }) =>
                t('why.monthOf', {
                  used: shown(unit, used),
                  quota: shown(unit, quota),
                  unit,
                  left: shown(unit, left),
                }),
              )
              .join('; '),
          },
          { label: t('why.canDo'), value: why.canDo.join('; ') },
        ]}
      />
      {why.lacking.length > 0 && (
        <PlainTable
          caption={t('why.resources')}
          empty={t('why.nothing')}
          columns={[
            t('why.resource'),
            t('why.needed'),
            t('why.free'),
            t('why.used'),
            t('why.held'),
            t('why.total'),
          ]}
          rows={why.lacking.map(lack => ({
            key: lack.resource,
            cells: [
              lack.resource,
              ...(['needed', 'free', 'used', 'held', 'total'] as const).map(
                key => shown(lack.resource, lack[key]),
              ),
            ],
          }))}
        />
      )}
    </Flex>
  );
}

function Ahead(props: { why: JobExplanation }) {
  const { ahead, othersAhead } = props.why;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  if (!ahead.length && !othersAhead) return <>{t('why.first')}</>;
  return (
    <Flex gap="2" style={{ flexWrap: 'wrap' }}>
      {ahead.map(job => (
        <Link key={job.id} href={paths.job(job.id)} variant="body-medium">
          {job.name} · {job.id}
        </Link>
      ))}
      {othersAhead > 0 && (
        <span>{t('why.others', { count: othersAhead })}</span>
      )}
    </Flex>
  );
}

function amounts(all: Readonly<Record<string, number>>): string {
  return Object.entries(all)
    .filter(([, amount]) => amount > 0)
    .map(([resource, amount]) => `${shown(resource, amount)} ${resource}`)
    .join(', ');
}

function shown(resource: string, amount: number): string {
  if (resource === 'memory')
    return `${Math.round((amount / 2 ** 30) * 100) / 100} GiB`;
  return String(Math.round(amount * 100) / 100);
}
