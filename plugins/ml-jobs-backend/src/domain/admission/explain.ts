import type { JobExplanation } from '@downstage/plugin-ml-jobs-common';
import { sumOf, type Amounts } from './amounts';
import { isOpenTo, type QueueOptions } from './queueOptions';
import type { AdmissionSnapshot } from './snapshot';

const units = ['cpuHours', 'gpuHours'] as const;

/** What an owner and a queue hold now, what they may hold, and what is left of the month. */
export function explainQuota(options: {
  queue: string;
  owner: string;
  queues: readonly QueueOptions[];
  running: readonly { queue: string; owner: string; demand: Amounts }[];
  spent: AdmissionSnapshot['spent'];
}): Pick<
  JobExplanation,
  'uses' | 'queueUses' | 'quota' | 'borrowed' | 'month'
> {
  const { queue: name, owner, queues, running, spent } = options;
  const queue = queues.find(one => one.name === name);
  const { quota = {}, period = {} } = queue ?? {};
  const inQueue = running.filter(job => job.queue === name);
  const queueUses = sumOf(inQueue.map(({ demand }) => demand));
  const own = inQueue.filter(job => job.owner === owner);
  const used =
    spent.find(one => one.queue === name && one.owner === owner)?.used ?? {};
  return {
    uses: sumOf(own.map(({ demand }) => demand)),
    queueUses,
    quota: { ...quota },
    borrowed: Object.fromEntries(
      Object.keys(quota)
        .map(resource => [
          resource,
          Math.max(0, (queueUses[resource] ?? 0) - quota[resource]),
        ])
        .filter(([, amount]) => amount !== 0),
    ),
    month: units.flatMap(unit =>
      period[unit] === undefined
        ? []
        : [
            {
              ...{ unit, used: used[unit] ?? 0, quota: period[unit] },
              left: Math.max(0, period[unit] - (used[unit] ?? 0)),
            },
          ],
    ),
  };
}

/** What the reader can do so that a job starts sooner. */
export function whatToDo(
  { reason }: { reason?: string },
  queues: readonly QueueOptions[],
  job: { queue: string; owner: string },
): string[] {
  const others = queues.filter(
    queue =>
      queue.name !== job.queue &&
      queue.accepts &&
      !queue.held &&
      isOpenTo(queue, job.owner),
  );
  const another = others.length
    ? [
        `Submit it to another queue: ${others
          .map(({ name }) => name)
          .join(', ')}`,
      ]
    : [];
  switch (reason) {
    case 'Held':
      return ['Release it, if it is yours'];
    case 'RuntimeUnable':
      return [
        'Change what it asks for',
        'Submit it to another runtime',
        ...another,
      ];
    case 'TooLarge':
      return ['Submit it again with smaller resources', ...another];
    case 'QuotaUsed':
    case 'PeriodQuotaUsed':
      return [...another, 'Ask the platform team for more quota'];
    case 'QueueHeld':
    case 'QueueMissing':
    case 'RuntimeMissing':
      return [...another, 'Ask the platform team'];
    case 'WaitsForResources':
    case 'Reserved':
      return ['Submit it with smaller resources', ...another];
    default:
      return [];
  }
}
