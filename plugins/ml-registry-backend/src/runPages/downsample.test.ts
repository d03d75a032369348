import fc from 'fast-check';
import { CurveSampler, type CurvePoint } from './downsample';

const points = fc.array(
  fc.record({
    x: fc.oneof(
      fc.integer({ min: -1000, max: 1000 }),
      fc.integer({ min: 0, max: 1_800_000_000_000 }),
    ),
    value: fc.double({ noNaN: true, noDefaultInfinity: true }),
  }),
  { minLength: 1, maxLength: 400 },
);
const limits = fc.integer({ min: 6, max: 60 });

function sample(all: CurvePoint[], limit: number) {
  const sampler = new CurveSampler(limit);
  for (const point of all) sampler.add(point);
  return sampler.points();
}
const values = (some: CurvePoint[]) => some.map(({ value }) => value);
const xs = (some: CurvePoint[]) => some.map(({ x }) => x);

describe('CurveSampler', () => {
  it('keeps the extremes, the ends and the order, within the limit, whatever is added', () => {
    fc.assert(
      fc.property(points, limits, (all, limit) => {
        const some = sample(all, limit);
        expect(some.length).toBeLessThanOrEqual(limit);
        expect(Math.min(...values(some))).toBe(Math.min(...values(all)));
        expect(Math.max(...values(some))).toBe(Math.max(...values(all)));
        expect(some[0].x).toBe(Math.min(...xs(all)));
        expect(some[some.length - 1].x).toBe(Math.max(...xs(all)));
        expect(xs(some)).toEqual([...xs(some)].sort((a, b) => a - b));
        for (const point of some) expect(all).toContainEqual(point);
      }),
      { numRuns: 300 },
    );
  });

  it('loses nothing up to the limit', () => {
    fc.assert(
      fc.property(points, all => {
        const some = sample(all, Math.max(6, all.length));
        expect(some).toEqual([...all].sort((a, b) => a.x - b.x));
      }),
    );
  });

  it('shows a single spike among a million points', () => {
    const sampler = new CurveSampler(500);
    for (let x = 0; x < 1_000_000; x += 1) {
      sampler.add({ x, value: x === 654_321 ? 9 : Math.sin(x / 1000) });
    }
    const some = sampler.points();
    expect(some).toContainEqual({ x: 654_321, value: 9 });
    expect(some.length).toBeLessThanOrEqual(500);
    expect(some.length).toBeGreaterThan(200);
    expect(sampler.count).toBe(1_000_000);
  });

  it('refuses a limit that cannot hold both ends and both extremes', () => {
    expect(() => new CurveSampler(5)).toThrow(/6 points at least/);
  });
});
