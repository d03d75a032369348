import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import type { RuntimeFeature } from '@downstage/plugin-ml-jobs-node';
import { decideHonoured, refusalOf } from '../decideHonoured';
import { lackOf, type Amounts } from './amounts';
import { Quotas } from './quotas';
import { figureOf, mostOf } from './sentenceOf';
import type { AdmissionQueue, Lack } from './snapshot';

/** One runtime at one place, whichever portal has it. */
export type KnownRuntime = {
  id: string;
  /** What it has in all; absent where it admits by itself, and where that is not known. */
  capacity?: Amounts;
  /** Absent where it does not say. */
  features?: readonly RuntimeFeature[];
};

/** Why a job does not start as things are, and what has to change. */
export type Blocked = {
  reason: 'QueueMissing' | 'TooLarge' | 'RuntimeUnable';
  message: string;
  lacking: readonly Lack[];
};

/**
 * Whether no place that a job could get will ever do: its queue is gone or too small, or none of its runtimes has what it
 * asks for.
 *
 * @remarks
 * Decided from all runtimes that were seen lately, so that every portal gives the same answer. Of a runtime that nobody
 * has seen nothing is known: the job waits for it, and is not blocked.
 */
export function decideBlocked(
  job: {
    queue: string;
    runtime: string;
    demand: Amounts;
    definition: JobDefinition;
    /** It is not given up because a later release of its runtime is stricter. */
    ranBefore?: boolean;
  },
  known: {
    queues: readonly AdmissionQueue[];
    runtimes: readonly KnownRuntime[];
  },
): Blocked | undefined {
  const queue = known.queues.find(({ name }) => name === job.queue);
  if (!queue)
    return {
      reason: 'QueueMissing',
      message: `Cannot start: there is no queue '${job.queue}' any more. Submit the job to another one.`,
      lacking: [],
    };
  const overMost = lacksOf(job.demand, mostIn(queue, known.queues));
  if (overMost.length)
    return {
      reason: 'TooLarge',
      message: `Cannot start: it asks for ${figureOf(
        overMost[0],
      )}, and its queue '${queue.name}' may hold ${mostOf(
        overMost[0],
      )} at most. Ask for less, or for a larger quota.`,
      lacking: overMost,
    };
  const candidates = known.runtimes.filter(({ id }) => id === job.runtime);
  const refusals = candidates.map(({ features }) =>
    job.ranBefore ? [] : decideHonoured(job.definition, { features }).refusals,
  );
  const able = candidates.filter((_, index) => !refusals[index].length);
  if (candidates.length && !able.length)
    return {
      reason: 'RuntimeUnable',
      message: `${refusalOf(
        job.runtime,
        refusals[0],
      )}. Change what it asks for, or submit it to another runtime.`,
      lacking: [],
    };
  const lacks = able.map(({ capacity = {} }) => lacksOf(job.demand, capacity));
  if (!lacks.length || lacks.some(({ length }) => !length)) return undefined;
  // Of the place that comes closest.
  const [closest] = [...lacks].sort(
    (a, b) => a.length - b.length || b[0].total - a[0].total,
  );
  return {
    reason: 'TooLarge',
    message: `Cannot start: it asks for ${figureOf(
      closest[0],
    )}, and the runtime '${job.runtime}' has ${mostOf(
      closest[0],
    )} at most. Ask for less, or submit it to another runtime.`,
    lacking: closest,
  };
}

/** Of each resource with a limit, the most that a queue may ever hold. */
function mostIn(
  queue: AdmissionQueue,
  queues: readonly AdmissionQueue[],
): Amounts {
  const quotas = new Quotas(queues);
  const most: Record<string, number> = {};
  for (const resource of Object.keys(queue.quota))
    most[resource] = quotas.most(queue, resource)!;
  return most;
}

function lacksOf(demand: Amounts, most: Amounts): Lack[] {
  return lackOf(demand, most).map(resource => ({
    ...{ resource, needed: demand[resource], total: most[resource] },
    ...{ used: 0, held: 0, free: most[resource] },
  }));
}
