import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import type { ModelReads } from '../access/ModelReads';
import type { RunReads } from '../access/RunReads';
import type { ArtifactService } from '../artifacts/ArtifactService';
import type { RunLogService } from '../tracking/RunLogService';
import type { RunService } from '../tracking/RunService';
import type { TrackingStores } from '../tracking/trackingDeps';
import { MetricSeriesService } from './MetricSeriesService';
import { MetricSeriesStore } from './MetricSeriesStore';
import { RunChangeService } from './RunChangeService';
import { RunModelStore } from './RunModelStore';
import { RunQueryService } from './RunQueryService';
import { RunTableService } from './RunTableService';
import { RunTableStore } from './RunTableStore';
import { RunViewService } from './RunViewService';
import { RunViewStore } from './RunViewStore';

/** The services behind the Runs, Run and Compare pages. */
export type RunPageServices = Omit<
  ReturnType<typeof createRunPageServices>,
  'runs'
>;

export function createRunPageServices(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  modelReads: ModelReads;
  tracking: {
    runReads: RunReads;
    runs: RunService;
    log: RunLogService;
    artifacts: ArtifactService;
  };
  stores: Pick<TrackingStores, 'experiments' | 'runs'>;
  clock: Clock;
  newId: NewId;
}) {
  const { knex, tracking, stores } = options;
  const shared = { ...options, ...stores, reads: tracking.runReads };
  const queries = new RunQueryService({
    ...shared,
    artifacts: tracking.artifacts,
  });
  return {
    runs: queries,
    table: new RunTableService({
      ...shared,
      table: new RunTableStore(knex),
      models: new RunModelStore(knex),
    }),
    series: new MetricSeriesService({
      ...shared,
      series: new MetricSeriesStore(knex),
    }),
    changes: new RunChangeService({
      ...options,
      runs: tracking.runs,
      log: tracking.log,
      queries,
    }),
    views: new RunViewService({
      ...shared,
      runViews: new RunViewStore(knex),
    }),
  };
}
