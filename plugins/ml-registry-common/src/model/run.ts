import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { datasetInputSchema, metricsSchema } from './version';

export const experimentSchema = z.object({
  experimentId: z.string(),
  name: z.string(),
  owner: z.string().optional(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Experiment = z.infer<typeof experimentSchema>;

/** MLflow's words for what a run is doing. */
export const runStatuses = [
  'RUNNING',
  'SCHEDULED',
  'FINISHED',
  'FAILED',
  'KILLED',
] as const;

export const runSchema = z.object({
  runId: z.string(),
  name: z.string(),
  experimentId: z.string(),
  experimentName: z.string(),
  /** One of `runStatuses`. */
  status: z.string(),
  userId: z.string(),
  startTime: timestampSchema,
  endTime: timestampSchema.optional(),
  params: z.record(z.string(), z.string()),
  /** The last value of each metric, where it is finite. */
  metrics: metricsSchema,
  /** Metrics whose last value JSON has no number for, such as the loss of a run that diverged. */
  notFinite: z
    .record(z.string(), z.enum(['NaN', 'Infinity', '-Infinity']))
    .optional(),
  tags: z.record(z.string(), z.string()),
  datasets: z.array(datasetInputSchema),
  jobId: z.string().optional(),
  owner: z.string().optional(),
  /** Present and true when the run was deleted; it can be restored. */
  deleted: z.boolean().optional(),
});
export type Run = z.infer<typeof runSchema>;

export const metricPointSchema = z.object({
  step: z.number().int(),
  at: timestampSchema,
  /** Null where the run logged NaN or infinity. */
  value: z.number().nullable(),
});
export type MetricPoint = z.infer<typeof metricPointSchema>;
