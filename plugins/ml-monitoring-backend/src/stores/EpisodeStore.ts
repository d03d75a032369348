import type { Knex } from 'knex';
import { z } from 'zod';
import type { Episode } from '../domain/episode';

const episodeSchema = z.object({
  id: z.string(),
  model_ref: z.string(),
  monitor_id: z.string(),
  kind: z.string(),
  version: z.number(),
  status: z.enum(['warning', 'drift']),
  columns: z
    .string()
    .transform(text => z.array(z.string()).parse(JSON.parse(text))),
  since: z.string(),
  window_id: z.string(),
  announced_status: z.string().nullable(),
});

/** An episode of which the owners have not been told yet, or not how bad it became. */
export type UnannouncedEpisode = Episode & {
  modelRef: string;
  monitorId: string;
  kind: string;
  windowId: string;
};

/** Episodes. At most one per monitor is open: the monitor's row points at it. */
export class EpisodeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async getMany(ids: string[]): Promise<Map<string, Episode>> {
    const rows = await this.#knex('episodes').whereIn('id', ids);
    return new Map(rows.map(row => [row.id, toEpisode(row)]));
  }

  async insert(
    tx: Knex.Transaction,
    episode: UnannouncedEpisode,
  ): Promise<void> {
    await tx('episodes').insert({
      id: episode.id,
      model_ref: episode.modelRef,
      monitor_id: episode.monitorId,
      kind: episode.kind,
      version: episode.version,
      status: episode.status,
      columns: JSON.stringify(episode.columns),
      since: episode.since,
      window_id: episode.windowId,
    });
  }

  async update(
    tx: Knex.Transaction,
    id: string,
    change: { status: 'warning' | 'drift'; columns: string[] },
  ): Promise<void> {
    await tx('episodes')
      .where({ id })
      .update({
        status: change.status,
        columns: JSON.stringify(change.columns),
      });
  }

  async close(
    tx: Knex.Transaction,
    id: string,
    options: { at: string; because: string },
  ): Promise<void> {
    await tx('episodes')
      .where({ id })
      .update({ closed_at: options.at, closed_because: options.because });
  }

  /** Open episodes whose owners were not told, or were told of a warning that is drift now. */
  async unannounced(monitorId: string): Promise<UnannouncedEpisode[]> {
    const rows = await this.#knex('episodes')
      .where({ monitor_id: monitorId })
      .whereNull('closed_at')
      .where(query =>
        query
          .whereNull('announced_status')
          .orWhereRaw("(announced_status = 'warning' and status = 'drift')"),
      );
    return rows.map(row => {
      const parsed = episodeSchema.parse(row);
      return {
        ...toEpisode(row),
        modelRef: parsed.model_ref,
        monitorId: parsed.monitor_id,
        kind: parsed.kind,
        windowId: parsed.window_id,
      };
    });
  }

  async markAnnounced(id: string, status: string): Promise<void> {
    await this.#knex('episodes')
      .where({ id })
      .update({ announced_status: status });
  }
}

function toEpisode(row: unknown): Episode {
  const { id, version, status, columns, since } = episodeSchema.parse(row);
  return { id, version, status, columns, since };
}
