import { arrangeRuns, type Arrangement } from './arrangeRuns';
import { type RunRow } from './runRow';
import { aRow } from './__fixtures__/aRow';

const as = (change: Partial<Arrangement> = {}): Arrangement => ({
  nested: true,
  pinned: new Set(),
  hidden: new Set(),
  showHidden: false,
  toggled: new Set(),
  ...change,
});
const lines = (rows: RunRow[], change?: Partial<Arrangement>) =>
  arrangeRuns(rows, as(change), ['metrics.auc']).map(line =>
    line.kind === 'run' ? `${'>'.repeat(line.depth)}${line.id}` : line.id,
  );

describe('arrangeRuns', () => {
  const rows = [
    aRow('a'),
    aRow('b', { parentRunId: 'a' }),
    aRow('c', { parentRunId: 'gone' }),
    aRow('d', { parentRunId: 'b' }),
  ];

  it('folds children below their parents, and leaves a child without its parent by itself', () => {
    expect(lines(rows)).toEqual(['a', 'c']);
    expect(lines(rows, { toggled: new Set(['a', 'b']) })).toEqual([
      'a',
      '>b',
      '>>d',
      'c',
    ]);
    expect(lines(rows, { nested: false })).toEqual(['a', 'b', 'c', 'd']);
  });

  it('shows runs that are each other’s parents', () => {
    const circle = [
      aRow('a', { parentRunId: 'b' }),
      aRow('b', { parentRunId: 'a' }),
    ];
    expect(lines(circle)).toEqual(['a', 'b']);
  });

  it('puts pinned runs first and leaves hidden ones out', () => {
    const flat = { nested: false };
    expect(lines(rows, { ...flat, pinned: new Set(['d']) })[0]).toBe('d');
    const hidden = new Set(['a']);
    expect(lines(rows, { ...flat, hidden })).not.toContain('a');
    expect(lines(rows, { ...flat, hidden, showHidden: true })).toContain('a');
  });

  it('groups by a value with mean, least and greatest', () => {
    const some = [
      aRow('a', { values: { 'params.k': 'x', 'metrics.auc': 0.5 } }),
      aRow('b', { values: { 'params.k': 'y' } }),
      aRow('c', { values: { 'params.k': 'x', 'metrics.auc': 0.7 } }),
    ];
    expect(lines(some, { groupBy: 'params.k' })).toEqual([
      'group:x',
      '>a',
      '>c',
      'group:y',
      '>b',
    ]);
    const [head] = arrangeRuns(some, as({ groupBy: 'params.k' }), [
      'metrics.auc',
    ]);
    expect(head).toMatchObject({
      group: {
        count: 2,
        aggregates: { 'metrics.auc': { mean: 0.6, min: 0.5, max: 0.7, n: 2 } },
      },
    });
    expect(
      lines(some, { groupBy: 'params.k', toggled: new Set(['group:x']) }),
    ).toEqual(['group:x', 'group:y', '>b']);
  });
});
