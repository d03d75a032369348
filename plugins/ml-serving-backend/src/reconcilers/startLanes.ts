import type { LoggerService } from '@backstage/backend-plugin-api';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { reconcileEndpoint, type ReconcileDeps } from './reconcileEndpoint';
import { reconcileRollout } from './reconcileRollout';
import { skimEndpoints } from './skimEndpoints';

type Deps = Omit<ReconcileDeps, 'lookAgainIn' | 'nudgeRollouts'> & {
  knex: Knex;
  logger: LoggerService;
  registry: Pick<MlRegistryService, 'getModel' | 'listLedger' | 'listModels'>;
};

/**
 * The loops over endpoints and their rollouts, two for each engine.
 *
 * @remarks
 * A loop takes a few steps at a time, and a step waits for its engine. So an engine that hangs holds up its own endpoints
 * and no others. Endpoints whose engine is not installed have loops too.
 */
export function startLanes(deps: Deps): Pick<Reconciler, 'nudge' | 'stop'> {
  const ids = deps.engines.all().map(({ engine }) => engine.id);
  const lanes = [...ids, undefined].map(id =>
    startLane(
      id,
      endpoints => {
        if (id === undefined) endpoints.whereNotIn('engine', ids);
        else endpoints.where({ engine: id });
      },
      deps,
    ),
  );
  return {
    nudge: () => lanes.forEach(lane => lane.nudge()),
    async stop() {
      await Promise.all(lanes.map(lane => lane.stop()));
    },
  };
}

/** The loops of one engine; each of the two nudges the other one. */
function startLane(
  engine: string | undefined,
  narrow: (endpoints: Knex.QueryBuilder) => void,
  deps: Deps,
): Pick<Reconciler, 'nudge' | 'stop'> {
  const { clock, knex, logger, registry } = deps;
  const of = engine ?? 'no installed engine';
  const nudges = { endpoints: () => {} };
  const rollouts = startReconciler({
    name: `ml-serving rollouts of ${of}`,
    table: 'rollouts',
    knex,
    logger,
    clock,
    intervalMs: 1_000,
    only: due => {
      const endpoints = knex('endpoints').select('id');
      narrow(endpoints);
      due.whereIn('endpoint_id', endpoints);
    },
    reconcile: lease =>
      reconcileRollout(lease, {
        ...deps,
        lookAgainIn: ms => {
          setTimeout(() => rollouts.nudge(), ms).unref();
        },
        nudgeEndpoints: () => nudges.endpoints(),
      }),
  });
  const endpoints = startReconciler({
    name: `ml-serving endpoints of ${of}`,
    table: 'endpoints',
    knex,
    logger,
    clock,
    intervalMs: 1_000,
    // Fetching a large model must not outlive its lease.
    stepMs: 10 * 60_000,
    only: narrow,
    reconcile: lease =>
      reconcileEndpoint(lease, {
        ...deps,
        lookAgainIn: ms => {
          setTimeout(() => endpoints.nudge(), ms).unref();
        },
        nudgeRollouts: () => rollouts.nudge(),
      }),
    skim: {
      limit: 100,
      look: leases => skimEndpoints(leases, { ...deps, knex, registry }),
    },
  });
  nudges.endpoints = () => endpoints.nudge();
  return {
    nudge() {
      endpoints.nudge();
      rollouts.nudge();
    },
    async stop() {
      await Promise.all([endpoints.stop(), rollouts.stop()]);
    },
  };
}
