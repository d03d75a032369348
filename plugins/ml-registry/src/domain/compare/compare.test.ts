import fixture from './__fixtures__/importance.json';
import { metricColumns, numericColumns, varyingParams } from './columns';
import { interpolate } from './contour';
import { growForest, predict, seeded } from './forest';
import { paramImportance } from './importance';
import { quartiles } from './quartiles';

const aRun = (
  runId: string,
  params: Record<string, string>,
  metrics: Record<string, number> = {},
) => ({ runId, name: runId, params, metrics });

describe('columns', () => {
  const runs = [
    aRun('a', { lr: '0.1', kind: 'x', same: '1' }, { auc: 1, flat: 2 }),
    aRun('b', { lr: '1e-2', kind: 'y', same: '1' }, { auc: 2, flat: 2 }),
  ];
  it('knows which are numbers and which vary', () => {
    expect(numericColumns(runs)).toEqual([
      'params.lr',
      'params.same',
      'metrics.auc',
      'metrics.flat',
    ]);
    expect(varyingParams(runs)).toEqual(['params.kind', 'params.lr']);
    expect(metricColumns(runs)).toEqual(['metrics.auc', 'metrics.flat']);
  });
});

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

describe('paramImportance', () => {
  const runs = fixture.runs.map(({ params, auc }, index) =>
    aRun(`run${index}`, params, { auc }),
  );

  it('orders params as scikit-learn does', () => {
    const found = paramImportance(runs, 'metrics.auc');
    const theirs = Object.entries(fixture.importances)
      .sort(([, a], [, b]) => b - a)
      .map(([name]) => name);
    expect(found?.params.slice(0, 3).map(({ name }) => name)).toEqual(
      theirs.slice(0, 3),
    );
    expect(found?.params.at(-1)?.name).toBe(theirs.at(-1));
    expect(found?.fit).toBeGreaterThan(0.7);
    const shares = found?.params.map(({ share }) => share) ?? [];
    expect(shares.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1);
  });

  it('counts words too', () => {
    const words = runs
      .slice(0, 40)
      .map((run, index) =>
        aRun(
          run.runId,
          { kind: index % 2 ? 'tree' : 'linear', noise: String(index % 5) },
          { auc: index % 2 ? 0.9 : 0.7 },
        ),
      );
    expect(paramImportance(words, 'metrics.auc')?.params[0]).toMatchObject({
      name: 'kind',
    });
  });

  it('says nothing about too few runs or params that do not vary', () => {
    expect(paramImportance(runs.slice(0, 4), 'metrics.auc')).toBeUndefined();
    const same = runs.map(run => aRun(run.runId, { a: '1' }, run.metrics));
    expect(paramImportance(same, 'metrics.auc')).toBeUndefined();
  });
});

describe('quartiles', () => {
  it('interpolates as NumPy does', () => {
    expect(quartiles([4, 1, 3, 2])).toEqual([1, 1.75, 2.5, 3.25, 4]);
    expect(quartiles([7])).toEqual([7, 7, 7, 7, 7]);
    expect(quartiles([])).toBeUndefined();
  });
});
