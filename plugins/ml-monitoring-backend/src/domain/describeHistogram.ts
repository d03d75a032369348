import type {
  BaselineColumn,
  DriftHistogram,
} from '@downstage/plugin-ml-monitoring-common';

/** Baseline and window side by side, with the names of the bins as people read them. */
export function describeHistogram(
  baseline: BaselineColumn,
  window: { counts: number[]; nulls: number },
): DriftHistogram {
  const labels = binLabels(baseline);
  const baselineCounts = [...baseline.counts, baseline.nulls];
  const windowCounts = [...window.counts, window.nulls];
  const kept = labels
    .map((_, index) => index)
    .filter(
      index =>
        (baseline.kind === 'numeric' && index < baseline.counts.length) ||
        baselineCounts[index] > 0 ||
        windowCounts[index] > 0,
    );
  return {
    labels: kept.map(index => labels[index]),
    baseline: kept.map(index => baselineCounts[index]),
    window: kept.map(index => windowCounts[index]),
  };
}

function binLabels(baseline: BaselineColumn): string[] {
  if (baseline.kind === 'categorical') {
    return [...baseline.categories, '(other)', '(null)'];
  }
  const edges = baseline.edges.map(short);
  if (!edges.length) return ['(any)', '(null)'];
  return [
    `≤ ${edges[0]}`,
    ...edges.slice(1).map((edge, index) => `${edges[index]} – ${edge}`),
    `> ${edges[edges.length - 1]}`,
    '(null)',
  ];
}

function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
