import { ConflictError, InputError, NotFoundError } from '@backstage/errors';
import type {
  Job,
  JobAttempt,
  JobState,
  JobTimelineEntry,
} from '@downstage/plugin-ml-jobs-common';
import type { Lease } from '@downstage/node';
import type { Knex } from 'knex';
import { assertTransition } from '../domain/jobStates';
import { orderQueue } from '../domain/orderQueue';
import {
  attemptRowSchema,
  jobRowSchema,
  timelineRowSchema,
  toJob,
  type JobRow,
} from './rows';

/** What a new job starts with. */
export type NewJob = {
  id: string;
  name: string;
  owner: string;
  model?: string;
  source: { repository: string; ref?: string; commit: string };
  definition: Job['definition'];
  /** Sent with the job rather than read from its source. */
  definitionGiven: boolean;
  parameters: Job['parameters'];
  warnings: Job['warnings'];
  runtime: string;
  createdBy: string;
  rerunOf?: string;
  idempotencyKey?: string;
  createdAt: string;
  message: string;
};

/** One change of a job, written whole or not at all. */
export type JobChange = {
  to?: JobState;
  /** Only while fewer jobs than this hold a slot of the job's runtime, whichever portal let them in. */
  slots?: number;
  reason?: string | null;
  message?: string | null;
  environment?: string;
  isolation?: string;
  inputs?: Job['inputs'];
  warnings?: Job['warnings'];
  startedAt?: string;
  endedAt?: string | null;
  /** When the reconciler looks again; null for never. */
  nextAt?: string | null;
  /** The newest attempt, or a new one when its number is new. */
  attempt?: JobAttempt;
  timeline?: JobTimelineEntry;
};

export type QueueEntry = Pick<JobRow, 'id' | 'name' | 'owner' | 'state'> & {
  createdBy: string;
  createdAt: string;
  startedAt?: string;
};

/** Jobs with their attempts and timeline. */
export class JobStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Inserts a job; the same owner and idempotency key give the id of the one that is there. */
  async insert(job: NewJob): Promise<{ id: string; created: boolean }> {
    if (job.idempotencyKey) {
      const existing = await this.#byKey(job.owner, job.idempotencyKey);
      if (existing) return { id: existing, created: false };
    }
    try {
      await this.#knex.transaction(async tx => {
        await tx('jobs').insert({
          id: job.id,
          name: job.name,
          owner: job.owner,
          model: job.model ?? null,
          state: 'queued',
          reason: 'Submitted',
          message: job.message,
          repository: job.source.repository,
          ref: job.source.ref ?? null,
          commit: job.source.commit,
          definition: JSON.stringify(job.definition),
          definition_given: job.definitionGiven,
          parameters: JSON.stringify(job.parameters),
          inputs: '[]',
          warnings: JSON.stringify(job.warnings),
          runtime: job.runtime,
          attempt: 0,
          created_by: job.createdBy,
          rerun_of: job.rerunOf ?? null,
          idempotency_key: job.idempotencyKey ?? null,
          created_at: job.createdAt,
          next_reconcile_at: job.createdAt,
        });
        await tx('job_timeline').insert({
          job_id: job.id,
          at: job.createdAt,
          type: 'queued',
          message: job.message,
        });
      });
    } catch (error) {
      // Two submissions with one key at once: the other one was first.
      const existing =
        job.idempotencyKey &&
        (await this.#byKey(job.owner, job.idempotencyKey));
      if (!existing) throw error;
      return { id: existing, created: false };
    }
    return { id: job.id, created: true };
  }

  async row(id: string): Promise<JobRow> {
    const row = await this.#knex('jobs').where({ id }).first();
    if (!row) throw new NotFoundError(`There is no job '${id}'`);
    return jobRowSchema.parse(row);
  }

  async get(id: string): Promise<Job> {
    const [job] = await this.#complete([await this.row(id)]);
    return job;
  }

  /** Newest first. The cursor is the place after the last one, so new jobs do not shift pages. */
  async list(filter: {
    owner?: string;
    model?: string;
    state?: JobState;
    cursor?: string;
    limit: number;
  }): Promise<{ items: Job[]; nextCursor?: string }> {
    const query = this.#knex('jobs')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(filter.limit + 1);
    if (filter.owner) query.where('owner', filter.owner);
    if (filter.model) query.where('model', filter.model);
    if (filter.state) query.where('state', filter.state);
    if (filter.cursor) {
      const { at, id } = readCursor(filter.cursor);
      query.where(place =>
        place
          .where('created_at', '<', at)
          .orWhere(same =>
            same.where('created_at', at).andWhere('id', '<', id),
          ),
      );
    }
    const rows = (await query).map(row => jobRowSchema.parse(row));
    const page = rows.slice(0, filter.limit);
    const last = page.at(-1);
    return {
      items: await this.#complete(page),
      ...(rows.length > filter.limit &&
        last && {
          nextCursor: writeCursor({ at: last.created_at, id: last.id }),
        }),
    };
  }

  /** What holds a slot, and what waits for one in the order it gets it. */
  async queue(
    filter: { runtime?: string } = {},
  ): Promise<{ active: QueueEntry[]; queued: QueueEntry[] }> {
    const rows = await this.#knex('jobs')
      .select(
        'id',
        'name',
        'owner',
        'state',
        'created_by',
        'created_at',
        'started_at',
      )
      .whereIn('state', ['queued', 'preparing', 'running'])
      .where(filter)
      .orderBy('created_at');
    const entries = rows.map(row => ({
      ...jobRowSchema
        .pick({ id: true, name: true, owner: true, state: true })
        .parse(row),
      createdBy: String(row.created_by),
      createdAt: String(row.created_at),
      ...(row.started_at && { startedAt: String(row.started_at) }),
    }));
    const active = entries.filter(({ state }) => state !== 'queued');
    const queued = entries.filter(({ state }) => state === 'queued');
    return {
      active,
      queued: orderQueue(queued, active, await this.#lastTurns(queued)),
    };
  }

  /** When each of the owners that wait last got a slot. */
  async #lastTurns(queued: QueueEntry[]): Promise<Map<string, string>> {
    const owners = [...new Set(queued.map(({ owner }) => owner))];
    if (owners.length < 2) return new Map();
    const rows = await this.#knex('job_attempts')
      .join('jobs', 'jobs.id', 'job_attempts.job_id')
      .whereIn('jobs.owner', owners)
      .groupBy('jobs.owner')
      .select('jobs.owner as owner')
      .max('job_attempts.created_at as turn');
    return new Map(rows.map(row => [String(row.owner), String(row.turn)]));
  }

  async attempts(
    jobId: string,
  ): Promise<(JobAttempt & { createdAt: string })[]> {
    const rows = await this.#knex('job_attempts')
      .where({ job_id: jobId })
      .orderBy('number');
    return rows.map(row => {
      const { attempt, createdAt } = attemptRowSchema.parse(row);
      return { ...attempt, createdAt };
    });
  }

  /**
   * Writes a change if the job is still in the state and attempt it was decided from, and, with a lease, if the lease is
   * still held.
   *
   * @returns false when somebody else was first; nothing is written then
   */
  async change(
    job: Pick<JobRow, 'id' | 'state' | 'attempt'>,
    change: JobChange,
    options: { now: string; lease?: Lease },
  ): Promise<boolean> {
    if (change.to) assertTransition(job.state, change.to);
    return this.#knex.transaction(async tx => {
      if (change.slots !== undefined && !(await hasSlot(tx, job, change.slots)))
        return false;
      // The attempt too: a job that went round and is in the same state again is not the one this was decided for.
      const query = tx('jobs').where({
        id: job.id,
        state: job.state,
        attempt: job.attempt,
      });
      if (options.lease) query.where('ticket', options.lease.ticket);
      const changed = await query.update({
        ...(change.to && { state: change.to }),
        ...(change.reason !== undefined && { reason: change.reason }),
        ...(change.message !== undefined && { message: change.message }),
        ...(change.environment !== undefined && {
          environment: change.environment,
        }),
        ...(change.isolation !== undefined && {
          isolation: change.isolation,
        }),
        ...(change.inputs && { inputs: JSON.stringify(change.inputs) }),
        ...(change.warnings && { warnings: JSON.stringify(change.warnings) }),
        ...(change.startedAt && { started_at: change.startedAt }),
        ...(change.endedAt !== undefined && { ended_at: change.endedAt }),
        ...(change.nextAt !== undefined && {
          next_reconcile_at: change.nextAt,
        }),
        ...(change.attempt && { attempt: change.attempt.number }),
        // An update of nothing is an error in SQL.
        state: change.to ?? job.state,
      });
      if (changed !== 1) return false;
      if (change.attempt) {
        const { number, state, reason, message, startedAt, endedAt, exitCode } =
          change.attempt;
        const values = {
          state,
          reason: reason ?? null,
          message: message ?? null,
          started_at: startedAt ?? null,
          ended_at: endedAt ?? null,
          exit_code: exitCode ?? null,
        };
        await tx('job_attempts')
          .insert({
            job_id: job.id,
            number,
            created_at: options.now,
            ...values,
          })
          .onConflict(['job_id', 'number'])
          .merge(values);
      }
      if (change.timeline)
        await tx('job_timeline').insert({ job_id: job.id, ...change.timeline });
      return true;
    });
  }

  /**
   * Records the wish that a job ends, and has it looked at now. In every state that is not over: a job that its
   * retry put back into the queue a moment ago must not run again.
   */
  async requestCancel(
    id: string,
    options: { now: string; message: string },
  ): Promise<boolean> {
    const changed = await this.#knex('jobs')
      .where({ id })
      .whereIn('state', ['queued', 'preparing', 'running'])
      .whereNull('cancel_requested_at')
      .update({
        cancel_requested_at: options.now,
        cancel_message: options.message,
        next_reconcile_at: options.now,
        ticket: null,
      });
    return changed === 1;
  }

  /** Has jobs looked at now: one, all that wait, or all that are not over. */
  async markDue(
    which: { id: string } | 'queued' | 'unfinished',
    now: string,
  ): Promise<void> {
    const query = this.#knex('jobs').update({ next_reconcile_at: now });
    if (which === 'queued') await query.where('state', 'queued');
    else if (which === 'unfinished')
      await query.whereIn('state', ['queued', 'preparing', 'running']);
    else
      await query
        .where('id', which.id)
        .whereIn('state', ['queued', 'preparing', 'running']);
  }

  async #byKey(owner: string, key: string): Promise<string | undefined> {
    const row = await this.#knex('jobs')
      .where({ owner, idempotency_key: key })
      .first('id');
    return row?.id;
  }

  async #complete(rows: JobRow[]): Promise<Job[]> {
    const ids = rows.map(({ id }) => id);
    if (!ids.length) return [];
    const attempts = (
      await this.#knex('job_attempts').whereIn('job_id', ids).orderBy('number')
    ).map(row => attemptRowSchema.parse(row));
    const timeline = (
      await this.#knex('job_timeline').whereIn('job_id', ids).orderBy('id')
    ).map(row => timelineRowSchema.parse(row));
    const waiting = rows.some(({ state }) => state === 'queued')
      ? (await this.queue()).queued.map(({ id }) => id)
      : [];
    return rows.map(row =>
      toJob(row, {
        attempts: attempts
          .filter(({ jobId }) => jobId === row.id)
          .map(({ attempt }) => attempt),
        timeline: timeline
          .filter(entry => entry.job_id === row.id)
          .map(({ at, type, message }) => ({ at, type, message })),
        ...(row.state === 'queued' &&
          waiting.includes(row.id) && {
            queuePosition: waiting.indexOf(row.id) + 1,
          }),
      }),
    );
  }
}

/**
 * Whether the job's runtime has a slot left. On PostgreSQL under a lock that ends with the transaction, because two
 * portals that count at once would both find the last one; SQLite has one writer.
 */
async function hasSlot(
  tx: Knex.Transaction,
  job: { id: string },
  slots: number,
): Promise<boolean> {
  if (String(tx.client.config.client) === 'pg')
    await tx.raw(`select pg_advisory_xact_lock(hashtext('ml-jobs.slots'))`);
  const taken = await tx('jobs')
    .whereIn('state', ['preparing', 'running'])
    .where('runtime', tx('jobs').select('runtime').where({ id: job.id }))
    .select('id');
  return taken.length < slots;
}

type Cursor = { at: string; id: string };

function writeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at} ${cursor.id}`).toString('base64url');
}

function readCursor(text: string): Cursor {
  const [at, id, ...rest] = Buffer.from(text, 'base64url')
    .toString('utf8')
    .split(' ');
  if (!at || !id || rest.length) {
    throw new InputError(
      `Not a cursor: '${text}'; expected the nextCursor of the page before`,
    );
  }
  return { at, id };
}

export function conflictOver(
  job: { id: string; state: JobState },
  wish: string,
): ConflictError {
  return new ConflictError(`Job ${job.id} is ${job.state}; ${wish}`);
}
