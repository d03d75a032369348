import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { collectItems, parseVersionRef, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { Knex } from 'knex';
import type { BaselineStore } from '../stores/BaselineStore';
import type { MonitorStore } from '../stores/MonitorStore';

const EVERY_MS = 30_000;

type Sweep = 'versions' | 'endpoints';

/** Looks for versions without a baseline and for endpoints without a monitor. Events only make it look sooner. */
export async function startSweeps(deps: {
  knex: Knex;
  auth: AuthService;
  registry: MlRegistryService;
  serving: MlServingService;
  baselines: BaselineStore;
  monitors: MonitorStore;
  clock: Clock;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
  /** Called when there is something new to do for the other reconcilers. */
  found: () => void;
}): Promise<Reconciler & { look(sweep: Sweep): Promise<void> }> {
  const { knex, auth, registry, serving, baselines, monitors, clock } = deps;
  const now = () => clock().toISOString();

  const sweepVersions = async () => {
    const credentials = await auth.getOwnServiceCredentials();
    let cursor: string | undefined;
    do {
      const page = await registry.listModels(
        { query: { cursor, limit: 200 } },
        { credentials },
      );
      for (const model of page.items) {
        const { namespace, name, latestVersion, ref: modelRef } = model;
        if (latestVersion === undefined) continue;
        const newest = { namespace, name, version: latestVersion };
        // Numbers only rise: with a baseline of the newest version there is nothing new.
        const isNew = await baselines.wish({
          modelRef,
          ref: newest,
          at: now(),
        });
        if (!isNew) continue;
        const { items } = await registry.listModelVersions(
          { params: { namespace, name } },
          { credentials },
        );
        for (const version of items) {
          const ref = parseVersionRef(version.ref);
          await baselines.wish({ modelRef, ref, at: now() });
        }
        deps.found();
      }
      cursor = page.nextCursor;
    } while (cursor);
  };

  const sweepEndpoints = async () => {
    const credentials = await auth.getOwnServiceCredentials();
    const items = await collectItems(cursor =>
      serving.listEndpoints({ query: { cursor, limit: 500 } }, { credentials }),
    );
    const wanted = items.map(({ modelRef, namespace, name, ...endpoint }) => ({
      modelRef,
      namespace,
      name,
      owner: endpoint.owner,
      version: endpoint.variants.find(
        variant => variant.variant === 'champion' && variant.state === 'ready',
      )?.version,
    }));
    const served = new Set(wanted.map(endpoint => endpoint.modelRef));
    const gone = (await monitors.list())
      .filter(monitor => !served.has(monitor.ref))
      .map(({ ref: modelRef, namespace, name, owner }) => ({
        modelRef,
        namespace,
        name,
        owner,
        version: undefined,
      }));
    for (const endpoint of [...wanted, ...gone]) {
      if (await monitors.follow(endpoint, { at: now() })) {
        await deps.announce({ ref: endpoint.modelRef });
        deps.found();
      }
    }
  };

  const sweeps: Record<Sweep, () => Promise<void>> = {
    versions: sweepVersions,
    endpoints: sweepEndpoints,
  };
  for (const id of ['versions', 'endpoints']) {
    await knex('sweeps')
      .insert({ id, next_reconcile_at: now() })
      .onConflict('id')
      .ignore();
  }
  const reconciler = startReconciler({
    name: 'ml-monitoring sweep',
    table: 'sweeps',
    knex,
    logger: deps.logger,
    clock,
    retryMs: 15_000,
    reconcile: async lease => {
      await (lease.id === 'versions' ? sweeps.versions : sweeps.endpoints)();
      return {
        next_reconcile_at: new Date(clock().getTime() + EVERY_MS).toISOString(),
      };
    },
  });
  return {
    ...reconciler,
    async look(sweep) {
      await knex('sweeps')
        .where({ id: sweep })
        .update({ next_reconcile_at: now(), ticket: null });
      reconciler.nudge();
    },
  };
}
