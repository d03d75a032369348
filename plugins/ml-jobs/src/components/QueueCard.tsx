import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Alert, Flex, Link, Text } from '@backstage/ui';
import { jobChangedTopic, type Queue } from '@downstage/plugin-ml-jobs-common';
import { Frame, Section, useLoad } from '@downstage/react';
import { useJobs } from '../hooks/useJobs';
import { paths } from '../paths';
import { mlJobsTranslationRef } from '../translation';
import { JobStateBadge } from './JobStateBadge';

/** The slots, what is in them, and what waits. */
export function QueueCard() {
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const api = useJobs();
  const queue = useLoad(signal => api.getQueue({ query: {} }, { signal }), [], {
    channel: jobChangedTopic.name,
  });
  return (
    <Section title={t('queue.title')}>
      <Frame value={queue}>
        {value =>
          value.slots === 0 && !value.runtime ? (
            <Alert
              status="warning"
              title={t('queue.off')}
              description={t('queue.offText')}
            />
          ) : (
            <Slots queue={value} />
          )
        }
      </Frame>
    </Section>
  );
}

function Slots(props: { queue: Queue }) {
  const { slots, running, queued, runtime, isolation } = props.queue;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const held = running.filter(item => item.waiting);
  const active = running.filter(item => !item.waiting);
  const taken = active.length + props.queue.othersRunning;
  const waiting = props.queue.waiting + held.length;
  const free = Math.max(0, slots - taken);
  return (
    <Flex direction="column" gap="3">
      <Text color="secondary">
        {t('queue.slots', {
          running: String(taken),
          slots: String(slots),
        })}
        {' · '}
        {waiting
          ? t('queue.waiting', { count: waiting })
          : t('queue.noneWaiting')}
        {runtime && ` · ${t('queue.runtime')}: ${runtime}`}
        {isolation && ` · ${t('queue.isolation')}: ${isolation.kind}`}
      </Text>
      {isolation?.kind === 'none' && (
        <Alert
          status="warning"
          title={t('queue.notIsolated')}
          description={isolation.description}
        />
      )}
      {taken + waiting === 0 && <Text>{t('queue.idle')}</Text>}
      <ol
        aria-label={t('queue.title')}
        style={{
          display: 'flex',
          flexWrap: 'wrap',
          gap: 8,
          margin: 0,
          padding: 0,
          listStyle: 'none',
        }}
      >
        {[...active, ...held, ...queued.slice(0, 20)].map(item => (
          <li
            key={item.id}
            style={slot(item.state === 'queued' || Boolean(item.waiting))}
          >
            <Link href={paths.job(item.id)} variant="body-medium">
              {item.name} · {item.id}
            </Link>
            <div>
              <JobStateBadge job={item} />
            </div>
          </li>
        ))}
        {taken > 0 &&
          Array.from({ length: Math.min(free, 8) }, (_, index) => (
            <li
              key={`free-${index}`}
              style={{ ...slot(true), color: 'var(--bui-fg-secondary)' }}
            >
              {t('queue.free')}
            </li>
          ))}
        {props.queue.waiting > 20 && (
          <li style={slot(true)}>
            {t('queue.more', {
              count: props.queue.waiting - Math.min(20, queued.length),
            })}
          </li>
        )}
      </ol>
    </Flex>
  );
}

function slot(dashed: boolean) {
  return {
    minWidth: 150,
    padding: '8px 12px',
    borderRadius: 6,
    border: `1px ${dashed ? 'dashed' : 'solid'} var(--bui-border-2)`,
    fontSize: 14,
  } as const;
}
