import { useTranslationRef } from '@backstage/frontend-plugin-api';
import { Flex } from '@backstage/ui';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import {
  formatDuration,
  NamedText,
  StatusBadge,
  Time,
  type Tone,
} from '@downstage/react';
import { jobPhases } from '../domain/jobPhases';
import { mlJobsTranslationRef } from '../translation';

const tones: Record<string, Tone | undefined> = {
  held: 'warning',
  blocked: 'error',
  preparing: 'running',
  running: 'running',
  lost: 'error',
  retrying: 'warning',
  preempted: 'warning',
  succeeded: 'ok',
  failed: 'error',
  cancelled: 'warning',
};

const colors = {
  waited: '#9aa3ad',
  prepared: '#e8871e',
  ran: '#1f77b4',
} as const;

/** Where the time went, as a bar, and what happened, step by step. */
export function JobTimeline(props: { job: Job }) {
  const { job } = props;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const phases = jobPhases(job, new Date());
  const total = phases.waited + phases.prepared + phases.ran;
  const parts = (['waited', 'prepared', 'ran'] as const).map(name => ({
    name,
    label: t(`job.${name}`),
    ms: phases[name],
    text: formatDuration(phases[name]),
  }));
  const [waited, prepared, ran] = parts.map(({ text }) => text);
  return (
    <Flex direction="column" gap="3">
      {total > 0 && (
        <div role="img" aria-label={t('job.phases', { waited, prepared, ran })}>
          <div
            style={{
              display: 'flex',
              height: 14,
              borderRadius: 4,
              overflow: 'hidden',
              gap: 1,
            }}
          >
            {parts
              .filter(({ ms }) => ms > 0)
              .map(({ name, ms, label, text }) => (
                <div
                  key={name}
                  title={`${label}: ${text}`}
                  style={{
                    flexGrow: ms / total,
                    minWidth: 3,
                    background: colors[name],
                  }}
                />
              ))}
          </div>
          <div
            style={{
              display: 'flex',
              flexWrap: 'wrap',
              gap: 16,
              marginTop: 6,
              fontSize: 13,
            }}
          >
            {parts.map(({ name, label, text }) => (
              <span key={name}>
                <span
                  style={{
                    display: 'inline-block',
                    width: 10,
                    height: 10,
                    marginRight: 6,
                    borderRadius: 2,
                    background: colors[name],
                  }}
                />
                {label} {text}
              </span>
            ))}
          </div>
        </div>
      )}
      <ol
        aria-label={t('job.timeline')}
        style={{ margin: 0, padding: 0, listStyle: 'none' }}
      >
        {job.timeline.map((entry, index) => (
          <li
            key={index}
            style={{
              display: 'grid',
              gridTemplateColumns: '130px 1fr',
              gap: 12,
              padding: '6px 0',
              fontSize: 14,
              borderTop: index ? '1px solid var(--bui-border-2)' : undefined,
            }}
          >
            <span style={{ color: 'var(--bui-fg-secondary)' }}>
              <Time at={entry.at} />
            </span>
            <span style={{ overflowWrap: 'anywhere', whiteSpace: 'normal' }}>
              <StatusBadge
                // A step that another one followed is over; nothing turns any more.
                tone={
                  tones[entry.type] === 'running' &&
                  index < job.timeline.length - 1
                    ? 'ok'
                    : tones[entry.type] ?? 'neutral'
                }
                label={labelOf(entry.type)}
              />
              {labelOf(entry.type) !== entry.message && (
                <div>
                  <NamedText text={entry.message} />
                </div>
              )}
              {entry.by && !entry.message.includes(entry.by) && (
                <div style={{ color: 'var(--bui-fg-secondary)' }}>
                  <NamedText text={t('job.movedBy', { by: entry.by })} />
                </div>
              )}
            </span>
          </li>
        ))}
      </ol>
    </Flex>
  );
}

function labelOf(type: string): string {
  return type.charAt(0).toUpperCase() + type.slice(1);
}
