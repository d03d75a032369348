import { growForest, predict } from './forest';

describe('growForest', () => {
  it('learns a step, the same way each time', () => {
    const features = Array.from({ length: 60 }, (_, row) => [row, row % 7]);
    const targets = features.map(([x]) => (x < 30 ? 0 : 1));
    const forest = growForest({ features, targets, trees: 20 });
    const mean = (row: number[]) =>
      forest.trees.reduce((sum, { root }) => sum + predict(root, row), 0) / 20;
    expect(mean([5, 1])).toBeLessThan(0.2);
    expect(mean([55, 1])).toBeGreaterThan(0.8);
    expect(growForest({ features, targets, trees: 20 })).toEqual(forest);
  });
});
