import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Job, JobState } from '@downstage/plugin-ml-jobs-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { mlJobsTranslationRef } from '../translation';

const tones: Record<JobState, Tone> = {
  queued: 'neutral',
  held: 'warning',
  blocked: 'error',
  preparing: 'running',
  running: 'running',
  preempted: 'warning',
  succeeded: 'ok',
  failed: 'error',
  cancelled: 'warning',
};

/** The state of a job in a word. While it waits, here or at its runtime, its place in the queue is shown too. */
export function JobStateBadge(props: {
  job: Pick<Job, 'state' | 'message' | 'queuePosition' | 'waiting'>;
}) {
  const { state, message, queuePosition, waiting } = props.job;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  if (waiting && (state === 'preparing' || state === 'running')) {
    return (
      <StatusBadge tone="neutral" label={t('list.waits')} title={message} />
    );
  }
  const label = queuePosition
    ? t('list.position', { position: String(queuePosition) })
    : t(`state.${state}`);
  return <StatusBadge tone={tones[state]} label={label} title={message} />;
}
