import type { NumericBaseline } from '@downstage/plugin-ml-monitoring-common';
import { describeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { defaultRules } from '../domain/rules';
import { driftDetector } from './driftDetector';

const column: NumericBaseline = {
  kind: 'numeric',
  column: 'feature.radius',
  name: 'radius',
  role: 'feature',
  type: 'DOUBLE',
  rows: 1000,
  nulls: 0,
  distinct: 1000,
  edges: [-1, 0, 1],
  counts: [250, 250, 250, 250],
  moments: { min: -3, max: 3 },
};

function windowOf(...counts: number[]) {
  const rows = counts.reduce((sum, n) => sum + n, 0);
  return {
    modelRef: 'model:default/churn',
    version: 1,
    rows,
    baseline: {
      versionRef: 'default/churn@1',
      rows: 1000,
      columns: [column],
    },
    counts: rows
      ? [
          {
            state: 'counted' as const,
            counts,
            nulls: 0,
            infinite: 0,
            below: 0,
            above: 0,
            unseen: [],
          },
        ]
      : [],
  };
}

describeDetector('driftDetector', async () => ({
  detector: driftDetector(defaultRules),
  settings: { minRows: 100, warning: 0.1, drift: 0.3 },
  badSettings: { warning: 0.5, drift: 0.2 },
  windows: {
    quiet: windowOf(50, 50, 50, 50),
    alarming: windowOf(10, 10, 30, 150),
    small: windowOf(5, 5, 5, 5),
    empty: windowOf(),
  },
}));

describe('driftDetector', () => {
  it('takes what a monitor does not set from the configuration', () => {
    const detector = driftDetector({ ...defaultRules, minRows: 7, drift: 9 });
    expect(detector.configure({ warning: 1 }).limits).toEqual({
      minRows: 7,
      warning: 1,
      drift: 9,
    });
  });
});
