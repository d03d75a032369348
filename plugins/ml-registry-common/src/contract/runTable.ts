import { defineContract, pageOf, widePageQuerySchema } from '@downstage/common';
import { z } from 'zod';
import {
  metricSeriesSchema,
  runColumnSchema,
  runFieldsSchema,
  runModelSchema,
  runSortSchema,
  runTablePageSchema,
  runViewSchema,
  seriesAxisSchema,
} from '../model/runTable';
import { runSchema } from '../model/run';

/** A list in a query: one value alone is a list of one, and more than twenty arrive from Express as an object. */
export function listOf(item: z.ZodString, max: number) {
  return z
    .union([
      z.array(item),
      item.transform(value => [value]),
      z.record(z.string(), item).transform(values => Object.values(values)),
    ])
    .refine(values => values.length <= max, `Expected at most ${max} values`)
    .default([]);
}

const id = z.string().min(1).max(64);
const runPathSchema = z.object({ runId: id });
const runIdsSchema = z.object({ runIds: z.array(id).min(1).max(1000) });
const scopeSchema = z
  .string()
  .regex(
    /^(all|experiment:\d{1,9}|model:[^:/\s]{1,63}\/[^:/\s]{1,256})$/,
    'Expected all, experiment:<id> or model:<namespace>/<name>',
  );
const countSchema = z.object({ runIds: z.array(z.string()) });
const flag = z
  .enum(['true', 'false'])
  .default('false')
  .transform(value => value === 'true');

/** What the Runs, Run and Compare pages read and change. */
export const runTableOperations = defineContract({
  getRunTable: {
    method: 'get',
    path: '/v1/run-table',
    summary: 'A page of the runs table with the columns asked for',
    query: z.object({
      /** All experiments unless given. */
      experimentId: listOf(id, 100),
      filter: z.string().max(4000).optional(),
      /** `started` unless given; also `name`, `status`, `duration`, `user`, `experiment`, `job`, or a column. */
      sort: z.union([runSortSchema, runColumnSchema]).default('started'),
      /** `desc` unless given. Runs that lack the value come last either way. */
      direction: z.enum(['asc', 'desc']).default('desc'),
      /** `model:default/churn`: runs that trained it. */
      model: z.string().max(400).optional(),
      job: z.string().max(64).optional(),
      /** Only these runs: how running runs are looked at again. */
      runId: listOf(id, 500),
      /** Only runs that started later, in milliseconds since the epoch. */
      startedAfter: z.coerce.number<string | number>().int().optional(),
      /** Deleted runs instead of active ones. */
      deleted: flag,
      column: listOf(runColumnSchema, 100),
      cursor: z.string().max(4000).optional(),
      limit: z.coerce
        .number<string | number>()
        .int()
        .min(1)
        .max(1000)
        .default(1000),
    }),
    response: runTablePageSchema,
  },
  listRunFields: {
    method: 'get',
    path: '/v1/run-fields',
    summary: 'Names of metrics, params and tags of the newest runs',
    query: z.object({
      experimentId: listOf(id, 100),
      /** `model:default/churn`: of runs that trained it. */
      model: z.string().max(400).optional(),
    }),
    response: runFieldsSchema,
  },
  getMetricSeries: {
    method: 'get',
    path: '/v1/metric-series',
    summary: 'Metrics of runs for drawing, made coarser without losing peaks',
    query: z.object({
      runId: listOf(id, 50),
      key: listOf(z.string().min(1).max(250), 50),
      axis: seriesAxisSchema.default('step'),
      /** The window on the axis; all of it unless given. */
      from: z.coerce.number<string | number>().optional(),
      to: z.coerce.number<string | number>().optional(),
      /** At most so many points per metric and run. */
      points: z.coerce
        .number<string | number>()
        .int()
        .min(6)
        .max(5000)
        .default(800),
    }),
    response: z.object({ series: z.array(metricSeriesSchema) }),
  },
  listRunModels: {
    method: 'get',
    path: '/v1/runs/:runId/models',
    summary: 'Models that a run logged or read',
    params: runPathSchema,
    query: widePageQuerySchema,
    response: pageOf(runModelSchema),
  },
  updateRun: {
    method: 'patch',
    path: '/v1/runs/:runId',
    summary: 'Rename a run, or change its note',
    params: runPathSchema,
    body: z.object({
      name: z.string().trim().min(1).max(250).optional(),
      /** Markdown, kept as the tag `mlflow.note.content`. */
      note: z.string().max(8000).optional(),
    }),
    response: runSchema,
  },
  deleteRuns: {
    method: 'post',
    path: '/v1/runs/delete',
    summary: 'Delete runs; they can be restored',
    body: runIdsSchema,
    response: countSchema,
  },
  restoreRuns: {
    method: 'post',
    path: '/v1/runs/restore',
    summary: 'Bring deleted runs back',
    body: runIdsSchema,
    response: countSchema,
  },
  listRunViews: {
    method: 'get',
    path: '/v1/run-views',
    summary: 'Saved views of the runs table, by name',
    query: widePageQuerySchema.extend({ scope: scopeSchema }),
    response: pageOf(runViewSchema),
  },
  saveRunView: {
    method: 'post',
    path: '/v1/run-views',
    summary: 'Save a view under a name; your own of that name is replaced',
    body: z.object({
      scope: scopeSchema,
      name: z.string().trim().min(1).max(100),
      state: z.string().max(8000),
    }),
    response: runViewSchema,
  },
  deleteRunView: {
    method: 'delete',
    path: '/v1/run-views/:id',
    summary: 'Delete a saved view of your own',
    params: z.object({ id }),
    response: z.object({ id: z.string() }),
  },
});
