import {
  defineContract,
  entityPathSchema,
  pageOf,
  pageQuerySchema,
  refListSchema,
} from '@downstage/common';
import { z } from 'zod';
import { baselineSchema } from './model/baseline';
import { labelReceiptSchema, labelSchema } from './model/label';
import {
  detectorSchema,
  monitorCountsSchema,
  monitorKindSchema,
  monitorNameSchema,
  monitorSchema,
} from './model/monitor';
import { retrainedSchema, retrainingSchema } from './model/retraining';
import { driftStatusSchema } from './model/status';
import { windowSchema, windowSummarySchema } from './model/window';

const statusWords = driftStatusSchema.options.join('|');

/** One of several monitors of a model. */
const namedMonitorSchema = entityPathSchema.extend({
  kind: monitorKindSchema,
  monitor: monitorNameSchema,
});

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
      models: refListSchema.optional(),
      /**
       * Monitors of these kinds, with commas between, or `all`. Unless given, the drift monitor that every served model has.
       */
      kind: z
        .string()
        .max(500)
        .regex(
          /^[a-z][a-z0-9-]*(?:,[a-z][a-z0-9-]*)*$/,
          'Expected kinds with commas between, such as drift,performance, or all',
        )
        .optional(),
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
    summary: 'The drift monitor of one model',
    params: entityPathSchema,
    response: monitorSchema,
  },
  listWindows: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/windows',
    summary: 'The latest windows of the drift monitor, newest first',
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
  listDetectors: {
    method: 'get',
    path: '/v1/detectors',
    summary: 'Kinds of monitors that are installed, and what each may set',
    response: z.object({ items: z.array(detectorSchema) }),
  },
  getNamedMonitor: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/kinds/:kind/:monitor',
    summary: 'One of several monitors of a model',
    params: namedMonitorSchema,
    response: monitorSchema,
  },
  saveMonitor: {
    method: 'put',
    path: '/v1/monitors/:namespace/:name/kinds/:kind/:monitor',
    summary: 'Set up a monitor of a model, or change its settings',
    params: namedMonitorSchema,
    body: z.object({
      /** All of them; what is left out follows the configuration. */
      settings: z.record(z.string(), z.unknown()).default({}),
    }),
    response: monitorSchema,
  },
  deleteMonitor: {
    method: 'delete',
    path: '/v1/monitors/:namespace/:name/kinds/:kind/:monitor',
    summary: 'Remove a monitor that was set up, with its windows',
    params: namedMonitorSchema,
    response: monitorSchema,
  },
  listNamedWindows: {
    method: 'get',
    path: '/v1/monitors/:namespace/:name/kinds/:kind/:monitor/windows',
    summary: 'The latest windows of one of several monitors, newest first',
    params: namedMonitorSchema,
    query: pageQuerySchema,
    response: pageOf(windowSummarySchema),
  },
  evaluateNamedMonitor: {
    method: 'post',
    path: '/v1/monitors/:namespace/:name/kinds/:kind/:monitor/evaluate',
    summary: 'Close a window of one of several monitors now',
    params: namedMonitorSchema,
    response: windowSchema,
  },
  sendLabels: {
    method: 'post',
    path: '/v1/monitors/:namespace/:name/labels',
    summary:
      'Send true values of predictions; the same label twice is one, another is a correction',
    params: entityPathSchema,
    body: z.object({
      /** At most 1 MB a request. All are taken or none. */
      labels: z.array(labelSchema).min(1).max(5000),
      /** Where they come from; the caller unless given. */
      source: z.string().min(1).max(200).optional(),
    }),
    response: labelReceiptSchema,
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
