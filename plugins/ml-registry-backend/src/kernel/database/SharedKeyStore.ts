import { ConflictError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Knex } from 'knex';

/** A key that all portals on one database have to share. */
export type SharedKey = {
  /** What it is for, as the message says it: `secrets of webhooks`. */
  name: string;
  fingerprint: string;
  /** How to give all portals the same one. */
  setting: string;
};

type Row = { name: string; fingerprint: string; portal: string };

/** A portal that has not been seen for this long is gone. */
const silenceMs = 90_000;

/**
 * Refuses a second portal whose keys are others than those of a portal that runs.
 *
 * @remarks
 * With two keys, each portal signs addresses that the other refuses, and seals secrets that the other cannot open. Of
 * two that start at once, the earlier goes on. To change a key, stop all portals first.
 */
export class SharedKeyStore {
  readonly #knex: Knex;
  readonly #clock: Clock;
  readonly #portal: string;

  constructor(options: { knex: Knex; clock: Clock; portal: string }) {
    this.#knex = options.knex;
    this.#clock = options.clock;
    this.#portal = options.portal;
  }

  /**
   * Says which keys this portal uses, and looks whether another one that runs uses others.
   *
   * @throws ConflictError that names the other portal, both fingerprints and the setting; nothing stays of the claim
   */
  async claim(keys: readonly SharedKey[]): Promise<void> {
    await this.#forgetSilent();
    // Of an earlier start of the same name, as containers have it: it may have had another key.
    await this.release();
    await this.seen(keys);
    const rows: Row[] = await this.#knex('shared_keys').orderBy([
      'since',
      'fingerprint',
    ]);
    for (const { name, fingerprint, setting } of keys) {
      const first = rows.find(row => row.name === name);
      if (!first || first.fingerprint === fingerprint) continue;
      await this.release();
      throw new ConflictError(
        `The key for ${name} has the fingerprint ${fingerprint} here, and ${first.fingerprint} at ${first.portal}, which runs on the same database. Give all portals the same key (${setting}). To change it, stop all portals first`,
      );
    }
  }

  /** Has to be called every half minute, for as long as the keys are in use. */
  async seen(keys: readonly SharedKey[]): Promise<void> {
    const now = this.#at();
    const portal = this.#portal;
    await this.#knex('shared_keys')
      .insert(
        keys.map(({ name, fingerprint }) => {
          return { name, portal, fingerprint, since: now, seen_at: now };
        }),
      )
      .onConflict(['name', 'portal'])
      .merge(['seen_at']);
  }

  /** This portal uses no keys any more. */
  async release(): Promise<void> {
    await this.#knex('shared_keys').where({ portal: this.#portal }).delete();
  }

  async #forgetSilent(): Promise<void> {
    await this.#knex('shared_keys')
      .where('seen_at', '<=', this.#at(-silenceMs))
      .delete();
  }

  #at(shiftMs = 0): string {
    return new Date(this.#clock().getTime() + shiftMs).toISOString();
  }
}
