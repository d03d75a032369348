import type { GarbageItem, Kept } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { inOrder, readPage, type PageRequest } from '../search/keyset';
import { chunks, optional, toNumber } from '../kernel/database/database';

export type CollectionRow = {
  id: string;
  state: 'shown' | 'collecting' | 'done';
  createdBy: string;
  createdAt: string;
  deletedBefore: string;
  collectedBy?: string;
  collectedAt?: string;
  finishedAt?: string;
  kept: Kept[];
};

/** An item with its folder in the artifact store, when it has one. */
export type ItemRow = GarbageItem & { folder?: string };

type DbCollection = {
  id: string;
  state: CollectionRow['state'];
  created_by: string;
  created_at: string;
  deleted_before: string;
  collected_by: string | null;
  collected_at: string | null;
  finished_at: string | null;
  kept: string;
  next_reconcile_at: string | null;
};

type DbItem = {
  collection_id: string;
  kind: GarbageItem['kind'];
  ref: string;
  name: string;
  experiment_id: string;
  folder: string | null;
  files: number | string;
  bytes: number | string;
  state: GarbageItem['state'];
  reason: string | null;
};

/** What was shown for deletion, and what became of it. */
export class GarbageStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(
    collection: Omit<CollectionRow, 'state'>,
    items: Omit<ItemRow, 'state'>[],
  ): Promise<void> {
    await this.#knex.transaction(async tx => {
      await tx<DbCollection>('garbage_collections').insert({
        id: collection.id,
        state: 'shown',
        created_by: collection.createdBy,
        created_at: collection.createdAt,
        deleted_before: collection.deletedBefore,
        kept: JSON.stringify(collection.kept),
      });
      for (const part of chunks(items, 50)) {
        await tx<DbItem>('garbage_items').insert(
          part.map(item => ({
            collection_id: collection.id,
            kind: item.kind,
            ref: item.ref,
            name: item.name,
            experiment_id: item.experimentId,
            folder: item.folder,
            files: item.files,
            bytes: item.bytes,
            state: 'shown' as const,
          })),
        );
      }
    });
  }

  async find(id: string): Promise<CollectionRow | undefined> {
    const row = await this.#knex<DbCollection>('garbage_collections')
      .where({ id })
      .first();
    return row && toCollection(row);
  }

  /** Newest first. */
  async page({ cursor, limit = 20 }: PageRequest): Promise<{
    collections: CollectionRow[];
    nextCursor?: string;
  }> {
    const page = await readPage<DbCollection>({
      database: this.#knex,
      query: this.#knex('garbage_collections').select('garbage_collections.*'),
      terms: inOrder(
        ['garbage_collections.created_at', 'garbage_collections.id'],
        'desc',
      ),
      pageToken: cursor,
      limit,
    });
    return {
      collections: page.rows.map(toCollection),
      nextCursor: page.nextPageToken,
    };
  }

  /** Begins to delete what was shown. False when somebody has begun already. */
  async begin(
    id: string,
    change: { by: string; at: string },
  ): Promise<boolean> {
    const count = await this.#knex<DbCollection>('garbage_collections')
      .where({ id, state: 'shown' })
      .update({
        state: 'collecting',
        collected_by: change.by,
        collected_at: change.at,
        next_reconcile_at: change.at,
      });
    return count > 0;
  }

  async items(
    id: string,
    options: {
      states?: ItemRow['state'][];
      experiments?: boolean;
      limit: number;
    },
  ): Promise<ItemRow[]> {
    const query = this.#knex<DbItem>('garbage_items')
      .where('collection_id', id)
      .orderBy([
        { column: 'bytes', order: 'desc' },
        { column: 'kind' },
        { column: 'ref' },
      ])
      .limit(options.limit);
    if (options.states) query.whereIn('state', options.states);
    if (options.experiments === true) query.where('kind', 'experiment');
    if (options.experiments === false) query.whereNot('kind', 'experiment');
    return (await query).map(toItem);
  }

  async setItem(
    id: string,
    item: Pick<ItemRow, 'kind' | 'ref' | 'state' | 'reason'>,
    db: Knex | Knex.Transaction = this.#knex,
  ): Promise<void> {
    await db<DbItem>('garbage_items')
      .where({ collection_id: id, kind: item.kind, ref: item.ref })
      .update({ state: item.state, reason: item.reason ?? null });
  }

  /** Sums by look, experiment and state. */
  async sums(ids: string[]): Promise<
    {
      collectionId: string;
      experimentId: string;
      state: ItemRow['state'];
      items: number;
      files: number;
      bytes: number;
    }[]
  > {
    const rows = await this.#knex('garbage_items')
      .whereIn('collection_id', ids)
      .groupBy('collection_id', 'experiment_id', 'state')
      .select(
        'collection_id',
        'experiment_id',
        'state',
        this.#knex.raw(
          'COUNT(*) AS items, SUM(files) AS files, SUM(bytes) AS bytes',
        ),
      );
    return rows.map(row => ({
      collectionId: row.collection_id,
      experimentId: row.experiment_id,
      state: row.state,
      items: toNumber(row.items),
      files: toNumber(row.files),
      bytes: toNumber(row.bytes),
    }));
  }
}

function toCollection(row: DbCollection): CollectionRow {
  return {
    id: row.id,
    state: row.state,
    createdBy: row.created_by,
    createdAt: row.created_at,
    deletedBefore: row.deleted_before,
    collectedBy: optional(row.collected_by),
    collectedAt: optional(row.collected_at),
    finishedAt: optional(row.finished_at),
    kept: JSON.parse(row.kept),
  };
}

function toItem(row: DbItem): ItemRow {
  return {
    kind: row.kind,
    ref: row.ref,
    name: row.name,
    experimentId: row.experiment_id,
    folder: optional(row.folder),
    files: toNumber(row.files),
    bytes: toNumber(row.bytes),
    state: row.state,
    reason: optional(row.reason),
  };
}
