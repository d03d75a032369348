import type { Lack, WhyNot } from './snapshot';

const limits = new Set(['QueueHeld', 'PeriodQuotaUsed']);

/** Whether a limit of its queue holds a job back, rather than others that have to end. */
export function isLimited({ reason = '' }: { reason?: string }): boolean {
  return limits.has(reason);
}

/** Why a job does not start, for people. */
export function sentenceOf(
  { reason, lacking, reservedFor }: WhyNot,
  job: { queue: string; owner: string },
): string {
  const [lack] = lacking;
  switch (reason) {
    case 'QueueMissing':
      return `Waits because there is no queue '${job.queue}' any more`;
    case 'QueueHeld':
      return `Waits because the queue '${job.queue}' is held`;
    case 'RuntimeMissing':
      return 'Waits for its runtime, which no running portal has';
    case 'TooLarge':
      return `Cannot start: it asks for ${figure(
        lack,
        lack?.needed,
      )}, and there ${lack?.total === 1 ? 'is' : 'are'} ${amountOf(
        lack,
        lack?.total,
      )} at most`;
    case 'PeriodQuotaUsed':
      return `Waits because ${job.owner} has used ${figure(
        lack,
        lack?.used,
      )} of ${amountOf(lack, lack?.total)} in this month`;
    case 'QuotaUsed':
      return `Waits because the queue '${
        job.queue
      }' uses its quota: it needs ${figure(lack, lack?.needed)}, and ${amountOf(
        lack,
        lack?.free,
      )} may still be used`;
    case 'MakingRoom':
      return 'Starts as soon as the jobs have ended that are being stopped for it';
    case 'Reserved':
      return `Waits because ${figure(lack, lack?.held)} ${
        lack?.held === 1 ? 'is' : 'are'
      } kept for ${
        reservedFor ? `job ${reservedFor}, which` : 'a job that'
      } has waited longer`;
    default:
      return `Waits for room: it needs ${figure(
        lack,
        lack?.needed,
      )}, and ${amountOf(lack, lack?.free)} of ${amountOf(
        lack,
        lack?.total,
      )} are free`;
  }
}

const names: Record<string, [one: string, many: string]> = {
  slots: ['slot', 'slots'],
  cpu: ['core', 'cores'],
  gpus: ['GPU', 'GPUs'],
  cpuHours: ['cpu-hour', 'cpu-hours'],
  gpuHours: ['GPU-hour', 'GPU-hours'],
};

/** What is needed: `8 cores`. */
export function figureOf(lack: Lack): string {
  return figure(lack, lack.needed);
}

/** What there is in all, without its unit: `2`, `4 GiB`. */
export function mostOf(lack: Lack): string {
  return amountOf(lack, lack.total);
}

function figure(lack: Lack | undefined, amount: number | undefined): string {
  if (!lack || lack.resource === 'memory')
    return `${amountOf(lack, amount)}${lack ? ' of memory' : ''}`;
  const [one, many] = names[lack.resource] ?? [lack.resource, lack.resource];
  return `${amountOf(lack, amount)} ${amount === 1 ? one : many}`;
}

function amountOf(lack: Lack | undefined, amount = 0): string {
  const shown = Math.max(0, amount);
  if (lack?.resource === 'memory') return `${rounded(shown / 2 ** 30)} GiB`;
  return shown === 0 ? 'none' : rounded(shown);
}

function rounded(amount: number): string {
  return String(Math.round(amount * 100) / 100);
}
