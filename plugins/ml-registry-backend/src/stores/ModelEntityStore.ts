import type { Risk } from '@downstage/plugin-ml-catalog-common';
import type { CatalogConflict } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { chunks } from './database';

/** What lists of models need to know of an entity. */
export type StoredEntity = {
  name: string;
  hasEntity: boolean;
  title?: string;
  description?: string;
  owner?: string;
  risk: Risk;
  /** The entity does not count, and why. */
  conflict?: CatalogConflict;
};

/** The copy of Model entities that lists of models filter, sort and count by. */
export class ModelEntityStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Models whose entity nobody has read since it may have changed. */
  async unread(limit: number): Promise<string[]> {
    const rows: { name: string }[] = await this.#knex('registered_models')
      .whereRaw('NOT entity_read')
      .orderBy('name')
      .limit(limit)
      .select('name');
    return rows.map(({ name }) => name);
  }

  /** Says that the entities of these models may have changed. Unknown names are ignored. */
  async markUnread(names: string[]): Promise<void> {
    for (const part of chunks(names)) {
      await this.#knex('registered_models')
        .whereIn('name', part)
        .update({ entity_read: false });
    }
  }

  /** Names of models after the given one. */
  async namesAfter(after: string, limit: number): Promise<string[]> {
    const rows: { name: string }[] = await this.#knex('registered_models')
      .where('name', '>', after)
      .orderBy('name')
      .limit(limit)
      .select('name');
    return rows.map(({ name }) => name);
  }

  /** Keeps what the catalog said; only what differs is written. */
  async save(entities: StoredEntity[], at: string): Promise<void> {
    for (const part of chunks(entities)) {
      const names = part.map(({ name }) => name);
      const before = new Map(
        (await this.find(names)).map(entity => [entity.name, entity]),
      );
      for (const entity of part) {
        const known = before.get(entity.name);
        if (known && isSame(known, entity)) continue;
        await this.#write(entity, at);
      }
      await this.#knex('registered_models')
        .whereIn('name', names)
        .whereRaw('NOT entity_read')
        .update({ entity_read: true });
    }
  }

  /** What was last read of these models; nothing of those that were never read. */
  async find(names: string[]): Promise<StoredEntity[]> {
    const found: StoredEntity[] = [];
    for (const part of chunks(names)) {
      const rows: {
        name: string;
        has_entity: boolean | number;
        title: string | null;
        description: string | null;
        entity_owner: string | null;
        risk: Risk;
        conflict: string | null;
      }[] = await this.#knex('model_entities')
        .join(
          'registered_models',
          'registered_models.name',
          'model_entities.name',
        )
        .whereIn('model_entities.name', part)
        .select(
          'model_entities.name',
          'model_entities.has_entity',
          'model_entities.title',
          'model_entities.description',
          'model_entities.risk',
          'model_entities.conflict',
          'registered_models.entity_owner',
        );
      found.push(
        ...rows.map(row => ({
          name: row.name,
          hasEntity: Boolean(row.has_entity),
          title: row.title ?? undefined,
          description: row.description ?? undefined,
          owner: row.entity_owner ?? undefined,
          risk: row.risk,
          conflict:
            row.conflict === null ? undefined : JSON.parse(row.conflict),
        })),
      );
    }
    return found;
  }

  /** How far the check of all models has come. */
  async position(): Promise<string> {
    const row: { after: string } | undefined = await this.#knex(
      'model_entity_sync',
    )
      .where({ id: 'all' })
      .first('after');
    return row?.after ?? '';
  }

  /** Does nothing when the model has gone meanwhile. */
  async #write(entity: StoredEntity, at: string): Promise<void> {
    const { name, hasEntity, title, description, owner, risk, conflict } =
      entity;
    await this.#knex.transaction(async tx => {
      const found = await tx('registered_models')
        .where({ name })
        .update({ entity_owner: owner ?? null });
      if (!found) return;
      await tx('model_entities')
        .insert({
          name,
          has_entity: hasEntity,
          title: title ?? null,
          description: description ?? null,
          risk,
          conflict: conflict ? JSON.stringify(conflict) : null,
          search_text: [title, description, owner].join(' ').toLowerCase(),
          read_at: at,
        })
        .onConflict('name')
        .merge();
    });
  }
}

function isSame(a: StoredEntity, b: StoredEntity): boolean {
  return (
    a.hasEntity === b.hasEntity &&
    a.title === b.title &&
    a.description === b.description &&
    a.owner === b.owner &&
    a.risk === b.risk &&
    JSON.stringify(a.conflict) === JSON.stringify(b.conflict)
  );
}
