import type { Run, RunTablePage } from '@downstage/plugin-ml-registry-common';
import { NotFoundError } from '@backstage/errors';
import type { MlRegistryApi } from '../shared/api';

/** What the runs, run and compare pages ask of a registry in memory. Orders and filters are the server's; here all runs match. */
export function fakeRunPages(
  runs: readonly Run[],
): Pick<
  MlRegistryApi,
  | 'getRunTable'
  | 'listRunFields'
  | 'getMetricSeries'
  | 'listRunModels'
  | 'updateRun'
  | 'deleteRuns'
  | 'restoreRuns'
  | 'listRunViews'
  | 'saveRunView'
  | 'deleteRunView'
> {
  return {
    getRunTable: async ({ query }) => ({
      ...aTablePage(
        query.startedAfter ? [] : runs,
        [query.column ?? []].flat(),
      ),
      total: runs.length,
    }),
    listRunFields: async () => ({
      metrics: namesOf(runs.map(run => run.metrics)),
      params: namesOf(runs.map(run => run.params)),
      tags: namesOf(runs.map(run => run.tags)),
    }),
    getMetricSeries: async ({ query }) => ({
      series: [query.runId ?? []].flat().flatMap(runId =>
        [query.key ?? []].flat().map(key => ({
          runId: String(runId),
          key: String(key),
          ...curve(String(key)),
          notNumbers: 0,
        })),
      ),
    }),
    listRunModels: async () => ({ items: [] }),
    updateRun: async ({ params, body }) => {
      const run = runs.find(({ runId }) => runId === params.runId);
      if (!run) throw new NotFoundError(`There is no run '${params.runId}'`);
      return {
        ...run,
        name: body.name ?? run.name,
        tags: {
          ...run.tags,
          ...(body.note !== undefined && { 'mlflow.note.content': body.note }),
        },
      };
    },
    deleteRuns: async ({ body }) => body,
    restoreRuns: async ({ body }) => body,
    listRunViews: async () => ({ items: [] }),
    saveRunView: async ({ body }) => ({
      id: 'view1',
      createdBy: 'user:default/ann',
      updatedAt: '2026-11-20T09:00:00.000Z',
      ...body,
    }),
    deleteRunView: async ({ params }) => params,
  };
}

/** Runs as the server lays them out, column by column. */
export function aTablePage(
  runs: readonly Run[],
  columns: readonly unknown[] = [],
): RunTablePage {
  const valueOf = (run: Run, column: string) => {
    const dot = column.indexOf('.');
    const kind = kindOf(column.slice(0, dot));
    const name = column.slice(dot + 1);
    const { metrics, params, tags } = run;
    const values = { metrics, params, tags }[kind];
    return values[name] ?? null;
  };
  return {
    runIds: runs.map(run => run.runId),
    names: runs.map(run => run.name),
    statuses: runs.map(run => run.status),
    experimentIds: runs.map(run => run.experimentId),
    experimentNames: Object.fromEntries(
      runs.map(run => [run.experimentId, run.experimentName]),
    ),
    userIds: runs.map(run => run.userId),
    startTimes: runs.map(run => Date.parse(run.startTime)),
    endTimes: runs.map(run => (run.endTime ? Date.parse(run.endTime) : null)),
    parentRunIds: runs.map(run => run.tags['mlflow.parentRunId'] ?? null),
    jobIds: runs.map(run => run.jobId ?? null),
    datasets: runs.map(() => null),
    deleted: runs.map(() => false),
    columns: Object.fromEntries(
      columns.map(column => [
        String(column),
        runs.map(run => valueOf(run, String(column))),
      ]),
    ),
  };
}

function kindOf(word: string): 'metrics' | 'params' | 'tags' {
  if (word === 'metrics' || word === 'params') return word;
  return 'tags';
}

function namesOf(records: Record<string, unknown>[]): string[] {
  return [...new Set(records.flatMap(record => Object.keys(record)))].sort();
}

/** The loss falls over twenty points; other metrics have one. */
function curve(key: string) {
  const length = key.includes('loss') ? 20 : 1;
  const x = Array.from({ length }, (_, step) => step);
  return { x, values: x.map(step => Math.exp(-step / 8)), total: length };
}
