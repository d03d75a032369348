import type {
  DriftStatus,
  Window,
} from '@downstage/plugin-ml-monitoring-common';
import { driftStatusSchema } from '@downstage/plugin-ml-monitoring-common';
import { ConflictError, NotFoundError } from '@backstage/errors';
import { dueFrom, whereFacts, type FactCriteria } from '@downstage/node';
import type { Knex } from 'knex';
import { z } from 'zod';
import { DRIFT } from '../detectors/driftDetector';
import type { Episode, EpisodePlan } from '../domain/episode';
import { hasVerdict } from '../domain/hasVerdict';
import type { EpisodeStore } from './EpisodeStore';
import type { WindowStore } from './WindowStore';

const rowSchema = z.object({
  id: z.string(),
  model_ref: z.string(),
  kind: z.string(),
  monitor_name: z.string(),
  settings: z
    .string()
    .transform(text =>
      z.record(z.string(), z.unknown()).parse(JSON.parse(text)),
    ),
  namespace: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  version: z.number().nullable(),
  status: driftStatusSchema,
  message: z.string(),
  covered_until: z.string().nullable(),
  closed_at: z.string().nullable(),
  labels_since: z.string().nullable(),
  latest_window_id: z.string().nullable(),
  open_episode_id: z.string().nullable(),
  revision: z.number(),
});

/** A monitor as it is stored. */
export type MonitorRecord = {
  /** Of the drift monitor that every served model has, the ref of the model. */
  id: string;
  /** The ref of the model. */
  ref: string;
  namespace: string;
  name: string;
  kind: string;
  /** Tells monitors of one kind apart. */
  monitorName: string;
  /** As they were sent; what is not set follows the configuration. */
  settings: Record<string, unknown>;
  owner?: string;
  version?: number;
  status: DriftStatus;
  message: string;
  coveredUntil?: string;
  closedAt?: string;
  /** Labels that were received before belong to windows that are closed, or to a version before. */
  labelsSince?: string;
  latestWindowId?: string;
  openEpisodeId?: string;
  revision: number;
};

/** Which monitor of a model. */
export type MonitorPath = {
  modelRef: string;
  kind: string;
  monitorName: string;
};

/** What an endpoint says about a model, as far as a monitor cares. */
export type WatchedEndpoint = {
  modelRef: string;
  namespace: string;
  name: string;
  owner?: string;
  version?: number;
};

/** Those that need a look come first. */
const severities: Record<DriftStatus, number> = {
  drift: 0,
  warning: 1,
  unknown: 2,
  insufficient_data: 2,
  no_data: 3,
  ok: 4,
};
const severitySql = `(CASE status ${Object.entries(severities)
  .map(([status, at]) => `WHEN '${status}' THEN ${at}`)
  .join(' ')} END)`;

/** The monitor that a model has by being served. */
const byDefault = { kind: DRIFT, monitor_name: 'default' };

/** How many monitors a model may have: each reads the log for itself. */
const MOST_OF_A_MODEL = 20;

/** How the message begins while nobody can judge a monitor with an open episode. */
const ALARM_STAYS = 'An alarm of before stays.';

/** Where SQL finds what a permission policy asks about; `factsOf` says the same of one monitor. */
const factColumns = {
  owner: 'owner',
  namespace: 'namespace',
  model: 'model_ref',
};

/** The place of a monitor in the list. */
export function severityOf(status: DriftStatus): number {
  return severities[status];
}

/** Monitors, and the one transaction in which a window is closed. */
export class MonitorStore {
  readonly #knex: Knex;
  readonly #windows: WindowStore;
  readonly #episodes: EpisodeStore;

  constructor(options: {
    knex: Knex;
    windows: WindowStore;
    episodes: EpisodeStore;
  }) {
    this.#knex = options.knex;
    this.#windows = options.windows;
    this.#episodes = options.episodes;
  }

  /** A page of monitors, those that need a look first, then by id. Without kinds, those that models have by being served. */
  async list(question: {
    statuses?: DriftStatus[];
    refs?: string[];
    kinds?: string[] | 'all';
    after?: { severity: number; ref: string };
    limit: number;
    criteria?: FactCriteria;
  }): Promise<MonitorRecord[]> {
    const { statuses, refs, kinds, after, limit, criteria } = question;
    const query = this.#named().orderByRaw(`${severitySql}, id`).limit(limit);
    if (statuses) query.whereIn('status', statuses);
    if (refs) query.whereIn('model_ref', refs);
    if (kinds === undefined) query.where(byDefault);
    else if (kinds !== 'all') query.whereIn('kind', kinds);
    if (after) {
      query.whereRaw(
        `(${severitySql} > ? OR (${severitySql} = ? AND id > ?))`,
        [after.severity, after.severity, after.ref],
      );
    }
    return (await whereFacts(query, criteria, factColumns)).map(toRecord);
  }

  /** How many models there are of each status. */
  async count(
    criteria?: FactCriteria,
  ): Promise<Partial<Record<DriftStatus, number>>> {
    const query = this.#named()
      .where(byDefault)
      .select('status')
      .count({ count: '*' })
      .groupBy('status');
    const rows: { status: DriftStatus; count: number | string }[] =
      await whereFacts(query, criteria, factColumns);
    return Object.fromEntries(
      rows.map(({ status, count }) => [status, Number(count)]),
    );
  }

  /** The status of every monitor, for a caller who may not see all that {@link MonitorStore.count} counts. */
  async statuses(
    criteria?: FactCriteria,
  ): Promise<{ ref: string; status: DriftStatus }[]> {
    const query = this.#named()
      .where(byDefault)
      .select({ ref: 'model_ref' }, 'status');
    return whereFacts(query, criteria, factColumns);
  }

  /** Monitors of models of which a version is served, as far as is known: some of them, by ref, from behind `after`. */
  async watching(page: {
    after: string;
    limit: number;
  }): Promise<MonitorRecord[]> {
    const rows = await this.#knex('monitors')
      .where(byDefault)
      .whereNotNull('version')
      .where('id', '>', page.after)
      .orderBy('id')
      .limit(page.limit);
    return rows.map(toRecord);
  }

  /** How many monitors watch a version: of one kind, or those that models have by being served. */
  async countWatching(kind?: string): Promise<number> {
    const [{ count }]: { count: number | string }[] = await this.#knex(
      'monitors',
    )
      .where(kind === undefined ? byDefault : { kind })
      .whereNotNull('version')
      .count({ count: '*' });
    return Number(count);
  }

  /**
   * Monitors that say which model they watch. An earlier release wrote rows that do not, and they must not fail a list.
   * {@link MonitorStore.follow} completes them.
   */
  #named(): Knex.QueryBuilder {
    return this.#knex('monitors').whereNot({ model_ref: '' });
  }

  async find(path: {
    namespace: string;
    name: string;
  }): Promise<MonitorRecord | undefined> {
    const row = await this.#knex('monitors')
      .where({ namespace: path.namespace, name: path.name, ...byDefault })
      .first();
    return row && toRecord(row);
  }

  /** The monitors that these models have by being served, by the ref of the model. */
  async getMany(refs: string[]): Promise<Map<string, MonitorRecord>> {
    if (!refs.length) return new Map();
    // One without the ref of its model counts as absent, so that `follow` is asked for it.
    const rows: unknown[] = await this.#named().whereIn('id', refs);
    return new Map(rows.map(toRecord).map(monitor => [monitor.ref, monitor]));
  }

  async get(id: string): Promise<MonitorRecord | undefined> {
    const row = await this.#knex('monitors').where({ id }).first();
    return row && toRecord(row);
  }

  async findOne(path: MonitorPath): Promise<MonitorRecord | undefined> {
    const row = await this.#knex('monitors').where(rowOf(path)).first();
    return row && toRecord(row);
  }

  /**
   * Sets up a monitor beside the one that the model has, or changes the settings of one.
   *
   * @remarks
   * It watches what the model's first monitor watches. That row is locked meanwhile, so that a version which is
   * promoted now is followed by both.
   *
   * @throws NotFoundError when the model is not watched, ConflictError when it has too many monitors
   */
  async save(
    path: MonitorPath,
    options: { settings: Record<string, unknown>; at: string },
  ): Promise<{ monitor: MonitorRecord; isNew: boolean }> {
    const { modelRef, kind, monitorName } = path;
    const { at } = options;
    const settings = JSON.stringify(options.settings);
    return this.#knex.transaction(async tx => {
      const first = await this.#lockFirst(tx, modelRef);
      if (!first) {
        throw new NotFoundError(
          `${modelRef} is not watched; a monitor comes with the endpoint of a model`,
        );
      }
      const changed = await tx('monitors')
        .where(rowOf(path))
        .update({ settings, ...dueFrom(at) });
      if (!changed) {
        const [{ count }] = await tx('monitors')
          .where({ model_ref: modelRef })
          .count({ count: '*' });
        if (Number(count) >= MOST_OF_A_MODEL) {
          throw new ConflictError(
            `${modelRef} has ${count} monitors, which is as many as a model may have; delete one first`,
          );
        }
        await tx('monitors').insert({
          // Names of models and kinds have no slash in them.
          id: `${modelRef}/${kind}/${monitorName}`,
          ...rowOf(path),
          namespace: first.namespace,
          name: first.name,
          owner: first.owner ?? null,
          version: first.version ?? null,
          status: 'no_data',
          message: noWindowOf(first.version),
          settings,
          revision: 0,
          created_at: at,
          next_reconcile_at: at,
        });
      }
      const row = await tx('monitors').where(rowOf(path)).first();
      return { monitor: toRecord(row), isNew: !changed };
    });
  }

  /** Removes a monitor with its windows and episodes. Never the one that a model has by being served. */
  async remove(id: string): Promise<void> {
    await this.#knex.transaction(async tx => {
      await tx('monitors').where({ id }).delete();
      await tx('windows').where({ monitor_id: id }).delete();
      await tx('episodes').where({ monitor_id: id }).delete();
    });
  }

  /**
   * Reads rows that stay as they are until the transaction ends.
   *
   * @remarks
   * One order of locks: the first monitor of a model, its other monitors by id, then episodes.
   */
  async #lock(
    tx: Knex.Transaction,
    query: Knex.QueryBuilder,
  ): Promise<MonitorRecord[]> {
    // SQLite has one writer.
    if (String(tx.client.config.client) === 'pg') query.forUpdate();
    return (await query).map(toRecord);
  }

  /** A writer of several monitors of a model takes its first one before the others. */
  async #lockFirst(
    tx: Knex.Transaction,
    modelRef: string,
  ): Promise<MonitorRecord | undefined> {
    const [first] = await this.#lock(
      tx,
      tx('monitors').where({ id: modelRef }),
    );
    return first;
  }

  /**
   * Brings the monitor of an endpoint into being, or all monitors of the model to the endpoint's version. Returns
   * whether anything changed.
   *
   * @remarks
   * Another version has another baseline, and starts without a status. An alarm is not over because a version was promoted:
   * an open episode stays, and with it the status, until a window of the new version has a verdict.
   */
  async follow(
    endpoint: WatchedEndpoint,
    options: { at: string },
  ): Promise<boolean> {
    const { modelRef, namespace, name, owner, version } = endpoint;
    const { at } = options;
    return this.#knex.transaction(async tx => {
      await tx('monitors')
        .where({ id: modelRef, model_ref: '' })
        .update({ model_ref: modelRef });
      const first = await this.#lockFirst(tx, modelRef);
      const message = noWindowOf(version);
      if (!first) {
        await tx('monitors')
          .insert({
            id: modelRef,
            model_ref: modelRef,
            ...byDefault,
            namespace,
            name,
            owner: owner ?? null,
            version: version ?? null,
            status: 'no_data',
            message,
            revision: 0,
            created_at: at,
            next_reconcile_at: at,
          })
          .onConflict('id')
          .ignore();
        return true;
      }
      if (first.version === version && first.owner === owner) return false;
      // A window of any of them may open an episode meanwhile.
      const all = await this.#lock(
        tx,
        tx('monitors')
          .where({ model_ref: modelRef })
          .orderBy('id')
          .limit(MOST_OF_A_MODEL),
      );
      for (const known of all) {
        const moved = known.version !== version;
        // With no version in production there is nothing left to be alarmed about.
        if (moved && known.openEpisodeId && version === undefined) {
          await this.#episodes.close(tx, known.openEpisodeId, {
            at,
            because: `Version ${known.version} left production, and no other took its place`,
          });
        }
        await tx('monitors')
          .where({ id: known.id })
          .update({
            owner: owner ?? null,
            version: version ?? null,
            ...dueFrom(at),
            ...(moved && {
              ...(known.openEpisodeId && version !== undefined
                ? { message: noWindowSince(known.kind, version) }
                : { status: 'no_data', message, open_episode_id: null }),
              covered_until: null,
              closed_at: null,
              labels_since: at,
              revision: known.revision + 1,
            }),
          });
      }
      return true;
    });
  }

  /** Says why there is no verdict, without a window. The status of an open episode stays. */
  async setMessage(
    monitor: MonitorRecord,
    why: { status: DriftStatus; message: string },
  ): Promise<boolean> {
    const { id, kind, openEpisodeId, version } = monitor;
    // It may be a whole window, of which no more is written.
    const { status, message } = why;
    const stays =
      status === 'unknown'
        ? ALARM_STAYS
        : version !== undefined && noWindowSince(kind, version);
    const change =
      openEpisodeId && stays
        ? { status: monitor.status, message: `${stays} ${message}.` }
        : { status, message };
    const changed = await this.#knex('monitors')
      .where({ id })
      .where(query =>
        query
          .whereNot({ status: change.status })
          .orWhereNot({ message: change.message }),
      )
      .update(change);
    return changed > 0;
  }

  /**
   * Says again what the windows said, when nothing keeps a monitor from being judged any more.
   *
   * @remarks
   * A newest window that is unknown itself stays: the detector was there and failed. Returns the monitor if it changed.
   */
  async restore(monitor: MonitorRecord): Promise<MonitorRecord | undefined> {
    const { id, kind, version, revision, status, message } = monitor;
    const { latestWindowId, openEpisodeId } = monitor;
    const isUnknown = status === 'unknown' || message.startsWith(ALARM_STAYS);
    if (!isUnknown || !latestWindowId || version === undefined) {
      return undefined;
    }
    const latest = await this.#windows.summaries([latestWindowId]);
    if (latest.get(latestWindowId)?.status === 'unknown') return undefined;
    const judged = await this.#windows.lastJudged(id, version);
    if (!judged && !openEpisodeId) return undefined;
    const change = judged
      ? { status: judged.status, message: judged.message }
      : { status, message: noWindowSince(kind, version) };
    const changed = await this.#knex('monitors')
      .where({ id, revision, status, message })
      .update(change);
    return changed ? { ...monitor, ...change } : undefined;
  }

  /** Makes the monitors of a model due now. */
  async markDue(modelRef: string, at: string): Promise<void> {
    await this.#knex.transaction(async tx => {
      await this.#lockFirst(tx, modelRef);
      await tx('monitors').where({ model_ref: modelRef }).update(dueFrom(at));
    });
  }

  /**
   * Closes a window: stores it, moves the status, opens, updates or closes the episode, all or nothing. A window
   * that is not kept moves the marks, and the status as others do.
   *
   * @throws ConflictError when somebody else closed one since the monitor was read
   */
  async closeWindow(options: {
    monitor: MonitorRecord;
    window: Window;
    plan: EpisodePlan;
    openEpisode?: Episode;
    newId: () => string;
    isKept: boolean;
    /** Up to where predictions are done with, unless those of before are already. */
    coveredUntil?: string;
  }): Promise<void> {
    const { monitor, window, plan, openEpisode, newId } = options;
    const { coveredUntil, isKept } = options;
    const episodeIdOf = () => {
      if (plan.do === 'open') return newId();
      return plan.do === 'close' ? null : openEpisode?.id ?? null;
    };
    const episodeId = episodeIdOf();
    await this.#knex.transaction(async tx => {
      // The monitor before its episode, as `follow` does it.
      const changed = await tx('monitors')
        .where({ id: monitor.id, revision: monitor.revision })
        .update({
          revision: monitor.revision + 1,
          ...(takesTheStatus(window.status, monitor) && {
            status: window.status,
            message: window.message,
          }),
          ...(isKept && { latest_window_id: window.id }),
          // Nothing was judged: what waits for a window goes on waiting.
          ...(window.status !== 'unknown' && {
            closed_at: window.createdAt,
            labels_since: window.createdAt,
          }),
          open_episode_id: episodeId,
          ...(coveredUntil &&
            coveredUntil > (monitor.coveredUntil ?? '') && {
              covered_until: coveredUntil,
            }),
        });
      if (changed !== 1) {
        throw new ConflictError(
          `Another window of ${monitor.ref} was closed at the same time; look at that one or try again`,
        );
      }
      if (openEpisode && (plan.do === 'close' || plan.do === 'open')) {
        await this.#episodes.close(tx, openEpisode.id, {
          at: window.createdAt,
          because: plan.do === 'close' ? plan.because : 'Another version',
        });
      }
      if (plan.do === 'open' && episodeId) {
        await this.#episodes.insert(tx, {
          id: episodeId,
          modelRef: monitor.ref,
          monitorId: monitor.id,
          kind: monitor.kind,
          version: window.version,
          since: window.createdAt,
          columns: plan.columns,
          status: plan.status,
          windowId: window.id,
        });
      }
      if (plan.do === 'update' && openEpisode) {
        await this.#episodes.update(tx, openEpisode.id, plan);
      }
      if (isKept) await this.#windows.insert(tx, window);
    });
  }
}

function noWindowOf(version: number | undefined): string {
  return version === undefined
    ? 'No version is in production yet'
    : `Version ${version} is in production; no window has been closed yet`;
}

/** Of an alarm that a version before set off. */
function noWindowSince(kind: string, version: number): string {
  const what = kind === DRIFT ? 'the drift' : 'the alarm';
  return `No window since version ${version} was promoted: ${what} below was found with the version before.`;
}

/**
 * A detector that fails is told of, but an open alarm stays until a window is ok. A window that is too small or empty
 * does not take away the last verdict.
 */
function takesTheStatus(status: DriftStatus, monitor: MonitorRecord): boolean {
  if (status === 'unknown') return monitor.openEpisodeId === undefined;
  return hasVerdict(status) || !hasVerdict(monitor.status);
}

function rowOf({ modelRef, kind, monitorName }: MonitorPath) {
  return { model_ref: modelRef, kind, monitor_name: monitorName };
}

function toRecord(value: unknown): MonitorRecord {
  const row = rowSchema.parse(value);
  return {
    id: row.id,
    // Without one it is a row of an earlier release, whose id is the ref of the model.
    ref: row.model_ref || row.id,
    namespace: row.namespace,
    name: row.name,
    kind: row.kind,
    monitorName: row.monitor_name,
    settings: row.settings,
    owner: row.owner ?? undefined,
    version: row.version ?? undefined,
    status: row.status,
    message: row.message,
    coveredUntil: row.covered_until ?? undefined,
    closedAt: row.closed_at ?? undefined,
    labelsSince: row.labels_since ?? undefined,
    latestWindowId: row.latest_window_id ?? undefined,
    openEpisodeId: row.open_episode_id ?? undefined,
    revision: row.revision,
  };
}
