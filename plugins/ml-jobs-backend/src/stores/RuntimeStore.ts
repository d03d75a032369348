import type { Knex } from 'knex';
import { z } from 'zod';

const rowSchema = z.object({
  runtime: z.string(),
  place: z.string(),
  holder: z.string(),
  slots: z.number(),
  isolation: z.string().nullish(),
});

const isolationSchema = z.object({ kind: z.string(), description: z.string() });

/** A runtime of a portal that runs. */
export type LiveRuntime = {
  runtime: string;
  place: string;
  /** The portal, for people: `host-a, process 4711`. */
  holder: string;
  slots: number;
  isolation?: { kind: string; description: string };
};

/** How long a portal may be silent before its runtimes count as gone. */
export const silenceMs = 20_000;

/** Which portal has which runtime, so that every portal can answer for all. */
export class RuntimeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async tell(runtime: LiveRuntime, now: Date): Promise<void> {
    const { isolation, ...row } = runtime;
    await this.#knex('job_runtimes')
      .insert({
        ...row,
        isolation: isolation ? JSON.stringify(isolation) : null,
        seen_at: now.toISOString(),
      })
      .onConflict(['runtime', 'place'])
      .merge();
  }

  async forget(runtime: { runtime: string; place: string }): Promise<void> {
    await this.#knex('job_runtimes').where(runtime).delete();
  }

  async live(now: Date): Promise<LiveRuntime[]> {
    const since = new Date(now.getTime() - silenceMs).toISOString();
    const rows = await this.#knex('job_runtimes')
      .where('seen_at', '>', since)
      .orderBy(['runtime', 'place']);
    return rows.map(row => toRuntime(row));
  }

  /** Who has, or had last, a place. */
  async holderOf(place: string): Promise<string | undefined> {
    const row = await this.#knex('job_runtimes').where({ place }).first();
    return row && toRuntime(row).holder;
  }
}

function toRuntime(row: unknown): LiveRuntime {
  const { isolation, ...rest } = rowSchema.parse(row);
  return {
    ...rest,
    ...(isolation && {
      isolation: isolationSchema.parse(JSON.parse(isolation)),
    }),
  };
}
