import type { Risk } from '@downstage/plugin-ml-catalog-common';
import type { CatalogConflict } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { chunks, forUpdate, isPostgres } from '../kernel/database/database';
import { isOneOf } from '../kernel/database/sql';

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

  /**
   * Says that the entities of these models may have changed. Unknown names are ignored, and so is the case of letters:
   * the catalog refers to `Risky` as `risky`.
   */
  async markUnread(names: string[]): Promise<void> {
    const small = names.map(name => name.toLowerCase());
    const { sql, bindings } = isOneOf(this.#knex, 'name', small);
    await this.#setRead(false, query => query.whereRaw(sql, bindings));
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
      const changed = part.filter(entity => {
        const known = before.get(entity.name);
        return !known || !isSame(known, entity);
      });
      if (changed.length) await this.#write(changed, at);
      await this.#setRead(true, query =>
        query.whereIn('name', names).whereRaw('NOT entity_read'),
      );
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

  /** One statement, which locks the rows in the order of `#write`: two that do so never wait for each other. */
  async #setRead(
    isRead: boolean,
    which: (query: Knex.QueryBuilder) => Knex.QueryBuilder,
  ): Promise<void> {
    const names = which(
      this.#knex('registered_models').orderBy('name').select('name'),
    );
    const models = this.#knex('registered_models');
    if (isPostgres(this.#knex)) {
      models.whereRaw('name = ANY(ARRAY(?))', [names.forUpdate()]);
    } else {
      models.whereIn('name', names);
    }
    await models.update({ entity_read: isRead });
  }

  /** The same few statements for any number; does nothing about models that have gone meanwhile. */
  async #write(entities: StoredEntity[], at: string): Promise<void> {
    await this.#knex.transaction(async tx => {
      const locked: { name: string }[] = await forUpdate(
        tx,
        tx('registered_models')
          .whereIn(
            'name',
            entities.map(({ name }) => name),
          )
          // All who lock several do so in the same order.
          .orderBy('name')
          .select('name'),
      );
      const there = new Set(locked.map(({ name }) => name));
      const found = entities.filter(({ name }) => there.has(name));
      if (!found.length) return;
      await setOwners(tx, found);
      await tx('model_entities')
        .insert(
          found.map(entity => {
            const { name, title, description, owner, conflict } = entity;
            return {
              name,
              has_entity: entity.hasEntity,
              title: title ?? null,
              description: description ?? null,
              risk: entity.risk,
              conflict: conflict ? JSON.stringify(conflict) : null,
              search_text: [title, description, owner].join(' ').toLowerCase(),
              read_at: at,
            };
          }),
        )
        .onConflict('name')
        .merge();
    });
  }
}

/** One statement for any number of models, each with an owner of its own. */
async function setOwners(
  tx: Knex.Transaction,
  entities: StoredEntity[],
): Promise<void> {
  if (isPostgres(tx)) {
    await tx.raw(
      `UPDATE registered_models SET entity_owner = NULLIF(asked.owner, '')
       FROM unnest(?::text[], ?::text[]) AS asked (name, owner)
       WHERE registered_models.name = asked.name`,
      [
        entities.map(({ name }) => name),
        entities.map(({ owner }) => owner ?? ''),
      ],
    );
  } else {
    await tx.raw(
      `UPDATE registered_models SET entity_owner = asked.value ->> 1
       FROM json_each(?) AS asked
       WHERE registered_models.name = asked.value ->> 0`,
      [
        JSON.stringify(
          entities.map(({ name, owner }) => [name, owner ?? null]),
        ),
      ],
    );
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
