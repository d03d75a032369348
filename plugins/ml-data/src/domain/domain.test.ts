import { distributionOption } from './distributionOption';
import { durationMs, freshnessOf } from './freshness';
import { matchesColumn } from './matchesColumn';
import { dayAfter, endOf } from './grantDays';

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

describe('matchesColumn', () => {
  const column = {
    name: 'mean_radius',
    type: 'DOUBLE',
    nullable: false,
    unit: 'µm',
    description: 'Distance from centre to perimeter',
  };
  it.each([
    ['radius', true],
    ['PERIMETER double', true],
    ['µm', true],
    ['', true],
    ['radius area', false],
  ])('%p: %p', (search, expected) => {
    expect(matchesColumn(column, search)).toBe(expected);
  });
});

describe('distributionOption', () => {
  const column = { name: 'x', type: 'DOUBLE', count: 3, nulls: 0, distinct: 3 };

  it('has a bar for every bin', () => {
    expect(
      distributionOption({
        ...column,
        histogram: { edges: [0, 1, 2], counts: [1, 2] },
      }),
    ).toMatchObject({
      xAxis: { data: ['0 – 1', '1 – 2'] },
      series: [{ data: [1, 2] }],
    });
  });

  it('puts the most frequent value on top', () => {
    expect(
      distributionOption({
        ...column,
        distinct: 2,
        topValues: [
          { value: 'B', count: 2 },
          { value: 'M', count: 1 },
        ],
      }),
    ).toMatchObject({ yAxis: { data: ['M', 'B'] } });
  });

  it('draws no bars for values that all differ', () => {
    expect(
      distributionOption({
        ...column,
        topValues: [{ value: 'a', count: 1 }],
      }),
    ).toBeUndefined();
  });

  it('is nothing for a column without a distribution', () => {
    expect(distributionOption(column)).toBeUndefined();
  });
});

describe('grantDays', () => {
  it('counts days in UTC, and a last day runs to its end', () => {
    const late = new Date('2026-11-29T23:30:00.000Z');
    expect(dayAfter(late, 0)).toBe('2026-11-29');
    expect(dayAfter(late, 90)).toBe('2027-02-27');
    expect(endOf('2027-02-27')).toBe('2027-02-27T23:59:59.000Z');
  });
});
