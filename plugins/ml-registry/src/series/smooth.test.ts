import { seeded } from '../compare/domain/forest';
import { smooth } from './smooth';

describe('smooth', () => {
  it('leaves a constant curve as it is, and every value between the least and the greatest so far', () => {
    expect(smooth([3, 3, 3], 0.9).map(value => +value.toFixed(9))).toEqual([
      3, 3, 3,
    ]);
    const random = seeded(5);
    for (let round = 0; round < 50; round += 1) {
      const values = Array.from({ length: 1 + round }, () => random() * 1e3);
      smooth(values, random()).forEach((value, at) => {
        const past = values.slice(0, at + 1);
        expect(value).toBeGreaterThanOrEqual(Math.min(...past) - 1e-6);
        expect(value).toBeLessThanOrEqual(Math.max(...past) + 1e-6);
      });
    }
  });

  it('is what TensorBoard draws', () => {
    expect(smooth([1, 0, 0], 0.5).map(value => +value.toFixed(4))).toEqual([
      1, 0.3333, 0.1429,
    ]);
    expect(smooth([1, 5], 0)).toEqual([1, 5]);
  });
});
