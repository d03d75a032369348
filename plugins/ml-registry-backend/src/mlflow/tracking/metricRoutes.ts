import type { MetricHistoryService } from '../../tracking/MetricHistoryService';
import type { RunMetric } from '../../tracking/stores/MetricHistoryStore';
import { renderMetric } from '../protocol/render';
import type { MlflowRoute } from '../protocol/routes';

/** `metrics/…` of several runs at once */
export function metricRoutes(service: MetricHistoryService): MlflowRoute[] {
  return [
    {
      method: 'get',
      path: 'metrics/get-history-bulk',
      handle: async (message, caller) => ({
        // Always there, unlike lists of messages that the protocol describes.
        metrics: (
          await service.bulk(
            {
              runIds: message.strings('run_id'),
              key: message.required('metric_key'),
              limit: message.integer('max_results'),
            },
            { caller },
          )
        ).map(renderRunMetric),
      }),
    },
    {
      method: 'get',
      path: 'metrics/get-history-bulk-interval',
      handle: async (message, caller) => {
        const points = await service.interval(
          {
            runIds: message.strings('run_ids'),
            key: message.required('metric_key'),
            perRun: message.integer('max_results'),
            startStep: message.int64('start_step'),
            endStep: message.int64('end_step'),
          },
          { caller },
        );
        return {
          metrics: points.length ? points.map(renderRunMetric) : undefined,
        };
      },
    },
  ];
}

function renderRunMetric(metric: RunMetric) {
  return { ...renderMetric(metric), run_id: metric.runId };
}
