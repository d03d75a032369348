import { ConflictError } from '@backstage/errors';
import type { JobState, TimelineState } from '@downstage/plugin-ml-jobs-common';

/** Who or what moves a job. */
export type Mover =
  | { kind: 'person'; actor: string }
  /** The loop that follows jobs, in whichever portal. */
  | { kind: 'portal' }
  /** Admission, by what its queue may hold and what runtimes have. */
  | { kind: 'queue'; name: string }
  /** What the runtime of the job has seen or done. */
  | { kind: 'runtime'; id: string };

/** A state that a job passes through within one change; no row rests in it. */
export type Moment = Exclude<TimelineState, JobState>;

type Table = Record<
  TimelineState,
  Partial<Record<TimelineState, readonly Mover['kind'][]>>
>;

/**
 * What may follow what, and who may bring it about.
 *
 * @remarks
 * `submitted`, `admitted` and `lost` are moments: a job passes through them within one change, and its timeline has them. It
 * rests in `preempted` only where its runtime keeps the attempt. A job that the portal stopped for another one passes
 * through it, back to `queued`. `preparing` is what other places call starting.
 */
const table: Table = {
  submitted: { queued: ['portal'] },
  queued: {
    admitted: ['queue'],
    // A runtime that admits by itself gets the job at once.
    preparing: ['portal'],
    blocked: ['queue'],
    held: ['person'],
    cancelled: ['person'],
  },
  held: { queued: ['person'], cancelled: ['person'] },
  blocked: { queued: ['queue'], held: ['person'], cancelled: ['person'] },
  admitted: { preparing: ['portal'] },
  preparing: {
    running: ['runtime'],
    preempted: ['queue', 'runtime'],
    lost: ['portal', 'runtime'],
    // A new attempt: after a failure, or a stop of the portal.
    queued: ['portal'],
    succeeded: ['runtime'],
    failed: ['portal', 'runtime'],
    cancelled: ['person', 'runtime'],
  },
  running: {
    preempted: ['queue', 'runtime'],
    lost: ['portal', 'runtime'],
    queued: ['portal'],
    succeeded: ['runtime'],
    failed: ['portal', 'runtime'],
    cancelled: ['person', 'runtime'],
  },
  preempted: {
    queued: ['portal'],
    preparing: ['runtime'],
    running: ['runtime'],
    lost: ['portal', 'runtime'],
    succeeded: ['runtime'],
    failed: ['portal', 'runtime'],
    cancelled: ['person', 'runtime'],
  },
  lost: { queued: ['portal'], failed: ['portal'] },
  succeeded: {},
  failed: {},
  cancelled: {},
};

/** Wait in the portal and hold nothing. */
export const waitingStates = [
  'queued',
  'held',
  'blocked',
] as const satisfies readonly JobState[];

/** Have an attempt that is not over. */
export const attemptStates = [
  'preparing',
  'running',
  'preempted',
] as const satisfies readonly JobState[];

export function isOver(state: JobState): boolean {
  return Object.keys(table[state]).length === 0;
}

export function isWaiting(state: JobState): boolean {
  return waitingStates.some(one => one === state);
}

/** @throws ConflictError when the table above does not allow the change, or not to this mover */
export function assertMove(
  from: TimelineState,
  to: TimelineState,
  by: Mover,
): void {
  const movers = table[from][to];
  if (!movers) {
    const allowed = Object.keys(table[from]).join(', ') || 'nothing';
    throw new ConflictError(
      `A job that is ${from} cannot become ${to}; allowed: ${allowed}`,
    );
  }
  if (!movers.includes(by.kind))
    throw new ConflictError(
      `A job that is ${from} is not made ${to} by a ${
        by.kind
      }; allowed: ${movers.join(', ')}`,
    );
}

/** As the timeline names a mover: `user:default/ann`, `portal`, `queue:research`, `runtime:local-process`. */
export function formatMover(by: Mover): string {
  switch (by.kind) {
    case 'person':
      return by.actor;
    case 'queue':
      return `queue:${by.name}`;
    case 'runtime':
      return `runtime:${by.id}`;
    default:
      return 'portal';
  }
}
