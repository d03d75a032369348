import type { JobDefinition, JobUsage } from '@downstage/plugin-ml-jobs-common';

/** One figure of an attempt. */
export type Used = Pick<JobUsage, 'resource' | 'amount' | 'unit'>;

/**
 * What an attempt used, by what its definition asked for. Cores and GPUs of every node count for as long as it ran. A
 * slot counts for as long as it held one. A resource that was not asked for has no figure.
 */
export function usageOf(attempt: {
  resources: JobDefinition['resources'];
  /** When it got a slot; absent where its runtime admits by itself and no slot of ours is held. */
  slotSince?: string;
  startedAt?: string;
  endedAt: string;
}): Used[] {
  const { resources = {}, slotSince, startedAt, endedAt } = attempt;
  const nodes = resources.nodes ?? 1;
  const ran = secondsBetween(startedAt, endedAt);
  const figures: Used[] = [
    {
      resource: 'cpu',
      amount: (resources.cpu ?? 0) * nodes * ran,
      unit: 'cpu-seconds',
    },
    {
      resource: 'gpu',
      amount: (resources.gpus ?? 0) * nodes * ran,
      unit: 'gpu-seconds',
    },
    {
      resource: 'slot',
      amount: secondsBetween(slotSince, endedAt),
      unit: 'slot-seconds',
    },
  ];
  return figures.filter(({ amount }) => amount > 0);
}

/** Clocks of several machines may disagree: a time that runs backwards is none. */
function secondsBetween(from: string | undefined, to: string): number {
  if (from === undefined) return 0;
  return Math.max(0, Date.parse(to) - Date.parse(from)) / 1000;
}
