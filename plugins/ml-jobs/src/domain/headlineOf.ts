import type { Job } from '@downstage/plugin-ml-jobs-common';
import { formatDuration } from '@downstage/react';
import { jobDuration } from './jobPhases';

/** Which sentence says how a job is, and what may stand in its gaps. */
export type Headline = {
  key:
    | 'said'
    | 'inLine'
    | 'waits'
    | 'held'
    | 'prepares'
    | 'runs'
    | 'preempted'
    | 'succeeded'
    | 'succeededWithout'
    | 'failed';
  values: {
    message: string;
    runtime: string;
    position: string;
    attempt: string;
    other: string;
    took: string;
    outputs: string;
  };
};

/** What the portal says of every job that waits; its place in the line says more. */
const plain = new Set(['Submitted', 'Released', 'Unblocked']);

/**
 * One sentence about a job, true of its state at this moment.
 *
 * @remarks
 * Where the portal has a reason, its own sentence is shown (`said`): the same as in the terminal and for agents.
 */
export function headlineOf(job: Job, now: Date): Headline {
  const missing = (job.outputs ?? []).filter(
    ({ state }) => state === 'missing',
  );
  return {
    key: keyOf(job, missing.length > 0),
    values: {
      message: (job.message ?? job.state).replace(/\.$/, ''),
      runtime: job.runtime,
      position: String(job.queuePosition ?? '–'),
      attempt: String(job.attempts.at(-1)?.number ?? 1),
      other: job.waiting?.preemptedBy ?? 'another job',
      took: formatDuration(jobDuration(job, now) ?? 0),
      outputs: missing.map(({ name }) => name).join(', '),
    },
  };
}

function keyOf(job: Job, lacksOutputs: boolean): Headline['key'] {
  switch (job.state) {
    case 'queued':
      if (!plain.has(job.reason ?? '')) return 'said';
      return job.queuePosition === undefined ? 'waits' : 'inLine';
    case 'preparing':
      return job.waiting || (job.message && job.message !== 'Preparing')
        ? 'said'
        : 'prepares';
    case 'running':
      // It ran, and waits for a machine to run on again.
      return job.waiting ? 'said' : 'runs';
    case 'succeeded':
      return lacksOutputs ? 'succeededWithout' : 'succeeded';
    case 'held':
    case 'preempted':
    case 'failed':
      return job.state;
    default:
      return 'said';
  }
}
