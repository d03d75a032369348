import type { Knex } from 'knex';
import { chunks } from '../../kernel/database/database';

export type UnreadVersion = {
  name: string;
  version: number;
  storageLocation: string;
  createdAt: number;
};

/** Copies of what lies elsewhere, so that one statement can search by it: flavors of versions, owners of models. */
export class SearchFactStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Versions whose flavors nobody has read, the newest first. */
  async unread(limit: number): Promise<UnreadVersion[]> {
    const rows: {
      name: string;
      version: number;
      storage_location: string;
      creation_time: number | string;
    }[] = await this.#knex('model_versions')
      .where('flavors_read', false)
      .orderBy('creation_time', 'desc')
      .limit(limit);
    return rows.map(row => ({
      name: row.name,
      version: row.version,
      storageLocation: row.storage_location,
      createdAt: Number(row.creation_time),
    }));
  }

  /** Keeps the flavors of a version; does nothing when it has gone meanwhile. */
  async setFlavors(
    key: { name: string; version: number },
    flavors: string[],
  ): Promise<void> {
    const { name, version } = key;
    await this.#knex.transaction(async tx => {
      const found = await tx('model_versions')
        .where({ name, version })
        .update({ flavors_read: true });
      if (!found || flavors.length === 0) return;
      await tx('model_version_flavors')
        .insert(
          [...new Set(flavors)].map(flavor => ({
            name,
            version,
            flavor: flavor.slice(0, 250),
          })),
        )
        .onConflict(['name', 'version', 'flavor'])
        .ignore();
    });
  }

  async flavorsOf(
    versions: { name: string; version: number }[],
  ): Promise<Map<string, string[]>> {
    const found = new Map<string, string[]>();
    const names = [...new Set(versions.map(({ name }) => name))];
    for (const part of chunks(names)) {
      const rows: { name: string; version: number; flavor: string }[] =
        await this.#knex('model_version_flavors')
          .whereIn('name', part)
          .orderBy('flavor');
      for (const row of rows) {
        const key = `${row.name}@${row.version}`;
        found.set(key, [...(found.get(key) ?? []), row.flavor]);
      }
    }
    return found;
  }

  /** Owners of models as last copied; nobody's are left out. */
  async ownersOf(names: string[]): Promise<Map<string, string>> {
    const found = new Map<string, string>();
    for (const part of chunks([...new Set(names)])) {
      const rows: {
        name: string;
        owner: string | null;
        entity_owner: string | null;
      }[] = await this.#knex('registered_models').whereIn('name', part);
      for (const row of rows) {
        const owner = row.owner ?? row.entity_owner;
        if (owner) found.set(row.name, owner);
      }
    }
    return found;
  }
}
