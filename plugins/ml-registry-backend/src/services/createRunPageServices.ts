import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import { ExperimentStore } from '../stores/ExperimentStore';
import { MetricSeriesStore } from '../stores/MetricSeriesStore';
import { RunModelStore } from '../stores/RunModelStore';
import { RunStore } from '../stores/RunStore';
import { RunTableStore } from '../stores/RunTableStore';
import { RunViewStore } from '../stores/RunViewStore';
import type { TrackingServices } from './createTrackingServices';
import { MetricSeriesService } from './MetricSeriesService';
import { RunChangeService } from './RunChangeService';
import type { RunQueryService } from './RunQueryService';
import { RunTableService } from './RunTableService';
import { RunViewService } from './RunViewService';

/** The services behind the Runs, Run and Compare pages. */
export type RunPageServices = ReturnType<typeof createRunPageServices>;

export function createRunPageServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  tracking: TrackingServices;
  runs: RunQueryService;
  clock: Clock;
  newId: NewId;
}) {
  const { knex, tracking } = options;
  const runs = new RunStore(knex);
  return {
    table: new RunTableService({
      ...options,
      runs,
      experiments: new ExperimentStore(knex),
      table: new RunTableStore(knex),
      models: new RunModelStore(knex),
    }),
    series: new MetricSeriesService({
      ...options,
      runs,
      series: new MetricSeriesStore(knex),
    }),
    changes: new RunChangeService({
      ...options,
      runs: tracking.runs,
      log: tracking.log,
      queries: options.runs,
    }),
    views: new RunViewService({
      ...options,
      runViews: new RunViewStore(knex),
    }),
  };
}
