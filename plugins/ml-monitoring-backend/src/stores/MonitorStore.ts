import type {
  DriftStatus,
  Window,
} from '@downstage/plugin-ml-monitoring-common';
import { driftStatusSchema } from '@downstage/plugin-ml-monitoring-common';
import { ConflictError } from '@backstage/errors';
import type { Knex } from 'knex';
import { z } from 'zod';
import type { Episode, EpisodePlan } from '../domain/episode';
import type { EpisodeStore } from './EpisodeStore';
import type { WindowStore } from './WindowStore';

const rowSchema = z.object({
  id: z.string(),
  namespace: z.string(),
  name: z.string(),
  owner: z.string().nullable(),
  version: z.number().nullable(),
  status: driftStatusSchema,
  message: z.string(),
  covered_until: z.string().nullable(),
  closed_at: z.string().nullable(),
  latest_window_id: z.string().nullable(),
  open_episode_id: z.string().nullable(),
  revision: z.number(),
});

/** A monitor as it is stored. */
export type MonitorRecord = {
  ref: string;
  namespace: string;
  name: string;
  owner?: string;
  version?: number;
  status: DriftStatus;
  message: string;
  coveredUntil?: string;
  closedAt?: string;
  latestWindowId?: string;
  openEpisodeId?: string;
  revision: number;
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
const severities: DriftStatus[] = [
  'drift',
  'warning',
  'insufficient_data',
  'no_data',
  'ok',
];
const severitySql = `(CASE status ${severities
  .map((status, at) => `WHEN '${status}' THEN ${at}`)
  .join(' ')} END)`;

/** The place of a monitor in the list. */
export function severityOf(status: DriftStatus): number {
  return severities.indexOf(status);
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

  /** A page of monitors, those that need a look first, then by ref. */
  async list(question: {
    statuses?: DriftStatus[];
    refs?: string[];
    after?: { severity: number; ref: string };
    limit: number;
  }): Promise<MonitorRecord[]> {
    const { statuses, refs, after, limit } = question;
    const query = this.#knex('monitors')
      .orderByRaw(`${severitySql}, id`)
      .limit(limit);
    if (statuses) query.whereIn('status', statuses);
    if (refs) query.whereIn('id', refs);
    if (after) {
      query.whereRaw(
        `(${severitySql} > ? OR (${severitySql} = ? AND id > ?))`,
        [after.severity, after.severity, after.ref],
      );
    }
    return (await query).map(toRecord);
  }

  /** How many monitors there are of each status. */
  async count(): Promise<Partial<Record<DriftStatus, number>>> {
    const rows: { status: DriftStatus; count: number | string }[] =
      await this.#knex('monitors')
        .select('status')
        .count({ count: '*' })
        .groupBy('status');
    return Object.fromEntries(
      rows.map(({ status, count }) => [status, Number(count)]),
    );
  }

  /** Monitors of models of which a version is served, as far as is known. */
  async watching(): Promise<MonitorRecord[]> {
    const rows = await this.#knex('monitors')
      .whereNotNull('version')
      .orderBy('id');
    return rows.map(toRecord);
  }

  async find(path: {
    namespace: string;
    name: string;
  }): Promise<MonitorRecord | undefined> {
    const row = await this.#knex('monitors')
      .where({ namespace: path.namespace, name: path.name })
      .first();
    return row && toRecord(row);
  }

  async get(ref: string): Promise<MonitorRecord | undefined> {
    const row = await this.#knex('monitors').where({ id: ref }).first();
    return row && toRecord(row);
  }

  /**
   * Brings the monitor of an endpoint into being, or to the endpoint's version. Returns whether anything changed.
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
      const row = await tx('monitors').where({ id: modelRef }).first();
      const message =
        version === undefined
          ? 'No version is in production yet'
          : `Version ${version} is in production; no window has been closed yet`;
      if (!row) {
        await tx('monitors')
          .insert({
            id: modelRef,
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
      const known = toRecord(row);
      if (known.version === version && known.owner === owner) return false;
      const moved = known.version !== version;
      // With no version in production there is nothing left to be alarmed about.
      if (moved && known.openEpisodeId && version === undefined) {
        await this.#episodes.close(tx, known.openEpisodeId, {
          at,
          because: `Version ${known.version} left production, and no other took its place`,
        });
      }
      await tx('monitors')
        .where({ id: modelRef })
        .update({
          owner: owner ?? null,
          version: version ?? null,
          next_reconcile_at: at,
          ...(moved && {
            ...(known.openEpisodeId && version !== undefined
              ? { message: noWindowSince(version) }
              : { status: 'no_data', message, open_episode_id: null }),
            covered_until: null,
            closed_at: null,
            revision: known.revision + 1,
          }),
        });
      return true;
    });
  }

  /** Says why there is no verdict, without a window. The status of an open episode stays. */
  async setMessage(
    monitor: MonitorRecord,
    why: { status: DriftStatus; message: string },
  ): Promise<boolean> {
    const { ref, openEpisodeId, version } = monitor;
    const change =
      openEpisodeId && version !== undefined
        ? {
            status: monitor.status,
            message: `${noWindowSince(version)} ${why.message}.`,
          }
        : why;
    const changed = await this.#knex('monitors')
      .where({ id: ref })
      .where(query =>
        query
          .whereNot({ status: change.status })
          .orWhereNot({ message: change.message }),
      )
      .update(change);
    return changed > 0;
  }

  /** Makes monitors of a model due now. */
  async markDue(ref: string, at: string): Promise<void> {
    await this.#knex('monitors')
      .where({ id: ref })
      .update({ next_reconcile_at: at });
  }

  /**
   * Closes a window: stores it, moves the status, opens, updates or closes the episode, all or nothing.
   *
   * @throws ConflictError when somebody else closed one since the monitor was read
   */
  async closeWindow(options: {
    monitor: MonitorRecord;
    window: Window;
    plan: EpisodePlan;
    openEpisode?: Episode;
    newId: () => string;
    /** Whether the window's predictions are done with; a window without a verdict leaves them for the next. */
    covers: boolean;
  }): Promise<void> {
    const { monitor, window, plan, openEpisode, newId, covers } = options;
    await this.#knex.transaction(async tx => {
      let episodeId: string | null = openEpisode?.id ?? null;
      if (openEpisode && (plan.do === 'close' || plan.do === 'open')) {
        await this.#episodes.close(tx, openEpisode.id, {
          at: window.createdAt,
          because: plan.do === 'close' ? plan.because : 'Another version',
        });
        episodeId = null;
      }
      if (plan.do === 'open') {
        episodeId = newId();
        await this.#episodes.insert(tx, {
          id: episodeId,
          modelRef: monitor.ref,
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
      await this.#windows.insert(tx, window);
      const changed = await tx('monitors')
        .where({ id: monitor.ref, revision: monitor.revision })
        .update({
          revision: monitor.revision + 1,
          ...((hasVerdict(window.status) || !hasVerdict(monitor.status)) && {
            status: window.status,
            message: window.message,
          }),
          latest_window_id: window.id,
          closed_at: window.createdAt,
          open_episode_id: episodeId,
          ...(covers && window.to && { covered_until: window.to }),
        });
      if (changed !== 1) {
        throw new ConflictError(
          `Another window of ${monitor.ref} was closed at the same time; look at that one or try again`,
        );
      }
    });
  }
}

/** Of an alarm that a version before set off. */
function noWindowSince(version: number): string {
  return `No window since version ${version} was promoted: the drift below was found with the version before.`;
}

/** A window that is too small or empty does not take away the last verdict. */
function hasVerdict(status: DriftStatus): boolean {
  return status === 'ok' || status === 'warning' || status === 'drift';
}

function toRecord(value: unknown): MonitorRecord {
  const row = rowSchema.parse(value);
  return {
    ref: row.id,
    namespace: row.namespace,
    name: row.name,
    owner: row.owner ?? undefined,
    version: row.version ?? undefined,
    status: row.status,
    message: row.message,
    coveredUntil: row.covered_until ?? undefined,
    closedAt: row.closed_at ?? undefined,
    latestWindowId: row.latest_window_id ?? undefined,
    openEpisodeId: row.open_episode_id ?? undefined,
    revision: row.revision,
  };
}
