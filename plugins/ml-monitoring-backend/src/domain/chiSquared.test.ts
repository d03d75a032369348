import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { chiSquaredQuantile } from './chiSquared';

const fixture: {
  chiSquared: { confidence: number; degrees: number; value: number }[];
} = JSON.parse(
  readFileSync(
    resolve(__dirname, '../__fixtures__/drift_reference.json'),
    'utf8',
  ),
);

describe('chiSquaredQuantile', () => {
  it.each(fixture.chiSquared)(
    'agrees with SciPy at $confidence with $degrees degrees of freedom',
    ({ confidence, degrees, value }) => {
      const difference = Math.abs(
        chiSquaredQuantile(confidence, degrees) - value,
      );
      expect(difference).toBeLessThan(1e-6 * Math.max(1, value) * 1e-2);
    },
  );

  it('is 0 without degrees of freedom: one bin cannot differ', () => {
    expect(chiSquaredQuantile(0.95, 0)).toBe(0);
  });
});
