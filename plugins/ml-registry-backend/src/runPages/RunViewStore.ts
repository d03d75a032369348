import type { Knex } from 'knex';
import {
  inOrder,
  readPage,
  wholeOnce,
  type PageRequest,
} from '../search/keyset';

export type StoredView = {
  id: string;
  scope: string;
  name: string;
  state: string;
  createdBy: string;
  updatedAt: string;
};

type ViewRow = {
  id: string;
  scope: string;
  name: string;
  state: string;
  created_by: string;
  updated_at: string;
};

/** Saved views of the runs table. */
export class RunViewStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** By name. */
  async page(
    scope: string,
    { cursor, limit = wholeOnce }: PageRequest,
  ): Promise<{ items: StoredView[]; nextCursor?: string }> {
    const page = await readPage<ViewRow>({
      database: this.#knex,
      query: this.#knex('run_views').select('run_views.*').where({ scope }),
      terms: inOrder(['run_views.name']),
      pageToken: cursor,
      limit,
    });
    return { items: page.rows.map(toView), nextCursor: page.nextPageToken };
  }

  async find(id: string): Promise<StoredView | undefined> {
    const row = await this.#knex<ViewRow>('run_views').where('id', id).first();
    return row && toView(row);
  }

  async findByName(
    scope: string,
    name: string,
  ): Promise<StoredView | undefined> {
    const row = await this.#knex<ViewRow>('run_views')
      .where({ scope, name })
      .first();
    return row && toView(row);
  }

  /** Inserts the view, or replaces the state of the creator's own of that name; of others' it changes nothing. */
  async save(view: StoredView): Promise<StoredView | undefined> {
    await this.#knex('run_views')
      .insert({
        id: view.id,
        scope: view.scope,
        name: view.name,
        state: view.state,
        created_by: view.createdBy,
        updated_at: view.updatedAt,
      })
      .onConflict(['scope', 'name'])
      .merge(['state', 'updated_at'])
      .whereRaw('run_views.created_by = ?', [view.createdBy]);
    return this.findByName(view.scope, view.name);
  }

  async delete(id: string): Promise<void> {
    await this.#knex('run_views').where('id', id).delete();
  }
}

function toView(row: ViewRow): StoredView {
  return {
    id: row.id,
    scope: row.scope,
    name: row.name,
    state: row.state,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
  };
}
