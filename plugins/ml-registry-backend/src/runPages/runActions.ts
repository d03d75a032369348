import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { callerOf, pageInput } from '@downstage/node';
import type { RunPageServices } from './create';

/** `list-runs`, `get-metric-series`, `update-run`, `delete-runs` and `restore-runs`. */
export function registerRunActions(deps: {
  actions: ActionsRegistryService;
  runPages: RunPageServices;
}) {
  const { actions, runPages } = deps;

  actions.register({
    name: 'list-runs',
    title: 'List runs',
    description:
      "Lists training runs with the metrics, params and tags asked for. `filter` is MLflow's search language, as in " +
      "metrics.auc > 0.9 and params.C = '1.0'; `sort` is started, name, status, duration, user, experiment, job, or a column.",
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          experimentIds: z
            .array(z.string())
            .default([])
            .describe('Only of these experiments; all unless given'),
          filter: z
            .string()
            .optional()
            .describe('In the search language of MLflow'),
          columns: z
            .array(z.string().regex(/^(metrics|params|tags)\../))
            .default([])
            .describe('As metrics.auc, params.lr or tags.team'),
          sort: z
            .string()
            .default('started')
            .describe(
              'started, name, status, duration, user, experiment, job, or a column',
            ),
          direction: z
            .enum(['asc', 'desc'])
            .default('desc')
            .describe('Rising or falling'),
          deleted: z
            .boolean()
            .default(false)
            .describe('Deleted runs instead of the others'),
          ...pageInput(z),
        }),
      output: z =>
        z.object({
          runs: z.array(
            z.object({
              runId: z.string(),
              name: z.string(),
              status: z.string(),
              experimentId: z.string(),
              startedAt: z.string(),
              values: z.record(z.union([z.string(), z.number(), z.null()])),
            }),
          ),
          total: z.number().optional(),
          nextCursor: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { experimentIds, columns, ...rest } = input;
      const page = await runPages.table.page(
        { ...rest, experimentId: experimentIds, column: columns, runId: [] },
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          runs: page.runIds.map((runId, index) => ({
            runId,
            name: page.names[index],
            status: page.statuses[index],
            experimentId: page.experimentIds[index],
            startedAt: new Date(page.startTimes[index]).toISOString(),
            values: Object.fromEntries(
              Object.entries(page.columns).map(([column, values]) => [
                column,
                values[index],
              ]),
            ),
          })),
          total: page.total,
          nextCursor: page.nextCursor,
        },
      };
    },
  });

  actions.register({
    name: 'get-metric-series',
    title: 'Get metric series',
    description:
      'Reads how metrics of runs developed, made coarser to the number of points asked for without losing peaks.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z =>
        z.object({
          runIds: z.array(z.string()).min(1).max(20).describe('Ids of runs'),
          keys: z.array(z.string()).min(1).max(20).describe('Names of metrics'),
          axis: z
            .enum(['step', 'time', 'relative'])
            .default('step')
            .describe(
              'What x is: the step, the time, or seconds since the run began',
            ),
          points: z
            .number()
            .int()
            .min(6)
            .max(500)
            .default(60)
            .describe('At most so many points a curve; peaks are kept'),
        }),
      output: z =>
        z.object({
          series: z.array(
            z.object({
              runId: z.string(),
              key: z.string(),
              x: z.array(z.number()),
              values: z.array(z.number()),
              total: z.number(),
              notNumbers: z.number(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { runIds, keys, ...rest } = input;
      const output = await runPages.series.read(
        { ...rest, runId: runIds, key: keys },
        { caller: callerOf(credentials) },
      );
      return { output };
    },
  });

  actions.register({
    name: 'update-run',
    title: 'Update run',
    description:
      'Renames a run, or replaces its note, which is Markdown that everybody sees. Fields that are left out stay as they are.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          runId: z.string().describe('Id of the run'),
          name: z.string().min(1).max(250).optional().describe('Its new name'),
          note: z
            .string()
            .max(8000)
            .optional()
            .describe('Its note, in Markdown'),
        }),
      output: z => z.object({ runId: z.string(), name: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const run = await runPages.changes.update(input, {
        caller: callerOf(credentials),
      });
      return { output: { runId: run.runId, name: run.name } };
    },
  });

  for (const stage of ['deleted', 'active'] as const) {
    const isDelete = stage === 'deleted';
    actions.register({
      name: isDelete ? 'delete-runs' : 'restore-runs',
      title: isDelete ? 'Delete runs' : 'Restore runs',
      description: isDelete
        ? 'Deletes runs. They keep their data and can be brought back with restore-runs. Ask the person before using this.'
        : 'Brings deleted runs back as they were, with params, metrics, tags and files, unless they were collected as garbage.',
      attributes: {
        readOnly: false,
        destructive: isDelete,
        idempotent: true,
      },
      schema: {
        input: z =>
          z.object({
            runIds: z
              .array(z.string())
              .min(1)
              .max(1000)
              .describe('Ids of runs'),
          }),
        output: z => z.object({ runIds: z.array(z.string()) }),
      },
      action: async ({ input, credentials }) => ({
        output: await runPages.changes.setLifecycle(
          { ...input, stage },
          { caller: callerOf(credentials) },
        ),
      }),
    });
  }
}
