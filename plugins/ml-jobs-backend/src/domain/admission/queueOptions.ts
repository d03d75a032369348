import { InputError } from '@backstage/errors';
import type { AdmissionQueue } from './snapshot';

/** A queue as the configuration has it. */
export type QueueOptions = AdmissionQueue & {
  /** Whose jobs it takes; of everybody where there are none. */
  groups: readonly string[];
  /** Where its jobs run, the first that is on first; anywhere where there are none. */
  runtimes: readonly string[];
  /** Takes no new jobs where false; what waits goes on. */
  accepts: boolean;
};

export type PriorityClass = {
  /** The higher one starts first. */
  value: number;
  /** Its jobs may be stopped for one of a higher class. */
  preemptible: boolean;
};

export type AdmissionOptions = {
  queues: readonly QueueOptions[];
  priorities: Readonly<Record<string, PriorityClass>>;
  reserveAfterMs: number;
};

/** The queue of jobs whose owner has none. */
export const defaultQueue = 'default';
export const defaultPriority = 'standard';

export const usualQueue: QueueOptions = {
  name: defaultQueue,
  weight: 1,
  quota: {},
  lends: false,
  period: {},
  held: false,
  groups: [],
  runtimes: [],
  accepts: true,
};

/** What holds where nothing is configured: one queue without limits. */
export const usualAdmission: AdmissionOptions = {
  queues: [usualQueue],
  priorities: {
    production: { value: 100, preemptible: false },
    standard: { value: 50, preemptible: false },
    background: { value: 10, preemptible: true },
  },
  reserveAfterMs: 3_600_000,
};

/**
 * The queue of a new job: the one it names, else the first that names its owner, else the default one. Where no queues
 * are configured it is the default one, whatever the job names.
 *
 * @throws InputError for a queue that is not there, takes no jobs, or is for other groups
 */
export function chooseQueue(
  queues: readonly QueueOptions[],
  job: { queue?: string; owner: string },
): QueueOptions {
  const usual =
    queues.find(({ groups }) => groups.includes(job.owner)) ??
    queues.find(({ name }) => name === defaultQueue);
  const isConfigured = queues.some(one => one !== usualQueue);
  const queue =
    job.queue === undefined || !isConfigured
      ? usual
      : queues.find(({ name }) => name === job.queue);
  const mine = queues.filter(one => isOpenTo(one, job.owner));
  const listed = (all: QueueOptions[]) =>
    all.map(({ name }) => name).join(', ') || 'none';
  const names = listed(mine);
  // One of others is not told apart from one that is not there.
  if (!queue || !isOpenTo(queue, job.owner))
    throw new InputError(
      `There is no queue '${job.queue ?? defaultQueue}'; those of ${
        job.owner
      }: ${names}`,
    );
  if (!queue.accepts)
    throw new InputError(
      `The queue '${queue.name}' takes no new jobs at present; those of ${
        job.owner
      }: ${listed(mine.filter(({ accepts }) => accepts))}`,
    );
  return queue;
}

/** @throws InputError for a class that is not there */
export function choosePriority(
  priorities: AdmissionOptions['priorities'],
  named: string | undefined,
): string {
  const name = named ?? defaultPriority;
  if (Object.hasOwn(priorities, name)) return name;
  throw new InputError(
    `There is no priority '${name}'; there are ${Object.keys(priorities).join(
      ', ',
    )}`,
  );
}

/** Whether a queue takes jobs of this owner. */
export function isOpenTo({ groups }: QueueOptions, owner: string): boolean {
  return !groups.length || groups.includes(owner);
}
