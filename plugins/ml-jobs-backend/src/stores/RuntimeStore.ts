import type { Knex } from 'knex';
import { z } from 'zod';
import type { Room } from '../domain/admission/snapshot';

const rowSchema = z.object({
  runtime: z.string(),
  place: z.string(),
  holder: z.string(),
  slots: z.number(),
  admission: z.enum(['portal', 'runtime']),
  isolation: z.string().nullish(),
  capacity: z.string().nullish(),
});

const capacitySchema = z.record(z.string(), z.number());
const isolationSchema = z.object({ kind: z.string(), description: z.string() });

/** A runtime of a portal that runs. */
export type LiveRuntime = {
  runtime: string;
  place: string;
  /** The portal, for people: `host-a, process 4711`. */
  holder: string;
  slots: number;
  /** Who decides when an attempt starts. */
  admission: 'portal' | 'runtime';
  isolation?: { kind: string; description: string };
  /** What it has in all, slots among it; absent of a portal of an older release. */
  capacity?: Record<string, number>;
};

/** The place of a runtime that is on no machine in particular. */
export const everywhere = 'everywhere';

/** How long a portal may be silent before its runtimes count as gone. */
const silenceMs = 20_000;

/** Which portal has which runtime, so that every portal can answer for all. */
export class RuntimeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async tell(runtime: LiveRuntime, now: Date): Promise<void> {
    const { isolation, capacity, ...row } = runtime;
    await this.#knex('job_runtimes')
      .insert({
        ...row,
        isolation: isolation ? JSON.stringify(isolation) : null,
        capacity: capacity ? JSON.stringify(capacity) : null,
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
  const { isolation, capacity, ...rest } = rowSchema.parse(row);
  return {
    ...rest,
    ...(isolation && {
      isolation: isolationSchema.parse(JSON.parse(isolation)),
    }),
    ...(capacity && { capacity: capacitySchema.parse(JSON.parse(capacity)) }),
  };
}

/** What all portals have together, as they have told; a runtime that admits by itself has no room of ours. */
export function roomsOf(live: readonly LiveRuntime[]): Room[] {
  return live
    .filter(({ admission }) => admission === 'portal')
    .map(({ runtime, place, slots, capacity }) => ({
      runtime,
      ...(place !== everywhere && { place }),
      capacity: capacity ?? { slots },
    }));
}
