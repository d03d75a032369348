import type { DatasetGrant } from '@downstage/plugin-ml-data-common';
import type { Knex } from 'knex';
import { readCursor, writeCursor } from '../kernel/cursor';

const table = 'dataset_grants';

type Row = {
  id: string;
  entity_ref: string;
  grantee: string;
  purpose: string;
  until: string;
  created_by: string;
  created_at: string;
  revoked_by: string | null;
  revoked_at: string | null;
};

/** The rights to read guarded data. Rows are never deleted: they say who could read when. */
export class GrantStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async add(grant: {
    id: string;
    entityRef: string;
    group: string;
    purpose: string;
    until: string;
    createdBy: string;
    now: string;
  }): Promise<DatasetGrant> {
    const row: Row = {
      id: grant.id,
      entity_ref: grant.entityRef,
      grantee: grant.group,
      purpose: grant.purpose,
      until: grant.until,
      created_by: grant.createdBy,
      created_at: grant.now,
      revoked_by: null,
      revoked_at: null,
    };
    await this.#knex<Row>(table).insert(row);
    return toGrant(row, grant.now);
  }

  /** The grants of some data sets that hold at this moment or ended by themselves. */
  async of(entityRefs: string[]): Promise<Map<string, DatasetGrant[]>> {
    const found = new Map<string, DatasetGrant[]>();
    if (!entityRefs.length) return found;
    const rows = await this.#knex<Row>(table)
      .whereIn('entity_ref', entityRefs)
      .whereNull('revoked_at')
      .orderBy([{ column: 'until', order: 'desc' }, 'id'])
      .select();
    for (const row of rows) {
      const grants = found.get(row.entity_ref) ?? [];
      grants.push(toGrant(row, row.created_at));
      found.set(row.entity_ref, grants);
    }
    return found;
  }

  /** A page, newest first. */
  async list(
    entityRef: string,
    request: { limit: number; cursor?: string; now: string },
  ): Promise<{ items: DatasetGrant[]; nextCursor?: string }> {
    const { limit, cursor, now } = request;
    const query = this.#knex<Row>(table)
      .where({ entity_ref: entityRef })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit + 1);
    if (cursor) {
      const [at, id] = readCursor(cursor, 2);
      query.whereRaw('(created_at, id) < (?, ?)', [at, id]);
    }
    const rows = await query;
    const last = rows[limit - 1];
    return {
      items: rows.slice(0, limit).map(row => toGrant(row, now)),
      ...(rows.length > limit && {
        nextCursor: writeCursor([last.created_at, last.id]),
      }),
    };
  }

  /** Takes a grant back. Safe to call twice; the first time counts. */
  async revoke(
    entityRef: string,
    id: string,
    by: { actor: string; now: string },
  ): Promise<DatasetGrant | undefined> {
    await this.#knex<Row>(table)
      .where({ id, entity_ref: entityRef })
      .whereNull('revoked_at')
      .update({ revoked_by: by.actor, revoked_at: by.now });
    const row = await this.#knex<Row>(table)
      .where({ id, entity_ref: entityRef })
      .first();
    return row && toGrant(row, by.now);
  }
}

function toGrant(row: Row, now: string): DatasetGrant {
  const ended = row.until <= now ? 'ended' : 'active';
  return {
    id: row.id,
    dataset: row.entity_ref,
    group: row.grantee,
    purpose: row.purpose,
    until: row.until,
    state: row.revoked_at ? 'revoked' : ended,
    createdBy: row.created_by,
    createdAt: row.created_at,
    ...(row.revoked_by && { revokedBy: row.revoked_by }),
    ...(row.revoked_at && { revokedAt: row.revoked_at }),
  };
}
