import type { Knex } from 'knex';

type Change = { ref: string; owner: string; by: string; at: string };

/** Owners of data sets that have versions, by lower-case entity ref. */
export class DatasetOwnerStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async get(refs: string[]): Promise<Map<string, string>> {
    const rows: { entity_ref: string; owner: string }[] = await this.#knex(
      'dataset_owners',
    ).whereIn('entity_ref', refs);
    return new Map(rows.map(row => [row.entity_ref, row.owner]));
  }

  /** The data sets that some owners keep, at most so many. */
  async keptBy(
    owners: string[],
    limit: number,
  ): Promise<{ ref: string; owner: string }[]> {
    return this.#knex('dataset_owners')
      .select({ ref: 'entity_ref' }, 'owner')
      .whereIn('owner', owners)
      .limit(limit);
  }

  /** Keeps an owner that is there already. */
  async remember({ ref, owner, by, at }: Change): Promise<void> {
    await this.#knex('dataset_owners')
      .insert({ entity_ref: ref, owner, set_by: by, set_at: at })
      .onConflict('entity_ref')
      .ignore();
  }

  /** False when somebody else has changed it meanwhile. */
  async change({ ref, owner, by, at }: Change, from: string): Promise<boolean> {
    const changed = await this.#knex('dataset_owners')
      .where({ entity_ref: ref, owner: from })
      .update({ owner, set_by: by, set_at: at });
    return changed > 0;
  }
}
