import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import { collectItems, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { Knex } from 'knex';
import type { BaselineStore } from '../stores/BaselineStore';
import type { MonitorStore } from '../stores/MonitorStore';

/** Events name what changed; this is for those that were lost. */
const EVERY_MS = 120_000;

/**
 * Gives every endpoint its monitor, and every version that is served its baseline.
 *
 * @remarks
 * An event has one endpoint looked at. All of them are looked at slowly, in case an event was lost. A version that
 * nobody serves gets no baseline: there is nothing to compare with it.
 */
export async function startSweeps(deps: {
  knex: Knex;
  auth: AuthService;
  serving: MlServingService;
  baselines: BaselineStore;
  monitors: MonitorStore;
  clock: Clock;
  logger: LoggerService;
  announce: (event: { ref: string }) => Promise<void>;
  /** Called when there is something new to do for the other reconcilers. */
  found: () => void;
}): Promise<
  Reconciler & {
    look(endpoint: { namespace: string; name: string }): Promise<void>;
  }
> {
  const { knex, auth, serving, baselines, monitors, clock } = deps;
  const now = () => clock().toISOString();

  const follow = async (watched: Parameters<MonitorStore['follow']>[0]) => {
    if (await monitors.follow(watched, { at: now() })) {
      await deps.announce({ ref: watched.modelRef });
      deps.found();
    }
  };

  const lookAt = async (endpoint: Endpoint) => {
    const { modelRef, namespace, name, owner, variants } = endpoint;
    for (const version of new Set(variants.map(item => item.version))) {
      const ref = { namespace, name, version };
      if (await baselines.wish({ modelRef, ref, at: now() })) deps.found();
    }
    const version = variants.find(
      ({ variant, state }) => variant === 'champion' && state === 'ready',
    )?.version;
    await follow({ modelRef, namespace, name, owner, version });
  };

  const sweep = async () => {
    const credentials = await auth.getOwnServiceCredentials();
    const items = await collectItems(
      cursor =>
        serving.listEndpoints(
          { query: { cursor, limit: 500 } },
          { credentials },
        ),
      Infinity,
    );
    const served = new Set(items.map(({ modelRef }) => modelRef));
    for (const endpoint of items) await lookAt(endpoint);
    for (const monitor of await monitors.watching()) {
      if (served.has(monitor.ref)) continue;
      const { ref: modelRef, namespace, name, owner } = monitor;
      await follow({ modelRef, namespace, name, owner, version: undefined });
    }
  };

  await knex('sweeps')
    .insert({ id: 'endpoints', next_reconcile_at: now() })
    .onConflict('id')
    .ignore();
  const reconciler = startReconciler({
    name: 'ml-monitoring sweep',
    table: 'sweeps',
    knex,
    logger: deps.logger,
    clock,
    leaseMs: 10 * 60_000,
    retryMs: 15_000,
    reconcile: async lease => {
      // Earlier releases swept versions too.
      if (lease.id !== 'endpoints') return { next_reconcile_at: null };
      await sweep();
      return {
        next_reconcile_at: new Date(clock().getTime() + EVERY_MS).toISOString(),
      };
    },
  });
  return {
    ...reconciler,
    async look(path) {
      const credentials = await auth.getOwnServiceCredentials();
      try {
        await lookAt(
          await serving.getEndpoint({ params: path }, { credentials }),
        );
      } catch (error) {
        if (!isError(error) || !isNotFound(error)) throw error;
        const monitor = await monitors.find(path);
        if (monitor) {
          const { ref: modelRef, owner } = monitor;
          await follow({ modelRef, ...path, owner, version: undefined });
        }
      }
    },
  };
}

/** The service answers with an error of its own that carries the other's name. */
function isNotFound(error: Error & { cause?: unknown }): boolean {
  const { cause } = error;
  return (
    error.name === 'NotFoundError' ||
    (isError(cause) && cause.name === 'NotFoundError')
  );
}
