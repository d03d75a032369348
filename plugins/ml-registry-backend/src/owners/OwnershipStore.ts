import type { Knex } from 'knex';
import { chunks, optional } from '../kernel/database/database';

/** What the registry knows of a model's owner, and of the catalog file that speaks for the model. */
export type OwnershipRecord = {
  /** The owner of the registered model; absent while it was registered for nobody. */
  owner?: string;
  /** Absent until it was settled whether a file speaks for the model. */
  accepted?: AcceptedFile;
};

export type AcceptedFile = {
  /** Owner by the file, where the model itself was registered without one. */
  owner?: string;
  /** Location of the file; absent while no file counts. */
  source?: string;
  /** JSON of what the file said last. */
  profile?: string;
};

type Row = {
  name: string;
  owner: string | null;
  accepted: string | null;
  file_owner: string | null;
  source: string | null;
  profile: string | null;
};

/** Owners of registered models, and which file of the catalog was accepted for each. */
export class OwnershipStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Registered models only; other names are left out. */
  async get(names: string[]): Promise<Map<string, OwnershipRecord>> {
    const found = new Map<string, OwnershipRecord>();
    for (const part of chunks([...new Set(names)])) {
      const rows: Row[] = await this.#knex('registered_models')
        .leftJoin(
          'model_ownership',
          'model_ownership.name',
          'registered_models.name',
        )
        .whereIn('registered_models.name', part)
        .select(
          'registered_models.name as name',
          'registered_models.owner as owner',
          'model_ownership.name as accepted',
          'model_ownership.owner as file_owner',
          'model_ownership.source as source',
          'model_ownership.profile as profile',
        );
      for (const row of rows) {
        found.set(row.name, {
          owner: optional(row.owner),
          accepted:
            row.accepted === null
              ? undefined
              : {
                  owner: optional(row.file_owner),
                  source: optional(row.source),
                  profile: optional(row.profile),
                },
        });
      }
    }
    return found;
  }

  /** Does nothing when the model has gone meanwhile. */
  async accept(name: string, file: AcceptedFile): Promise<void> {
    await this.#knex.transaction(async tx => {
      const model = await tx('registered_models').where({ name }).first('name');
      if (!model) return;
      await tx('model_ownership')
        .insert({
          name,
          owner: file.owner ?? null,
          source: file.source ?? null,
          profile: file.profile ?? null,
        })
        .onConflict('name')
        .merge();
      // Lists show what counts now.
      await tx('registered_models')
        .where({ name })
        .update({ entity_read: false });
    });
  }
}
