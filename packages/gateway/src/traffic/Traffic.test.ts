import { Traffic } from './Traffic';

describe('Traffic', () => {
  let now = new Date('2026-03-04T05:06:07Z');
  const traffic = new Traffic({ clock: () => now });

  it('counts by minute, with quantiles at most 10 % too high', () => {
    for (let ms = 1; ms <= 100; ms++) traffic.record('tumour', ms, ms > 98);
    now = new Date('2026-03-04T05:08:00Z');
    const [first, second, third] = traffic.buckets('tumour', 3);
    expect(first).toMatchObject({
      at: '2026-03-04T05:06:00.000Z',
      count: 100,
      errors: 2,
    });
    expect(first.p50).toBeGreaterThanOrEqual(50);
    expect(first.p50).toBeLessThanOrEqual(55);
    expect(first.p99).toBeGreaterThanOrEqual(99);
    expect(first.p99).toBeLessThanOrEqual(109);
    expect([second, third]).toEqual([
      { at: '2026-03-04T05:07:00.000Z', count: 0, errors: 0 },
      { at: '2026-03-04T05:08:00.000Z', count: 0, errors: 0 },
    ]);
    expect(traffic.totals().get('tumour')).toMatchObject({
      requests: 100,
      errors: 2,
    });
  });
});
