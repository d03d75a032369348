import { interpolate } from './contour';
import { seeded } from './forest';

describe('interpolate', () => {
  it('stays between the least and the greatest known value', () => {
    const random = seeded(3);
    for (let round = 0; round < 100; round += 1) {
      const points = Array.from({ length: 3 + (round % 18) }, () => ({
        x: Math.floor(random() * 40),
        y: Math.floor(random() * 40),
        value: random() * 20 - 10,
      }));
      const known = points.map(({ value }) => value);
      for (const value of interpolate(points, 9)?.values.flat() ?? []) {
        expect(value).toBeGreaterThanOrEqual(Math.min(...known) - 1e-9);
        expect(value).toBeLessThanOrEqual(Math.max(...known) + 1e-9);
      }
    }
  });

  it('is the known value at a known place', () => {
    const surface = interpolate(
      [
        { x: 0, y: 0, value: 1 },
        { x: 10, y: 0, value: 2 },
        { x: 0, y: 20, value: 3 },
        { x: 10, y: 20, value: 8 },
      ],
      3,
    );
    expect(surface).toMatchObject({ xs: [0, 5, 10], ys: [0, 10, 20] });
    expect(surface?.values[0][0]).toBe(1);
    expect(surface?.values[2][2]).toBe(8);
    expect(surface?.values[1][1]).toBeCloseTo(3.5);
  });

  it('finds no surface in too few points or in a line', () => {
    expect(interpolate([{ x: 0, y: 0, value: 1 }])).toBeUndefined();
    expect(
      interpolate([1, 2, 3].map(x => ({ x, y: 7, value: x }))),
    ).toBeUndefined();
  });
});
