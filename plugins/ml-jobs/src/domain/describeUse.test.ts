import type { JobSamples } from '@downstage/plugin-ml-jobs-common';
import { formatMemory, idleOf } from './describeUse';

const gib = 1024 ** 3;
const samples: JobSamples = {
  attempt: 1,
  points: [{ seconds: 600, cpu: 0.3, memory: gib }],
  mean: { cpu: 0.3, memory: gib, gpu: 3 },
  peak: { cpu: 1, memory: gib, gpu: 80 },
  asked: { cpu: 4, memory: 16 * gib, gpus: 2 },
};

describe('what was asked for and lay idle', () => {
  it('is told of cores and GPUs by the mean, and of memory by the peak', () => {
    expect(idleOf(samples)).toEqual([
      { what: 'cpu', asked: 4, used: 0.3 },
      { what: 'memory', asked: 16 * gib, used: gib },
      { what: 'gpus', asked: 2, used: 3 },
    ]);
  });

  it.each<[string, Partial<JobSamples>]>([
    ['nothing was asked for', { asked: {} }],
    [
      'it has run for less than a minute',
      { points: [{ seconds: 59, cpu: 0, memory: 0 }] },
    ],
    ['nothing is known', { points: [], peak: undefined, mean: undefined }],
    [
      'it used what it asked for',
      {
        mean: { cpu: 3, memory: gib, gpu: 70 },
        peak: { cpu: 4, memory: 15 * gib, gpu: 99 },
      },
    ],
  ])('is nothing where %s', (_, change) => {
    expect(idleOf({ ...samples, ...change })).toEqual([]);
  });
});

it('writes memory in the units of a definition', () => {
  expect([200 * 1024 ** 2, 1.5 * gib, 16 * gib].map(formatMemory)).toEqual([
    '200 MiB',
    '1.5 GiB',
    '16 GiB',
  ]);
});
