import { toPrometheus } from './prometheus';
import { Traffic } from './Traffic';

describe('Traffic', () => {
  let now = new Date('2026-03-04T05:06:07Z');
  const traffic = new Traffic({ clock: () => now });

  it('counts by minute, with quantiles at most 10 % too high', () => {
    for (let ms = 1; ms <= 100; ms++) {
      traffic.record('tumour', ms, ms > 98 ? 400 + (ms - 99) * 100 : 200);
    }
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
    const totals = traffic.totals().get('tumour');
    expect([...(totals?.byStatus ?? [])]).toEqual([
      [200, 98],
      [400, 1],
      [500, 1],
    ]);
    const text = toPrometheus({
      totals: traffic.totals(),
      endpoints: [],
      log: () => ({ logged: 0, dropped: 0 }),
      heldBytes: 0,
      internalErrors: 0,
      refused: new Map([[401, 3]]),
    });
    expect(text.split('\n')).toEqual(
      expect.arrayContaining([
        'downstage_gateway_requests_total{endpoint="tumour",code="500"} 1',
        'downstage_gateway_errors_total{endpoint="tumour",class="4xx"} 1',
        'downstage_gateway_request_seconds_bucket{endpoint="tumour",le="0.05"} 50',
        'downstage_gateway_request_seconds_bucket{endpoint="tumour",le="+Inf"} 100',
        'downstage_gateway_request_seconds_count{endpoint="tumour"} 100',
      ]),
    );
  });
});
