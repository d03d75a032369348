import fixture from './__fixtures__/importance.json';
import { paramImportance } from './importance';
import { aRun } from './__fixtures__/aRun';

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
