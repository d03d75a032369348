import type { MetricPoint, Run } from '@downstage/plugin-ml-registry-common';
import { useLoad, type Loaded } from '@downstage/react';
import { useRegistry } from './useRegistry';

/** The points of some metrics of one run, by metric. While the run goes on they are fetched again. */
export function useCurves(
  run: Pick<Run, 'runId' | 'status'>,
  metrics: readonly string[],
): Loaded<Map<string, MetricPoint[]>> {
  const api = useRegistry();
  return useLoad(
    async signal => {
      const histories = await Promise.all(
        metrics.map(key =>
          api.getMetricHistory(
            { params: { runId: run.runId }, query: { key } },
            { signal },
          ),
        ),
      );
      return new Map(histories.map(({ key, points }) => [key, points]));
    },
    [api, run.runId, metrics.join('\n')],
    { pollMs: run.status === 'RUNNING' ? 5_000 : 0 },
  );
}

/** The points of one metric of several runs, by run id. Runs without the metric have none. */
export function useCurvesOfRuns(
  runs: readonly Pick<Run, 'runId' | 'metrics'>[],
  metric: string,
): Loaded<Map<string, MetricPoint[]>> {
  const api = useRegistry();
  const having = runs.filter(run => run.metrics[metric] !== undefined);
  return useLoad(
    async signal => {
      const histories = await Promise.all(
        having.map(async ({ runId }) => {
          const { points } = await api.getMetricHistory(
            { params: { runId }, query: { key: metric } },
            { signal },
          );
          return [runId, points] as const;
        }),
      );
      return new Map(histories);
    },
    [api, metric, having.map(run => run.runId).join(',')],
    { pollMs: 0 },
  );
}
