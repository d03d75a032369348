import { ConflictError } from '@backstage/errors';
import type { JobState } from '@downstage/plugin-ml-jobs-common';

/** What may follow what. Back to `queued` is a new attempt: after a failure, a loss, or a stop of the portal. */
const next: Record<JobState, readonly JobState[]> = {
  queued: ['preparing', 'failed', 'cancelled'],
  preparing: ['running', 'succeeded', 'failed', 'cancelled', 'queued'],
  running: ['succeeded', 'failed', 'cancelled', 'queued'],
  succeeded: [],
  failed: [],
  cancelled: [],
};

export function isOver(state: JobState): boolean {
  return next[state].length === 0;
}

/** @throws ConflictError when the table above does not allow the change */
export function assertTransition(from: JobState, to: JobState): void {
  if (next[from].includes(to)) return;
  throw new ConflictError(
    `A job that is ${from} cannot become ${to}; allowed: ${
      next[from].join(', ') || 'nothing'
    }`,
  );
}
