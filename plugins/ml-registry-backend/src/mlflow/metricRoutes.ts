import type { MetricHistoryService } from '../services/MetricHistoryService';
import type { RunMetric } from '../stores/MetricHistoryStore';
import { renderMetric } from './render';
import type { MlflowRoute } from './routes';

/** `metrics/…` of several runs at once */
export function metricRoutes(service: MetricHistoryService): MlflowRoute[] {
  return [
    {
      method: 'get',
      path: 'metrics/get-history-bulk',
      handle: async (message, caller) => ({
        // Always there, unlike lists of messages that the protocol describes.
        metrics: (
          await service.bulk(caller, {
            runIds: message.strings('run_id'),
            key: message.required('metric_key'),
            limit: message.integer('max_results'),
          })
        ).map(renderRunMetric),
      }),
    },
    {
      method: 'get',
      path: 'metrics/get-history-bulk-interval',
      handle: async (message, caller) => {
        const points = await service.interval(caller, {
          runIds: message.strings('run_ids'),
          key: message.required('metric_key'),
          perRun: message.integer('max_results'),
          startStep: message.int64('start_step'),
          endStep: message.int64('end_step'),
        });
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
