import type { Amounts } from './amounts';

/** One runtime at one place. */
export type Room = {
  runtime: string;
  /** Absent for a runtime that is everywhere. */
  place?: string;
  /** What it has in all; a resource that is absent is not counted there. */
  capacity: Amounts;
};

export type AdmissionQueue = {
  name: string;
  /** A queue with weight two gets twice as much as one with weight one. */
  weight: number;
  /** What its jobs may hold at once; a resource that is absent has no limit. */
  quota: Amounts;
  /** How much more than its quota it may use of what others lend; a resource that is absent has no limit. */
  borrowing?: Amounts;
  /** Whether others may use what it does not. */
  lends: boolean;
  /** What each owner may use in a month: `cpuHours`, `gpuHours`. */
  period: Amounts;
  /** Starts nothing. */
  held: boolean;
};

export type RunningJob = {
  id: string;
  owner: string;
  queue: string;
  runtime: string;
  place?: string;
  priority: number;
  demand: Amounts;
  /** When it got its place, in ISO 8601. */
  since: string;
  /** May be stopped for a job of a higher priority. */
  preemptible: boolean;
  /** The job it is being stopped for. */
  stoppingFor?: string;
};

export type WaitingJob = {
  id: string;
  owner: string;
  queue: string;
  runtime: string;
  priority: number;
  demand: Amounts;
  createdAt: string;
  /** The job it was stopped for. */
  stoppedFor?: string;
};

/** Everything that a decision depends on. */
export type AdmissionSnapshot = {
  now: string;
  rooms: readonly Room[];
  queues: readonly AdmissionQueue[];
  running: readonly RunningJob[];
  waiting: readonly WaitingJob[];
  /** When each owner last got a place, in ISO 8601. */
  turns: ReadonlyMap<string, string>;
  /** What owners have used of a queue in this month, in the units of its `period`. */
  spent: readonly { queue: string; owner: string; used: Amounts }[];
  /** A job that has waited so long keeps what is free for itself. */
  reserveAfterMs: number;
};

export type WhyNot = {
  reason:
    | 'QueueMissing'
    | 'QueueHeld'
    | 'RuntimeMissing'
    | 'TooLarge'
    | 'PeriodQuotaUsed'
    | 'QuotaUsed'
    | 'MakingRoom'
    | 'Reserved'
    | 'WaitsForResources';
  lacking: readonly Lack[];
  /** What is free is kept for this job. */
  reservedFor?: string;
};

/** One resource of which there is too little: `free` is `total` less `used` and less `held`. */
export type Lack = {
  resource: string;
  needed: number;
  total: number;
  used: number;
  /** Kept for jobs that have waited longer. */
  held: number;
  free: number;
};

export type AdmissionDecision = {
  admit: readonly { id: string; room: Room }[];
  preempt: readonly {
    id: string;
    for: string;
    why: 'Priority' | 'Reclaim';
  }[];
  /** All that wait, in the order in which they get a place; those that start now are among them. */
  order: readonly string[];
  /** Of all that do not start now. */
  whyNot: ReadonlyMap<string, WhyNot>;
};
