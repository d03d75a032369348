import type { Handlers } from '@downstage/node';
import type { MlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type { RunPageServices } from './create';

type Operation =
  | 'getRunTable'
  | 'listRunFields'
  | 'getMetricSeries'
  | 'listRunModels'
  | 'updateRun'
  | 'deleteRuns'
  | 'restoreRuns'
  | 'listRunViews'
  | 'saveRunView'
  | 'deleteRunView';

/** What the Runs, Run and Compare pages ask for, as service calls. */
export function runPageHandlers(
  services: RunPageServices,
): Pick<Handlers<MlRegistryContract>, Operation> {
  const { table, series, changes, views } = services;
  return {
    getRunTable: ({ query }, call) => table.page(query, call),
    listRunFields: ({ query }, call) => table.fields(query, call),
    getMetricSeries: ({ query }, call) => series.read(query, call),
    listRunModels: ({ params, query }, call) =>
      table.models({ ...params, ...query }, call),
    updateRun: ({ params, body }, call) =>
      changes.update({ ...params, ...body }, call),
    deleteRuns: ({ body }, call) =>
      changes.setLifecycle({ ...body, stage: 'deleted' }, call),
    restoreRuns: ({ body }, call) =>
      changes.setLifecycle({ ...body, stage: 'active' }, call),
    listRunViews: ({ query }, call) => views.list(query, call),
    saveRunView: ({ body }, call) => views.save(body, call),
    deleteRunView: ({ params }, call) => views.delete(params.id, call),
  };
}
