import type { BaselineColumn } from '@downstage/plugin-ml-monitoring-common';
import { judgeColumn } from './judgeColumn';
import { defaultRules as rules } from './rules';
import { numeric, counted } from '../testUtils/columns';

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

  it('shortens a range that 32-bit floats gave seventeen digits', () => {
    const [finding] = judgeColumn(
      numeric([100, 100], {
        moments: {
          mean: 0.4,
          stddev: 0.4,
          min: 8.575742640459794e-7,
          max: 0.9999991655349731,
        },
      }),
      counted([100, 100], { below: 4 }),
      rules,
    ).findings;
    expect(finding.message).toBe(
      '2 % lie outside 8.57574e-7 to 0.999999 (4 below, 0 above)',
    );
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
