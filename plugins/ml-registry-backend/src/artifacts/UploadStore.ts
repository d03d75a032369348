import type { Knex } from 'knex';
import { optionalNumber } from '../kernel/database/database';

export type UploadState = 'open' | 'completing' | 'hashing' | 'done';

export type UploadRow = {
  id: string;
  storeId: string;
  path: string;
  state: UploadState;
  size?: number;
  createdBy: string;
  changedAt: string;
};

type Row = {
  id: string;
  store_id: string;
  path: string;
  state: UploadState;
  size: number | string | null;
  created_by: string;
  created_at: string;
  changed_at: string;
  next_reconcile_at: string | null;
};

/** Uploads in parts, from the first part until a day after the last. */
export class UploadStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(upload: {
    id: string;
    storeId: string;
    path: string;
    createdBy: string;
    now: string;
    expiresAt: string;
  }): Promise<void> {
    await this.#knex<Row>('uploads').insert({
      id: upload.id,
      store_id: upload.storeId,
      path: upload.path,
      state: 'open',
      created_by: upload.createdBy,
      created_at: upload.now,
      changed_at: upload.now,
      next_reconcile_at: upload.expiresAt,
    });
  }

  async find(id: string): Promise<UploadRow | undefined> {
    const row = await this.#knex<Row>('uploads').where({ id }).first();
    return (
      row && {
        id: row.id,
        storeId: row.store_id,
        path: row.path,
        state: row.state,
        size: optionalNumber(row.size),
        createdBy: row.created_by,
        changedAt: row.changed_at,
      }
    );
  }

  /** Takes an open upload for completing, or one whose completing began before `staleBefore`. False: somebody else has it. */
  async claim(
    id: string,
    options: { now: string; staleBefore: string },
  ): Promise<boolean> {
    const count = await this.#knex<Row>('uploads')
      .where({ id })
      .where(query =>
        query
          .where('state', 'open')
          .orWhere(stale =>
            stale
              .where('state', 'completing')
              .where('changed_at', '<', options.staleBefore),
          ),
      )
      .update({ state: 'completing', changed_at: options.now });
    return count > 0;
  }

  async set(
    id: string,
    patch: {
      state: UploadState;
      size?: number;
      now: string;
      nextReconcileAt: string;
    },
  ): Promise<void> {
    await this.#knex<Row>('uploads').where({ id }).update({
      state: patch.state,
      size: patch.size,
      changed_at: patch.now,
      next_reconcile_at: patch.nextReconcileAt,
    });
  }

  async delete(id: string): Promise<void> {
    await this.#knex<Row>('uploads').where({ id }).delete();
  }
}
