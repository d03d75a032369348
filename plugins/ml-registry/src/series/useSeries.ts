import type { MetricSeries } from '@downstage/plugin-ml-registry-common';
import { useLoad, type Loaded } from '@downstage/react';
import type { SeriesView } from './seriesView';
import { useRegistry } from '../shared/hooks/useRegistry';

/**
 * Curves of metrics of runs as the window wants them: a zoom asks again, so that what is seen is as fine as it can be.
 * While a run goes on it is asked again.
 */
export function useSeries(
  runs: ReadonlyArray<{ runId: string; status: string }>,
  metrics: readonly string[],
  view: Pick<SeriesView, 'axis' | 'zoom'>,
): Loaded<MetricSeries[]> {
  const api = useRegistry();
  const { axis, zoom } = view;
  const runIds = runs.map(run => run.runId);
  const isRunning = runs.some(run => run.status === 'RUNNING');
  return useLoad(
    async signal => {
      if (runIds.length === 0 || metrics.length === 0) return [];
      // A little more on both sides, so that lines reach the edges of the chart.
      const edge = zoom ? (zoom.to - zoom.from) / 50 : 0;
      const { series } = await api.getMetricSeries(
        {
          query: {
            runId: runIds.slice(0, 50),
            key: [...metrics],
            axis,
            points: 800,
            ...(zoom && { from: zoom.from - edge, to: zoom.to + edge }),
          },
        },
        { signal },
      );
      return series;
    },
    [api, runIds.join(','), metrics.join('\n'), axis, zoom?.from, zoom?.to],
    { pollMs: isRunning ? 5_000 : 0 },
  );
}
