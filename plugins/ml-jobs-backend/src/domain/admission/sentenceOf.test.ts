import { sentenceOf } from './sentenceOf';
import type { WhyNot } from './snapshot';

const job = { queue: 'research', owner: 'group:default/a' };
const lack = (resource: string, overrides = {}) => ({
  ...{ resource, needed: 4, total: 8, used: 6, held: 1, free: 1 },
  ...overrides,
});

describe('why a job does not start', () => {
  it.each<[WhyNot, string]>([
    [
      { reason: 'WaitsForResources', lacking: [lack('cpu')] },
      'Waits for room: it needs 4 cores, and 1 of 8 are free',
    ],
    [
      {
        reason: 'WaitsForResources',
        lacking: [
          lack('memory', { needed: 2 ** 31, total: 2 ** 32, free: -1 }),
        ],
      },
      'Waits for room: it needs 2 GiB of memory, and 0 GiB of 4 GiB are free',
    ],
    [
      { reason: 'QuotaUsed', lacking: [lack('gpus', { needed: 1, free: 0 })] },
      "Waits because the queue 'research' uses its quota: it needs 1 GPU, and none may still be used",
    ],
    [
      {
        reason: 'PeriodQuotaUsed',
        lacking: [lack('gpuHours', { used: 12.345, total: 12 })],
      },
      'Waits because group:default/a has used 12.35 GPU-hours of 12 in this month',
    ],
    [
      { reason: 'Reserved', lacking: [lack('slots')], reservedFor: 'abc' },
      'Waits because 1 slot is kept for job abc, which has waited longer',
    ],
    [
      { reason: 'Reserved', lacking: [lack('slots', { held: 2 })] },
      'Waits because 2 slots are kept for a job that has waited longer',
    ],
    [
      { reason: 'QueueHeld', lacking: [] },
      "Waits because the queue 'research' is held",
    ],
  ])('is said: %j', (why, sentence) => {
    expect(sentenceOf(why, job)).toBe(sentence);
  });
});
