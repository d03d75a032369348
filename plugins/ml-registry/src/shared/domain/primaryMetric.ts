/** The metric a version is judged by. */
export type PrimaryMetric = { name: string; goal?: 'maximize' | 'minimize' };

/**
 * The number to show for a version when there is room for one: the declared primary metric, else the metric of
 * the first gate, else the first by name.
 */
export function primaryMetric(
  metrics: Record<string, number>,
  declared?: {
    primaryMetric?: PrimaryMetric;
    gates?: Array<{ metric: string }>;
  },
): { name: string; value: number } | undefined {
  const candidates = [
    declared?.primaryMetric?.name,
    declared?.gates?.[0]?.metric,
    ...Object.keys(metrics).sort(),
  ];
  const name = candidates.find(
    candidate => candidate !== undefined && metrics[candidate] !== undefined,
  );
  return name === undefined ? undefined : { name, value: metrics[name] };
}

/** Whether `value` is better than, worse than or the same as the champion's; `unknown` without a direction. */
export function againstChampion(
  value: number,
  champion: number | undefined,
  goal: PrimaryMetric['goal'],
): 'better' | 'worse' | 'same' | 'unknown' {
  if (champion === undefined || goal === undefined) return 'unknown';
  if (value === champion) return 'same';
  return value > champion === (goal === 'maximize') ? 'better' : 'worse';
}
