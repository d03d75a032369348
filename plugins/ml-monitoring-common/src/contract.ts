import {
  defineContract,
  entityPathSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import { baselineSchema } from './model/baseline';
import { monitorCountsSchema, monitorSchema } from './model/monitor';
import { retrainedSchema, retrainingSchema } from './model/retraining';
import {
  driftStatusSchema,
  windowSchema,
  windowSummarySchema,
} from './model/window';

const statusWords = driftStatusSchema.options.join('|');

/** The HTTP API of `ml-monitoring`: monitors, their windows and baselines, and the retrain button. */
export const mlMonitoringContract = defineContract({
  listMonitors: {
    method: 'get',
    path: '/v1/monitors',
    summary:
      'Watched models with status, latest window and open episode, those that need a look first',
    query: pageQuerySchema.extend({
      /** Only of these, with commas between: `drift,warning`. */
      status: z
        .string()
        .regex(
          new RegExp(`^(?:${statusWords})(?:,(?:${statusWords}))*$`),
          `Expected some of ${driftStatusSchema.options.join(', ')}`,
        )
        .optional(),
      /** Only of these models, as refs with commas between. */
      models: z.string().max(20_000).optional(),
    }),
    response: pageOf(monitorSchema),
  },
  countMonitors: {
    method: 'get',
    path: '/v1/monitor-counts',
    summary: 'How many models are watched, by status',
    response: monitorCountsSchema,
  },
  getMonitor: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name',
    summary: 'The monitor of one model',
    params: entityPathSchema,
    response: monitorSchema,
  },
  listWindows: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/windows',
    summary: 'The latest windows of a monitor, newest first',
    params: entityPathSchema,
    query: pageQuerySchema,
    response: pageOf(windowSummarySchema),
  },
  getWindow: {
    method: 'get',
    path: '/v1/windows/:id',
    summary: 'One window with the drift of each column and both histograms',
    params: z.object({ id: z.string().min(1).max(64) }),
    response: windowSchema,
  },
  getBaseline: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/baseline',
    summary:
      'What a version is compared with; the version in production unless another is named',
    params: entityPathSchema,
    query: z.object({
      version: z.coerce.number<string | number>().int().min(1).optional(),
    }),
    response: baselineSchema,
  },
  evaluateMonitor: {
    method: 'post',
    path: '/v1/monitors/:namespace/:name/evaluate',
    summary: 'Close a window now and compare it with the baseline',
    params: entityPathSchema,
    response: windowSchema,
  },
  previewRetraining: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/retrain',
    summary: 'What a retraining would learn from, beside the job before it',
    params: entityPathSchema,
    response: retrainingSchema,
  },
  retrainModel: {
    method: 'post',
    path: '/v1/monitors/:namespace/:name/retrain',
    summary: "Submit the model's latest training job again",
    params: entityPathSchema,
    body: z.object({ reason: z.string().max(500).optional() }),
    response: retrainedSchema,
  },
});
export type MlMonitoringContract = typeof mlMonitoringContract;
