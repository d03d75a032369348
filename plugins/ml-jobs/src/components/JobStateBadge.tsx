import { useTranslationRef } from '@backstage/frontend-plugin-api';
import type { Job, JobState } from '@downstage/plugin-ml-jobs-common';
import { StatusBadge, type Tone } from '@downstage/react';
import { mlJobsTranslationRef } from '../translation';

const tones: Record<JobState, Tone> = {
  queued: 'neutral',
  preparing: 'running',
  running: 'running',
  succeeded: 'ok',
  failed: 'error',
  cancelled: 'warning',
};

/** The state of a job in a word, with its place in the queue while it waits. */
export function JobStateBadge(props: {
  job: Pick<Job, 'state' | 'message' | 'queuePosition'>;
}) {
  const { state, message, queuePosition } = props.job;
  const { t } = useTranslationRef(mlJobsTranslationRef);
  const label = queuePosition
    ? t('list.position', { position: String(queuePosition) })
    : t(`state.${state}`);
  return <StatusBadge tone={tones[state]} label={label} title={message} />;
}
