import type { BaselineColumn } from '@downstage/plugin-ml-monitoring-common';
import type { ColumnCounts } from '@downstage/plugin-ml-monitoring-node';

export const numeric = (counts: number[], change = {}): BaselineColumn => ({
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

export const counted = (counts: number[], change = {}): ColumnCounts => ({
  state: 'counted',
  counts,
  nulls: 0,
  infinite: 0,
  below: 0,
  above: 0,
  unseen: [],
  ...change,
});
