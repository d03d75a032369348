import type { AuthService, LoggerService } from '@backstage/backend-plugin-api';
import { isError } from '@backstage/errors';
import { formatVersionRef, type Clock } from '@downstage/common';
import { startReconciler, type Reconciler } from '@downstage/node';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { LabelStore } from '../labels/LabelStore';
import type { BaselineStore } from '../stores/BaselineStore';
import type { MonitorRecord, MonitorStore } from '../stores/MonitorStore';

/** Events name what changed; rounds are for those that were lost. So long after one the next begins. */
const EVERY_MS = 120_000;
/** At most ten endpoints are looked at in a second, however many there are: 5,000 once in ten minutes. */
const PER_ENDPOINT_MS = 100;
/** Between the parts of a round: with 5,000 endpoints it takes some minutes and costs next to nothing. */
const PART_MS = 2_000;
/** Endpoints or monitors of one part. */
const PART = 100;
/** Their refs are in one address. */
const ASKED_AT_ONCE = 20;

/** Labels that one statement removes, and how often is looked for old ones. */
const LABELS_AT_ONCE = 1_000;
const LABELS_EVERY_MS = 3_600_000;
const DAY_MS = 86_400_000;

/** Where a round goes on: among the endpoints, then among the monitors where one is left of an endpoint that is gone. */
const positionSchema = z.union([
  z.object({
    endpoints: z.string(),
    /** How many endpoints of the parts before have a monitor that watches. An earlier release did not count. */
    watched: z.number().default(0),
  }),
  z.object({ monitors: z.string() }),
]);
type Position = z.infer<typeof positionSchema>;

/** What was there before the look: most endpoints are as they were, and cost no statement of their own. */
type Known = {
  /** Refs of versions. */
  baselines: Set<string>;
  /** By the ref of the model. */
  monitors: Map<string, MonitorRecord>;
};

/**
 * Gives every endpoint its monitor, and every version that is served its baseline. Removes labels that are too old.
 *
 * @remarks
 * An event has one endpoint looked at. All of them are looked at in turn, a part at a time, in case an event was lost.
 * A version that nobody serves gets no baseline: there is nothing to compare with it.
 */
export async function startSweeps(deps: {
  knex: Knex;
  auth: AuthService;
  serving: MlServingService;
  baselines: BaselineStore;
  monitors: MonitorStore;
  labels: LabelStore;
  /** Labels that were received longer ago are removed. */
  labelDays: number;
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

  /** Answers whether its monitor watches a version now. */
  const lookAt = async (endpoint: Endpoint, known: Known): Promise<boolean> => {
    const { modelRef, namespace, name, owner, variants } = endpoint;
    for (const version of new Set(variants.map(item => item.version))) {
      const ref = { namespace, name, version };
      if (known.baselines.has(formatVersionRef(ref))) continue;
      if (await baselines.request({ modelRef, ref, at: now() })) deps.found();
    }
    const answers = variants.find(
      ({ variant, state }) => variant === 'champion' && state === 'ready',
    )?.version;
    // While a gateway starts, nothing answers; what is in production is watched on. Only an endpoint that waits for a
    // version has none: else each restart would end all alarms, read the whole log again and tell the owners once more.
    const monitor = known.monitors.get(modelRef);
    const version =
      answers ?? (endpoint.state === 'waiting' ? undefined : monitor?.version);
    if (!monitor || monitor.version !== version || monitor.owner !== owner) {
      await follow({ modelRef, namespace, name, owner, version });
    }
    return version !== undefined;
  };

  /** What is known of these endpoints, by two statements for any number of them. */
  const knownOf = async (endpoints: Endpoint[]): Promise<Known> => {
    const refs = endpoints.map(({ modelRef }) => modelRef);
    const versions = endpoints.flatMap(({ namespace, name, variants }) =>
      variants.map(({ version }) =>
        formatVersionRef({ namespace, name, version }),
      ),
    );
    return {
      baselines: await baselines.among(versions),
      monitors: await monitors.getMany(refs),
    };
  };

  /** Those of these models that have an endpoint. */
  const servedOf = async (refs: string[]): Promise<Set<string>> => {
    const credentials = await auth.getOwnServiceCredentials();
    const served = new Set<string>();
    for (let at = 0; at < refs.length; at += ASKED_AT_ONCE) {
      const model = refs.slice(at, at + ASKED_AT_ONCE);
      const { items } = await serving.listEndpoints(
        { query: { model, limit: ASKED_AT_ONCE } },
        { credentials },
      );
      for (const { modelRef } of items) served.add(modelRef);
    }
    return served;
  };

  const lookAtEndpoints = async (cursor: string | undefined) => {
    const credentials = await auth.getOwnServiceCredentials();
    const page = await serving.listEndpoints(
      { query: { cursor, limit: PART } },
      { credentials },
    );
    const known = await knownOf(page.items);
    let watched = 0;
    for (const endpoint of page.items) {
      if (await lookAt(endpoint, known)) watched += 1;
    }
    return { next: page.nextCursor, watched };
  };

  /** Monitors whose endpoint is gone. Answers the last one looked at while there are more. */
  const lookAtMonitors = async (after: string): Promise<string | undefined> => {
    const found = await monitors.watching({ after, limit: PART });
    const served = await servedOf(found.map(({ ref }) => ref));
    for (const monitor of found) {
      if (served.has(monitor.ref)) continue;
      const { ref: modelRef, namespace, name, owner } = monitor;
      await follow({ modelRef, namespace, name, owner, version: undefined });
    }
    return found.length < PART ? undefined : found.at(-1)?.ref;
  };

  /** One part of a round: where it goes on, or how many monitors watch at its end. A small round has one part. */
  const sweep = async (
    from?: Position,
  ): Promise<{ next: Position } | { watching: number }> => {
    let after = '';
    if (from && 'monitors' in from) {
      after = from.monitors;
    } else {
      const { next, ...part } = await lookAtEndpoints(from?.endpoints);
      const watched = (from?.watched ?? 0) + part.watched;
      if (next) return { next: { endpoints: next, watched } };
      const watching = await monitors.countWatching();
      // Each of them belongs to an endpoint that was found: none is left of one that is gone.
      if (watching === watched) return { watching };
    }
    const last = await lookAtMonitors(after);
    return last
      ? { next: { monitors: last } }
      : { watching: await monitors.countWatching() };
  };

  /** A part of the labels that are too old. Answers when to look again. */
  const removeLabels = async (): Promise<string> => {
    const { labels, labelDays } = deps;
    const before = new Date(clock().getTime() - labelDays * DAY_MS);
    const removed = await labels.prune(before.toISOString(), LABELS_AT_ONCE);
    const pauseMs = removed < LABELS_AT_ONCE ? LABELS_EVERY_MS : PART_MS;
    return new Date(clock().getTime() + pauseMs).toISOString();
  };

  await knex('sweeps')
    .insert(
      ['endpoints', 'labels'].map(id => ({ id, next_reconcile_at: now() })),
    )
    .onConflict('id')
    .ignore();
  // A replica of an earlier release does not know this sweep, and ends it.
  await knex('sweeps')
    .where({ id: 'labels' })
    .whereNull('next_reconcile_at')
    .update({ next_reconcile_at: now() });
  const reconciler = startReconciler({
    name: 'ml-monitoring sweep',
    table: 'sweeps',
    knex,
    logger: deps.logger,
    clock,
    stepMs: 10 * 60_000,
    retryMs: 15_000,
    reconcile: async lease => {
      if (lease.id === 'labels') {
        return { next_reconcile_at: await removeLabels() };
      }
      // Earlier releases swept versions too.
      if (lease.id !== 'endpoints') return { next_reconcile_at: null };
      const row: { position: string | null } | undefined = await knex('sweeps')
        .where({ id: lease.id })
        .first('position');
      const done = await sweep(readPosition(row?.position)).catch(
        async error => {
          // The cursor is another domain's, and a newer release of it may not know it.
          if (isError(error) && error.name === 'InputError') {
            await knex('sweeps')
              .where({ id: lease.id })
              .update({ position: null });
          }
          throw error;
        },
      );
      const pauseMs =
        'next' in done
          ? PART_MS
          : Math.max(EVERY_MS, done.watching * PER_ENDPOINT_MS);
      return {
        position: 'next' in done ? JSON.stringify(done.next) : null,
        next_reconcile_at: new Date(clock().getTime() + pauseMs).toISOString(),
      };
    },
  });
  return {
    ...reconciler,
    async look(path) {
      const credentials = await auth.getOwnServiceCredentials();
      try {
        const endpoint = await serving.getEndpoint(
          { params: path },
          { credentials },
        );
        await lookAt(endpoint, await knownOf([endpoint]));
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

/** A place that cannot be read begins the round again. */
function readPosition(text: string | null | undefined): Position | undefined {
  return text ? positionSchema.safeParse(JSON.parse(text)).data : undefined;
}

/** The service answers with an error of its own that carries the other's name. */
function isNotFound(error: Error & { cause?: unknown }): boolean {
  const { cause } = error;
  return (
    error.name === 'NotFoundError' ||
    (isError(cause) && cause.name === 'NotFoundError')
  );
}
