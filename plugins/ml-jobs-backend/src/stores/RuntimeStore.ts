import type { RuntimeFeature } from '@downstage/plugin-ml-jobs-node';
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
  features: z.string().nullish(),
});

const capacitySchema = z.record(z.string(), z.number());
const featuresSchema = z.array(
  // One that this release does not know is asked for by none of its definitions.
  z.custom<RuntimeFeature>(value => typeof value === 'string'),
);
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
  /** Absent where it does not say. */
  features?: readonly RuntimeFeature[];
};

/** The place of a runtime that is on no machine in particular. */
export const everywhere = 'everywhere';

/** How long a portal may be silent before its runtimes count as gone. */
const silenceMs = 20_000;

/** How long what a runtime has counts after that. Portals that start again are not gone, and block no job. */
const latelyMs = 10 * 60_000;

/** Which portal has which runtime, so that every portal can answer for all. */
export class RuntimeStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async tell(runtime: LiveRuntime, now: Date): Promise<void> {
    const { isolation, capacity, features, ...row } = runtime;
    await this.#knex('job_runtimes')
      .insert({
        ...row,
        isolation: isolation ? JSON.stringify(isolation) : null,
        capacity: capacity ? JSON.stringify(capacity) : null,
        features: features ? JSON.stringify(features) : null,
        gone: false,
        seen_at: now.toISOString(),
      })
      .onConflict(['runtime', 'place'])
      .merge();
  }

  /** It is off from now on; what it has is remembered for a while. */
  async forget(runtime: { runtime: string; place: string }): Promise<void> {
    await this.#knex('job_runtimes').where(runtime).update({ gone: true });
  }

  /** Those that are on. */
  async live(now: Date): Promise<LiveRuntime[]> {
    const rows = await this.#seenIn(now, silenceMs).where({ gone: false });
    return rows.map(row => toRuntime(row));
  }

  /** Those that are on, or were a short time ago. */
  async lately(now: Date): Promise<LiveRuntime[]> {
    const rows = await this.#seenIn(now, latelyMs);
    return rows.map(row => toRuntime(row));
  }

  #seenIn(now: Date, ms: number) {
    const since = new Date(now.getTime() - ms).toISOString();
    return this.#knex('job_runtimes')
      .where('seen_at', '>', since)
      .orderBy(['runtime', 'place']);
  }

  /** When each place was last told of, by its own clock; by runtime and place. */
  async signs(): Promise<Map<string, string>> {
    const rows = await this.#knex('job_runtimes').select(
      ...['runtime', 'place', 'seen_at'],
    );
    return new Map(
      rows.map(row => [
        placeKey({ runtime: String(row.runtime), place: String(row.place) }),
        String(row.seen_at),
      ]),
    );
  }

  /** Who has, or had last, a place. */
  async holderOf(place: string): Promise<string | undefined> {
    const row = await this.#knex('job_runtimes').where({ place }).first();
    return row && toRuntime(row).holder;
  }
}

function toRuntime(row: unknown): LiveRuntime {
  const { isolation, capacity, features, ...rest } = rowSchema.parse(row);
  return {
    ...rest,
    ...(isolation && {
      isolation: isolationSchema.parse(JSON.parse(isolation)),
    }),
    ...(capacity && { capacity: capacitySchema.parse(JSON.parse(capacity)) }),
    ...(features && { features: featuresSchema.parse(JSON.parse(features)) }),
  };
}

/** One word for a place of a runtime. */
export function placeKey(of: { runtime: string; place: string }): string {
  return JSON.stringify([of.runtime, of.place]);
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
