/** What says most about a model comes first: data held out to the end, then validation, the rest, then training. */
const ranks: Record<string, number> = {
  test: 0,
  holdout: 0,
  val: 1,
  validation: 1,
  eval: 1,
  train: 3,
  training: 3,
};

/** Metrics in the order in which people look for them: `first` (the one the model is judged by), then by rank and name. */
export function orderMetrics(
  metrics: Record<string, number>,
  first?: string,
): Array<[name: string, value: number]> {
  return Object.entries(metrics).sort(
    ([a], [b]) =>
      Number(b === first) - Number(a === first) || byMetricName(a, b),
  );
}

/** The same order for names alone. */
export function byMetricName(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || a.localeCompare(b);
}

function rankOf(name: string): number {
  return ranks[name.toLowerCase().split(/[^a-z]/, 1)[0]] ?? 2;
}
