import { usageOf } from './usageOf';

const ran = {
  startedAt: '2026-01-01T00:01:00.000Z',
  endedAt: '2026-01-01T00:02:30.500Z',
};
const slotSince = '2026-01-01T00:00:30.000Z';
const used = (resource: 'cpu' | 'gpu' | 'slot', amount: number) => ({
  ...{ resource, amount, unit: `${resource}-seconds` },
});

describe('the usage of an attempt', () => {
  it.each([
    [
      'what it asked for, for as long as it ran, and its slot',
      { resources: { cpu: 2, gpus: 1 }, slotSince, ...ran },
      [used('cpu', 181), used('gpu', 90.5), used('slot', 120.5)],
    ],
    [
      'every node',
      { resources: { cpu: 0.5, gpus: 4, nodes: 3 }, ...ran },
      [used('cpu', 135.75), used('gpu', 1086)],
    ],
    [
      'no cores where none were asked for',
      { resources: undefined, slotSince, ...ran },
      [used('slot', 120.5)],
    ],
    [
      'only its slot where it never ran',
      { resources: { cpu: 2 }, slotSince, endedAt: ran.endedAt },
      [used('slot', 120.5)],
    ],
    [
      'nothing where the clocks of two machines disagree',
      {
        resources: { cpu: 2 },
        startedAt: ran.endedAt,
        endedAt: ran.startedAt,
      },
      [],
    ],
  ])('is %s', (_, attempt, figures) => {
    expect(usageOf(attempt)).toEqual(figures);
  });
});
