import type { Knex } from 'knex';
import { ExperimentService } from './ExperimentService';
import { LoggedModelService } from './LoggedModelService';
import { MetricHistoryService } from './MetricHistoryService';
import { RunLogService } from './RunLogService';
import { RunService } from './RunService';
import { ExperimentStore } from './stores/ExperimentStore';
import { LoggedModelStore } from './stores/LoggedModelStore';
import { MetricHistoryStore } from './stores/MetricHistoryStore';
import { RunDataStore } from './stores/RunDataStore';
import { RunStore } from './stores/RunStore';
import type { TrackingDeps, TrackingStores } from './trackingDeps';

export function createTrackingStores(knex: Knex): TrackingStores {
  return {
    experiments: new ExperimentStore(knex),
    runs: new RunStore(knex),
    runData: new RunDataStore(),
    loggedModels: new LoggedModelStore(knex),
  };
}

/** Experiments, runs and logged models, put together. */
export function createTracking(
  deps: TrackingDeps & {
    /** The owner of `model:default/<name>` in the catalog, when there is such an entity. */
    entityOwner: (name: string) => Promise<string | undefined>;
  },
) {
  const runs = new RunService(deps);
  const loggedModels = new LoggedModelService(deps);
  return {
    experiments: new ExperimentService(deps),
    runs,
    loggedModels,
    log: new RunLogService({
      ...deps,
      runService: runs,
      loggedModelService: loggedModels,
    }),
    histories: new MetricHistoryService({
      ...deps,
      histories: new MetricHistoryStore(deps.knex),
    }),
  };
}
