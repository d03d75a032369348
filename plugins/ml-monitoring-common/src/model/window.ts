import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { signalSchema } from './signal';
import { driftStatusSchema } from './status';

/** An observation that is not a distance between distributions and is said on its own. */
const findingSchema = z.object({
  kind: z.enum([
    'new_category',
    'null_rate',
    'out_of_range',
    'infinite_values',
    'constant_reference',
    'type_change',
    'missing_column',
  ]),
  severity: z.enum(['info', 'warning']),
  message: z.string(),
  /** The part of the window's rows it concerns, between 0 and 1. */
  share: z.number().optional(),
});
export type Finding = z.infer<typeof findingSchema>;

/** Counts of baseline and window over the same frozen bins, in the same order. */
const histogramSchema = z.object({
  labels: z.array(z.string()),
  baseline: z.array(z.number()),
  window: z.array(z.number()),
});
export type DriftHistogram = z.infer<typeof histogramSchema>;

export const columnDriftSchema = z.object({
  /** The column of the prediction log: `feature.<name>` or `prediction.<name>`. */
  column: z.string(),
  name: z.string(),
  role: z.enum(['feature', 'prediction']),
  kind: z.enum(['numeric', 'categorical']),
  status: driftStatusSchema,
  /** Population stability index: the size of the effect. Absent when there was nothing to compare. */
  psi: z.number().optional(),
  /** What PSI exceeds by chance in one window of twenty, from the two sample sizes and the number of bins. */
  criticalValue: z.number().optional(),
  significant: z.boolean(),
  thresholds: z.object({ warning: z.number(), drift: z.number() }),
  bins: z.number().int(),
  baselineRows: z.number().int(),
  windowRows: z.number().int(),
  findings: z.array(findingSchema),
  histogram: histogramSchema.optional(),
});
export type ColumnDrift = z.infer<typeof columnDriftSchema>;

export const windowSummarySchema = z.object({
  id: z.string(),
  /** The ref of the model. */
  monitorRef: entityRefSchema,
  monitorId: z.string(),
  kind: z.string(),
  version: z.number().int(),
  /** The time of the first and last prediction in the window. */
  from: timestampSchema.optional(),
  to: timestampSchema.optional(),
  rows: z.number().int(),
  status: driftStatusSchema,
  message: z.string(),
  trigger: z.enum(['schedule', 'request']),
  /** The largest PSI of the window and its column. */
  maxPsi: z.number().optional(),
  maxColumn: z.string().optional(),
  /** Columns, or other signals, that made the status. */
  driftedColumns: z.array(z.string()),
  createdAt: timestampSchema,
});
export type WindowSummary = z.infer<typeof windowSummarySchema>;

export const windowSchema = windowSummarySchema.extend({
  /** The share that stands in for an empty bin; the same data give another PSI with another one. 0 where no bins are compared. */
  epsilon: z.number(),
  columns: z.array(columnDriftSchema),
  /** What the detector watched. Windows of earlier releases have none. */
  signals: z.array(signalSchema),
  /**
   * Why histograms and findings are left out, and whom to ask: they show values of data that the caller may not read.
   */
  withheld: z.string().optional(),
  /** The data set that this is about, where it is known. */
  withheldDataset: z.string().optional(),
});
export type Window = z.infer<typeof windowSchema>;
