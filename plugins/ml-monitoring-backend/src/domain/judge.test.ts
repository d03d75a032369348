import type { BaselineColumn } from '@downstage/plugin-ml-monitoring-common';
import type { ColumnCounts } from './columnCounts';
import { planEpisode, type Episode } from './episode';
import { judgeColumn } from './judgeColumn';
import { judgeWindow } from './judgeWindow';
import { planWindow } from './planWindow';
import {
  criticalStabilityIndex,
  populationStabilityIndex,
} from './populationStabilityIndex';
import { defaultRules as rules } from './rules';

const numeric = (counts: number[], change = {}): BaselineColumn => ({
  kind: 'numeric',
  column: 'feature.radius',
  name: 'radius',
  role: 'feature',
  type: 'DOUBLE',
  rows: counts.reduce((a, b) => a + b, 0),
  nulls: 0,
  distinct: 500,
  edges: counts.slice(1).map((_, index) => index),
  counts,
  moments: { mean: 0, stddev: 1, min: -2, max: 9 },
  ...change,
});

const constant: BaselineColumn = {
  kind: 'categorical',
  column: 'feature.site',
  name: 'site',
  role: 'feature',
  type: 'VARCHAR',
  numeric: false,
  rows: 1000,
  nulls: 0,
  distinct: 1,
  categories: ['left'],
  counts: [1000, 0],
};

const counted = (counts: number[], change = {}): ColumnCounts => ({
  state: 'counted',
  counts,
  nulls: 0,
  infinite: 0,
  below: 0,
  above: 0,
  unseen: [],
  ...change,
});

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

describe('judgeColumn', () => {
  it.each([
    ['drift', [100, 100, 100, 100], [300, 50, 50, 100]],
    ['warning', [100, 100, 100, 100], [205, 100, 100, 95]],
    ['ok', [100, 100, 100, 100], [130, 120, 130, 120]],
    ['insufficient_data', [100, 100, 100, 100], [90, 10, 10, 10]],
    ['no_data', [100, 100, 100, 100], [0, 0, 0, 0]],
  ])('is %s', (status, before, now) => {
    expect(judgeColumn(numeric(before), counted(now), rules).status).toBe(
      status,
    );
  });

  it('does not cry wolf: a large index of few rows is not significant', () => {
    const drift = judgeColumn(
      numeric([20, 20, 20, 20]),
      counted([60, 50, 45, 45]),
      { ...rules, warning: 0.005, drift: 0.01 },
    );
    expect(drift).toMatchObject({ status: 'ok', significant: false });
    expect(drift.psi).toBeGreaterThan(0.01);
  });

  it('is 0 for a constant that stays, and drift with a new category for one that changes', () => {
    expect(judgeColumn(constant, counted([500, 0]), rules)).toMatchObject({
      psi: 0,
      criticalValue: 0,
      significant: false,
      status: 'ok',
    });
    expect(
      judgeColumn(
        constant,
        counted([250, 250], { unseen: [{ value: 'right', count: 250 }] }),
        rules,
      ),
    ).toMatchObject({
      status: 'drift',
      findings: [
        {
          kind: 'new_category',
          message: "50 % are 'right', never seen in the baseline",
        },
        { kind: 'constant_reference' },
      ],
    });
  });

  it('counts missing values in a bin of their own', () => {
    const drift = judgeColumn(
      numeric([100, 100, 100, 100]),
      counted([75, 75, 75, 75], { nulls: 100 }),
      rules,
    );
    expect(drift).toMatchObject({ status: 'drift', bins: 5, windowRows: 400 });
    expect(drift.findings).toMatchObject([{ kind: 'null_rate', share: 0.25 }]);
    expect(drift.histogram?.labels).toContain('(null)');
  });

  it('names values out of range and infinite ones', () => {
    const { findings } = judgeColumn(
      numeric([100, 100, 100, 100]),
      counted([100, 100, 100, 100], { below: 3, above: 25, infinite: 2 }),
      rules,
    );
    expect(findings).toMatchObject([
      { kind: 'infinite_values', severity: 'warning' },
      {
        kind: 'out_of_range',
        severity: 'warning',
        message: '7 % lie outside -2 to 9 (3 below, 25 above)',
      },
    ]);
  });

  it('compares nothing when the type changed or the column is missing', () => {
    expect(
      judgeColumn(
        numeric([1, 1]),
        { state: 'type-changed', found: 'VARCHAR' },
        rules,
      ),
    ).toMatchObject({
      status: 'warning',
      findings: [{ kind: 'type_change' }],
    });
    expect(
      judgeColumn(numeric([1, 1]), { state: 'missing' }, rules),
    ).toMatchObject({ findings: [{ kind: 'missing_column' }] });
  });
});

describe('judgeWindow', () => {
  const column = (name: string, now: number[]) => ({
    ...judgeColumn(numeric([143, 142, 142, 142]), counted(now), rules),
    name,
  });
  const quiet = [53, 51, 49, 52];

  it('is as bad as its worst column, and names it', () => {
    expect(
      judgeWindow(
        [column('a', quiet), column('b', [160, 15, 15, 15])],
        205,
        rules,
      ),
    ).toMatchObject({
      status: 'drift',
      driftedColumns: ['b'],
      maxColumn: 'b',
      message: expect.stringContaining('1 of 2 columns drifted'),
    });
  });

  it('asks for more certainty the more columns there are', () => {
    // Significant alone at 95 %, and what one of thirty columns does by chance.
    const wanted = { ...rules, warning: 0.05 };
    const odd = judgeColumn(
      numeric([143, 142, 142, 142]),
      counted([72, 50, 42, 36]),
      wanted,
    );
    expect(odd).toMatchObject({ status: 'warning', significant: true });
    const others = Array.from({ length: 30 }, (_, index) =>
      column(`c${index}`, quiet),
    );
    expect(judgeWindow([odd], 200, wanted).status).toBe('warning');
    expect(judgeWindow([odd, ...others], 200, wanted).status).toBe('ok');
  });

  it('gives no verdict without rows or with too few', () => {
    expect(judgeWindow([], 0, rules).status).toBe('no_data');
    expect(judgeWindow([column('a', quiet)], 199, rules)).toMatchObject({
      status: 'insufficient_data',
      message: '199 predictions are too few for a verdict; 200 are needed',
    });
  });
});

describe('planEpisode', () => {
  const open: Episode = {
    id: 'e1',
    version: 3,
    since: '2026-03-01T00:00:00Z',
    columns: ['radius'],
    status: 'warning',
  };
  const window = (
    status: 'ok' | 'warning' | 'drift' | 'insufficient_data',
  ) => ({
    version: 3,
    status,
    driftedColumns: status === 'ok' ? [] : ['area'],
  });

  it.each([
    [undefined, 'ok', { do: 'nothing' }],
    [undefined, 'drift', { do: 'open', status: 'drift', columns: ['area'] }],
    [undefined, 'warning', { do: 'open', status: 'warning' }],
    [
      open,
      'warning',
      { do: 'update', escalated: false, columns: ['radius', 'area'] },
    ],
    [open, 'drift', { do: 'update', escalated: true, status: 'drift' }],
    [open, 'ok', { do: 'close' }],
    [open, 'insufficient_data', { do: 'nothing' }],
    [{ ...open, version: 2 }, 'drift', { do: 'open' }],
  ] as const)(
    'with %o open and a window that is %s',
    (episode, status, plan) => {
      expect(planEpisode(episode, window(status))).toMatchObject(plan);
    },
  );
});

describe('planWindow', () => {
  const now = new Date('2026-03-01T12:00:00Z');
  const minutesAgo = (minutes: number) =>
    new Date(now.getTime() - minutes * 60_000);

  it.each([
    [200, undefined, 'close'],
    [200, minutesAgo(1), 'close'],
    [199, minutesAgo(59), 'wait'],
    [1, minutesAgo(60), 'close'],
    [1, undefined, 'close'],
    [0, minutesAgo(600), 'wait'],
  ] as const)(
    'with %i new rows, last closed %o: %s',
    (newRows, lastClosedAt, plan) => {
      expect(
        planWindow({
          now,
          newRows,
          lastClosedAt,
          minRows: 200,
          atLeastEveryMs: 3_600_000,
        }),
      ).toBe(plan);
    },
  );
});
