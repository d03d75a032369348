import { durationMs, freshnessOf } from './freshness';

describe('durationMs', () => {
  it.each([
    ['P1D', 86_400_000],
    ['PT6H', 21_600_000],
    ['P1DT1M', 86_460_000],
    ['P2W', 1_209_600_000],
    ['one day', undefined],
    ['P', undefined],
  ])('reads %s', (text, ms) => {
    expect(durationMs(text)).toBe(ms);
  });
});

describe('freshnessOf', () => {
  const createdAt = '2026-11-20T00:00:00Z';
  it.each([
    ['P1D', '2026-11-20T23:59:00Z', 'fresh'],
    ['P1D', '2026-11-21T00:01:00Z', 'stale'],
    [undefined, '2030-01-01T00:00:00Z', 'unknown'],
    ['soon', '2030-01-01T00:00:00Z', 'unknown'],
  ] as const)('with a limit of %s at %s is %s', (maxAge, now, expected) => {
    expect(freshnessOf({ createdAt, maxAge, now: new Date(now) })).toBe(
      expected,
    );
  });
});
