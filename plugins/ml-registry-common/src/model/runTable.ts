import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** A column of the runs table: `metrics.auc`, `params.lr` or `tags.team`; attributes come with every page. */
export const runColumnSchema = z
  .string()
  .max(300)
  .regex(
    /^(metrics|params|tags)\../s,
    'Expected metrics.<name>, params.<name> or tags.<name>',
  );

/** Attributes of runs that the table may be sorted by. */
export const runSortSchema = z.enum([
  'started',
  'name',
  'status',
  'duration',
  'user',
  'experiment',
  'job',
]);
export type RunSort = z.infer<typeof runSortSchema>;

/**
 * A page of the runs table, column by column: each array has one entry per run, in the order of `runIds`.
 * Compact, because a page has up to 1000 runs.
 */
export const runTablePageSchema = z.object({
  runIds: z.array(z.string()),
  names: z.array(z.string()),
  statuses: z.array(z.string()),
  experimentIds: z.array(z.string()),
  /** By id: the names of the page's experiments, as far as they are readable and not deleted. */
  experimentNames: z.record(z.string(), z.string()),
  userIds: z.array(z.string()),
  /** Milliseconds since the epoch. */
  startTimes: z.array(z.number()),
  endTimes: z.array(z.number().nullable()),
  /** The tag `mlflow.parentRunId`. */
  parentRunIds: z.array(z.string().nullable()),
  jobIds: z.array(z.string().nullable()),
  /** `name (digest)` of each data set the run read, joined by a comma. */
  datasets: z.array(z.string().nullable()),
  deleted: z.array(z.boolean()),
  /** One array per column asked for. Metrics are their latest finite value; null is "not logged" or not a number. */
  columns: z.record(
    z.string(),
    z.array(z.union([z.string(), z.number(), z.null()])),
  ),
  /** How many runs match in all; on the first page only. */
  total: z.number().int().optional(),
  nextCursor: z.string().optional(),
});
export type RunTablePage = z.infer<typeof runTablePageSchema>;

/** Names to choose columns and to complete filters from: those of the newest runs, by name. */
export const runFieldsSchema = z.object({
  metrics: z.array(z.string()),
  params: z.array(z.string()),
  tags: z.array(z.string()),
});
export type RunFields = z.infer<typeof runFieldsSchema>;

/** What the bottom axis of a curve counts: steps, or milliseconds since the epoch or since the start of the run. */
export const seriesAxisSchema = z.enum(['step', 'time', 'relative']);
export type SeriesAxis = z.infer<typeof seriesAxisSchema>;

/**
 * A metric of a run, made coarser for drawing: x ascending, at most the points asked for. The first and the last
 * point and the smallest and largest value of the window are always among them.
 */
export const metricSeriesSchema = z.object({
  runId: z.string(),
  key: z.string(),
  x: z.array(z.number()),
  values: z.array(z.number()),
  /** Points in the window before they were made coarser. */
  total: z.number().int(),
  /** Of those, how many were NaN or infinite; they are not drawn. */
  notNumbers: z.number().int(),
});
export type MetricSeries = z.infer<typeof metricSeriesSchema>;

/** A saved view of the runs table, shared with everybody who may read. */
export const runViewSchema = z.object({
  id: z.string(),
  /** What it is a view of: `all`, `experiment:<id>` or `model:<namespace>/<name>`. */
  scope: z.string(),
  name: z.string(),
  /** The query string of the page: what a link to the view carries. */
  state: z.string(),
  createdBy: z.string(),
  updatedAt: timestampSchema,
});
export type RunView = z.infer<typeof runViewSchema>;

/** A model that a run logged or read. */
export const runModelSchema = z.object({
  modelId: z.string(),
  name: z.string(),
  direction: z.enum(['input', 'output']),
  /** MLflow's word, as `LOGGED_MODEL_READY`. */
  status: z.string(),
  step: z.number().int(),
  createdAt: timestampSchema,
  /** Registered versions made from it: `default/churn@7`. */
  versions: z.array(z.string()),
});
export type RunModel = z.infer<typeof runModelSchema>;
