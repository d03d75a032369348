import { arrangeRuns, type Arrangement } from './arrangeRuns';
import { defaultColumns } from './columns';
import { mergeRows, toRows, type RunRow } from './runRow';
import { toCsv } from './toCsv';
import { readViewState, writeViewState } from './viewState';

const aRow = (runId: string, change: Partial<RunRow> = {}): RunRow => ({
  runId,
  name: `run ${runId}`,
  status: 'FINISHED',
  experimentId: '1',
  userId: 'user:default/ann',
  startTime: 0,
  endTime: 2000,
  values: {},
  ...change,
});
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

describe('rows', () => {
  it('are read from columns and merged with what changed and what is new', () => {
    const rows = toRows({
      runIds: ['a', 'b'],
      names: ['first', ''],
      statuses: ['RUNNING', 'FINISHED'],
      experimentIds: ['1', '1'],
      userIds: ['', ''],
      startTimes: [1, 2],
      endTimes: [null, 3],
      parentRunIds: [null, 'a'],
      jobIds: [null, null],
      datasets: [null, null],
      deleted: [false, false],
      columns: { 'metrics.auc': [0.5, null] },
    });
    expect(rows[0].values).toEqual({ 'metrics.auc': 0.5 });
    expect(rows[1]).toMatchObject({ name: 'b', parentRunId: 'a' });
    const merged = mergeRows(
      rows,
      [aRow('a', { status: 'FINISHED' })],
      [aRow('new'), aRow('b')],
    );
    expect(merged.map(row => row.runId)).toEqual(['new', 'a', 'b']);
    expect(merged[1].status).toBe('FINISHED');
    expect(mergeRows(rows, [], [])).toBe(rows);
  });

  it('become CSV that no spreadsheet runs', () => {
    expect(
      toCsv(
        [aRow('a', { name: '=cmd()', values: { 'params.x': 'p, q' } })],
        ['status', 'duration', 'params.x'],
        () => 'e',
      ),
    ).toBe(
      'run id,name,status,duration,params.x\na,"\'=cmd()",FINISHED,2,"p, q"',
    );
  });
});

describe('the address', () => {
  it('carries what was chosen and nothing else', () => {
    const state = readViewState(new URLSearchParams());
    expect(String(writeViewState(state))).toBe('');
    const chosen = {
      ...state,
      experiments: ['1', '2'],
      filter: "params.a = 'b~c'",
      columns: ['metrics.a b', 'status'],
      sort: 'metrics.auc',
      direction: 'asc' as const,
      groupBy: 'params.k',
      nested: false,
      pinned: ['a'],
      hidden: ['b', 'c'],
    };
    const search = writeViewState(chosen, new URLSearchParams('tab=x'));
    expect(search.get('tab')).toBe('x');
    expect(readViewState(new URLSearchParams(String(search)))).toEqual(chosen);
  });
});

describe('defaultColumns', () => {
  it('shows metrics of the model rather than of the machine', () => {
    expect(
      defaultColumns({
        metrics: ['auc', 'system/cpu'],
        params: ['a', 'b', 'c', 'd'],
      }),
    ).toEqual([
      'status',
      'started',
      'duration',
      'metrics.auc',
      'params.a',
      'params.b',
      'params.c',
      'user',
    ]);
  });
});
