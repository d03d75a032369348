import {
  declaredCardSchema,
  type DeclaredCard,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import type { Database } from '../kernel/database/database';

export type SavedCard = {
  version: number;
  declared: DeclaredCard;
  at: string;
  by: string;
};

type CardRow = {
  version: number;
  declared: string;
  saved_at: string;
  saved_by: string;
};

/** What people say of versions. */
export class CardStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  /** The card saved for this version, or the newest one saved for an earlier version. */
  async findUpTo(
    name: string,
    version: number,
    db: Database = this.#knex,
  ): Promise<SavedCard | undefined> {
    const row: CardRow | undefined = await db('version_cards')
      .where({ name })
      .where('version', '<=', version)
      .orderBy('version', 'desc')
      .first();
    return (
      row && {
        version: row.version,
        declared: declaredCardSchema.parse(JSON.parse(row.declared)),
        at: row.saved_at,
        by: row.saved_by,
      }
    );
  }

  async save(
    tx: Knex.Transaction,
    key: { name: string; version: number },
    card: { declared: DeclaredCard; at: string; by: string },
  ): Promise<void> {
    await tx('version_cards')
      .insert({
        name: key.name,
        version: key.version,
        declared: JSON.stringify(card.declared),
        saved_at: card.at,
        saved_by: card.by,
      })
      .onConflict(['name', 'version'])
      .merge();
  }
}
