import { claimDue, commitWithLease, type Lease } from '@downstage/node';
import {
  datasetDialectSchema,
  datasetFormatSchema,
  datasetRegistrationSchema,
  registrationEnds,
  registrationStateSchema,
  type DatasetRegistration,
  type RegistrationState,
} from '@downstage/plugin-ml-data-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import { readCursor, writeCursor } from '../kernel/cursor';

const table = 'dataset_registrations';

/** Everything the background needs, as it was when somebody who may asked for it. */
const registrationRequestSchema = z.object({
  uri: z.string(),
  /** The folder of the configuration that the location lies in. */
  root: z.string(),
  message: z.string().optional(),
  format: datasetFormatSchema.optional(),
  dialect: datasetDialectSchema,
  fields: z.array(
    z.object({
      name: z.string(),
      type: z.string().optional(),
      description: z.string().optional(),
      unit: z.string().optional(),
    }),
  ),
});
export type RegistrationRequest = z.infer<typeof registrationRequestSchema>;

const errorSchema = z.object({
  name: z.string(),
  message: z.string(),
  code: z.string().optional(),
});
export type RegistrationError = z.infer<typeof errorSchema>;

type Row = {
  id: string;
  entity_ref: string;
  namespace: string;
  name: string;
  request: string;
  state: string;
  progress: string | null;
  error: string | null;
  version: number | null;
  attempts: number;
  // SQLite has 0 and 1.
  cancel_requested: boolean | number;
  created_by: string;
  created_at: string;
  finished_at: string | null;
  next_reconcile_at: string | null;
  ticket: string | null;
};

/** A registration with what only the server needs to know of it. */
export type StoredRegistration = {
  registration: DatasetRegistration;
  namespace: string;
  name: string;
  request: RegistrationRequest;
  error?: RegistrationError;
  attempts: number;
  cancelRequested: boolean;
};

export type RegistrationPatch = {
  state?: RegistrationState;
  progress?: { done: number; of: number };
  error?: RegistrationError;
  version?: number;
  attempts?: number;
  finishedAt?: string;
  nextAt?: string | null;
};

/** The registrations in SQL: a queue that survives the process, with a lease for who works on one. */
export class RegistrationStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async add(options: {
    id: string;
    entityRef: string;
    namespace: string;
    name: string;
    request: RegistrationRequest;
    createdBy: string;
    now: string;
  }): Promise<StoredRegistration> {
    const { id, entityRef, namespace, name, request, createdBy, now } = options;
    await this.#knex<Row>(table).insert({
      id,
      entity_ref: entityRef,
      namespace,
      name,
      request: JSON.stringify(request),
      state: 'queued',
      created_by: createdBy,
      created_at: now,
      next_reconcile_at: now,
    });
    return (await this.get(id))!;
  }

  async get(id: string): Promise<StoredRegistration | undefined> {
    const row = await this.#knex<Row>(table).where({ id }).first();
    return row && toStored(row);
  }

  async list(
    entityRef: string,
    page: { limit: number; cursor?: string },
  ): Promise<{ items: DatasetRegistration[]; nextCursor?: string }> {
    const query = this.#knex<Row>(table)
      .where({ entity_ref: entityRef })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(page.limit + 1);
    if (page.cursor) {
      const [at, id] = readCursor(page.cursor, 2);
      query.andWhere(place =>
        place
          .where('created_at', '<', at)
          .orWhere(same =>
            same.where('created_at', at).andWhere('id', '<', id),
          ),
      );
    }
    const rows = await query;
    const last = rows[page.limit - 1];
    return {
      items: rows.slice(0, page.limit).map(row => toStored(row).registration),
      ...(rows.length > page.limit && {
        nextCursor: writeCursor([last.created_at, last.id]),
      }),
    };
  }

  /** How many are not at an end, of one dataset. */
  async underWay(entityRef: string): Promise<number> {
    const [row] = await this.#knex<Row>(table)
      .where({ entity_ref: entityRef })
      .whereNotNull('next_reconcile_at')
      .count({ n: '*' });
    return Number(row.n);
  }

  /** Ends one that nobody has begun; asks the worker of any other to stop. */
  async requestCancel(id: string, now: string): Promise<void> {
    const ended = await this.#knex<Row>(table)
      .where({ id, state: 'queued' })
      .whereNull('ticket')
      .update({
        ...{ state: 'cancelled', cancel_requested: true },
        ...{ next_reconcile_at: null, finished_at: now },
      });
    if (ended) return;
    await this.#knex<Row>(table)
      .where({ id })
      .whereNotNull('next_reconcile_at')
      .update({ cancel_requested: true });
  }

  async cancelRequested(id: string): Promise<boolean> {
    const row = await this.#knex<Row>(table)
      .where({ id })
      .first('cancel_requested');
    return Boolean(row?.cancel_requested);
  }

  async claim(options: {
    leaseMs: number;
    now: Date;
  }): Promise<Lease | undefined> {
    const [lease] = await claimDue(this.#knex, {
      table,
      limit: 1,
      ...options,
    });
    return lease;
  }

  /**
   * Writes while the lease is ours; `false` when somebody else has taken over.
   *
   * @remarks
   * A state that nobody works in gives the lease back with the same statement. So a progress report that is still on
   * its way to the database cannot overwrite the end.
   */
  async commit(lease: Lease, patch: RegistrationPatch): Promise<boolean> {
    return commitWithLease(this.#knex, {
      table,
      lease,
      patch: {
        ...(patch.state && { state: patch.state }),
        ...(patch.state && !isWorkedOn(patch.state) && { ticket: null }),
        ...(patch.progress && { progress: JSON.stringify(patch.progress) }),
        ...(patch.error && { error: JSON.stringify(patch.error) }),
        ...(patch.version !== undefined && { version: patch.version }),
        ...(patch.attempts !== undefined && { attempts: patch.attempts }),
        ...(patch.finishedAt && { finished_at: patch.finishedAt }),
        ...(patch.nextAt !== undefined && { next_reconcile_at: patch.nextAt }),
      },
    });
  }
}

function toStored(row: Row): StoredRegistration {
  const request = registrationRequestSchema.parse(JSON.parse(row.request));
  const error =
    row.error === null ? undefined : errorSchema.parse(JSON.parse(row.error));
  return {
    registration: datasetRegistrationSchema.parse({
      id: row.id,
      dataset: row.entity_ref,
      state: registrationStateSchema.parse(row.state),
      ...(row.progress !== null && { progress: JSON.parse(row.progress) }),
      ...(error && { error: { message: error.message, code: error.code } }),
      ...(row.version !== null && { version: row.version }),
      uri: request.uri,
      message: request.message,
      createdBy: row.created_by,
      createdAt: row.created_at,
      ...(row.finished_at !== null && { finishedAt: row.finished_at }),
    }),
    namespace: row.namespace,
    name: row.name,
    request,
    error,
    attempts: row.attempts,
    cancelRequested: Boolean(row.cancel_requested),
  };
}

function isWorkedOn(state: RegistrationState): boolean {
  return state !== 'queued' && !registrationEnds.includes(state);
}
