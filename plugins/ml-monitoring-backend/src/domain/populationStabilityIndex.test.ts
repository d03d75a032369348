import {
  criticalStabilityIndex,
  populationStabilityIndex,
} from './populationStabilityIndex';

describe('populationStabilityIndex', () => {
  it('is 0 for the same shares, whatever the number of rows', () => {
    expect(populationStabilityIndex([10, 30], [100, 300])).toEqual({
      psi: 0,
      bins: 2,
    });
  });

  it('stays finite with an empty bin, and does not count bins that are empty on both sides', () => {
    const { psi, bins } = populationStabilityIndex(
      [50, 50, 0, 0],
      [50, 0, 50, 0],
    );
    expect(bins).toBe(3);
    expect(psi).toBeCloseTo(2 * (0.5 - 1e-4) * Math.log(0.5 / 1e-4), 12);
  });

  it('is expected to reach 0.1 by chance in a window of 100 rows, and not in one of 10 000', () => {
    const critical = (currentRows: number) =>
      criticalStabilityIndex({
        referenceRows: 10_000,
        currentRows,
        bins: 10,
        confidence: 0.95,
      });
    expect(critical(100)).toBeGreaterThan(0.1);
    expect(critical(10_000)).toBeLessThan(0.004);
  });
});
