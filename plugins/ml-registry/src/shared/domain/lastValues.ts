import type { Run } from '@downstage/plugin-ml-registry-common';

/** The last value of every metric of a run, those that are NaN or infinite among them. */
export function lastValues(
  run: Pick<Run, 'metrics' | 'notFinite'>,
): Record<string, number> {
  const others = Object.entries(run.notFinite ?? {}).map(
    ([name, text]) => [name, Number(text)] as const,
  );
  return { ...run.metrics, ...Object.fromEntries(others) };
}
