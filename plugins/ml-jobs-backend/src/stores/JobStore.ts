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
  /** What the submitter owned things through: what the job may read is decided with them. */
  submitterGroups?: readonly string[];
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
  /** Where the attempt runs; null when nowhere any more. */
  place?: string | null;
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
  queuePosition?: number;
};

type Order = { ids: string[]; places: Map<string, number> };

const queueColumns = [
  'id',
  'name',
  'owner',
  'state',
  'created_by',
  'created_at',
  'started_at',
] as const;

function toEntry(row: {
  created_by: unknown;
  created_at: unknown;
  started_at?: unknown;
}): QueueEntry {
  return {
    ...jobRowSchema
      .pick({ id: true, name: true, owner: true, state: true })
      .parse(row),
    createdBy: String(row.created_by),
    createdAt: String(row.created_at),
    ...(row.started_at ? { startedAt: String(row.started_at) } : {}),
  };
}

function toWaiting(row: { id: string; owner: string; created_at: string }) {
  return { id: row.id, owner: row.owner, createdAt: row.created_at };
}

/** Jobs with their attempts and timeline. */
export class JobStore {
  readonly #knex: Knex;
  #order?: { value: Promise<Order>; until: number };

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
          submitter_groups: JSON.stringify(job.submitterGroups ?? []),
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
    this.#changed();
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

  /** What holds a slot. */
  async active(
    filter: { runtime?: string; place?: string } = {},
  ): Promise<QueueEntry[]> {
    const rows = await this.#knex('jobs')
      .select(...queueColumns)
      .whereIn('state', ['preparing', 'running'])
      .where(filter)
      .orderBy('created_at');
    return rows.map(toEntry);
  }

  /** What waits for a slot, in the order it gets one: so many, from the one after the cursor. */
  async waiting(
    page: { cursor?: string; limit: number },
    { again = false } = {},
  ): Promise<{ items: QueueEntry[]; total: number; nextCursor?: string }> {
    const order = await this.#ordered();
    const after = page.cursor ? readCursor(page.cursor) : undefined;
    // The place of the last one may have changed since; when it has left the queue, its old place counts.
    const from = after ? order.places.get(after.id) ?? Number(after.at) : 0;
    const ids = order.ids.slice(from, from + page.limit);
    const rows = await this.#knex('jobs')
      .select(...queueColumns)
      .where({ state: 'queued' })
      .whereIn('id', ids);
    // Another portal has started some of them since: the line is out of date.
    if (rows.length < ids.length && !again) {
      this.#changed();
      return this.waiting(page, { again: true });
    }
    const byId = new Map(rows.map(row => [String(row.id), toEntry(row)]));
    const end = from + ids.length;
    return {
      items: ids.flatMap((id, index) => {
        const entry = byId.get(id);
        return entry ? [{ ...entry, queuePosition: from + index + 1 }] : [];
      }),
      total: order.ids.length,
      ...(end < order.ids.length && {
        nextCursor: writeCursor({ at: String(end), id: ids[ids.length - 1] }),
      }),
    };
  }

  /**
   * Those who get the next slots. Of each owner only as many are read as there are slots: no more of one owner can be
   * among them.
   */
  async firstInLine(options: {
    runtime: string;
    count: number;
    active: readonly { owner: string }[];
  }): Promise<string[]> {
    const { runtime, count, active } = options;
    const numbered = this.#knex('jobs')
      .select('id', 'owner', 'created_at')
      .rowNumber('place_in_line', line =>
        line.partitionBy('owner').orderBy('created_at').orderBy('id'),
      )
      .where({ state: 'queued', runtime });
    const rows = await this.#knex
      .select('id', 'owner', 'created_at')
      .from(numbered.as('numbered'))
      .where('place_in_line', '<=', count);
    const ordered = orderQueue(
      rows.map(toWaiting),
      active,
      await this.#lastTurns(),
      count,
    );
    return ordered.map(({ id }) => id);
  }

  /** The whole line: computed once for each change, and after two seconds, as another portal may have changed it. */
  #ordered(): Promise<Order> {
    const now = Date.now();
    if (!this.#order || this.#order.until < now) {
      const value = this.#computeOrder();
      this.#order = { value, until: now + 2_000 };
      value.catch(() => this.#changed());
    }
    return this.#order.value;
  }

  async #computeOrder(): Promise<Order> {
    const rows = await this.#knex('jobs')
      .select('id', 'owner', 'created_at')
      .where({ state: 'queued' });
    const ids = orderQueue(
      rows.map(toWaiting),
      await this.active(),
      await this.#lastTurns(),
    ).map(({ id }) => id);
    return { ids, places: new Map(ids.map((id, index) => [id, index + 1])) };
  }

  #changed(): void {
    this.#order = undefined;
  }

  /** When each owner last got a slot. */
  async #lastTurns(): Promise<Map<string, string>> {
    const rows = await this.#knex('job_turns').select('owner', 'at');
    return new Map(rows.map(row => [String(row.owner), String(row.at)]));
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
      if (
        change.slots !== undefined &&
        !(await hasSlot(tx, job, { slots: change.slots, place: change.place }))
      )
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
        ...(change.place !== undefined && { place: change.place }),
        // An update of nothing is an error in SQL.
        state: change.to ?? job.state,
      });
      if (changed !== 1) return false;
      this.#changed();
      if (change.slots !== undefined) {
        await tx.raw(
          `insert into job_turns (owner, at) select owner, ? from jobs where id = ?
           on conflict (owner) do update set at = excluded.at`,
          [options.now, job.id],
        );
      }
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

  /**
   * Has jobs looked at now: some, or all that were started. Whoever looks at one this moment has seen an older state, so what
   * he found does not count.
   */
  async markDue(
    which: { ids: readonly string[] } | 'started',
    now: string,
  ): Promise<void> {
    const query = this.#knex('jobs').update({ next_reconcile_at: now });
    if (which === 'started')
      await query.whereIn('state', ['preparing', 'running']);
    else if (which.ids.length)
      await query
        .whereIn('id', [...which.ids])
        .whereIn('state', ['queued', 'preparing', 'running']);
  }

  /** Says of jobs that wait for a runtime which no portal has, and takes it back when one has it. */
  async noteMissingRuntimes(live: readonly string[]): Promise<void> {
    await this.#knex('jobs')
      .where({ state: 'queued' })
      .whereNotIn('runtime', [...live])
      .whereNot('reason', 'RuntimeMissing')
      .update({
        reason: 'RuntimeMissing',
        message: 'Waits for its runtime, which no running portal has',
      });
    await this.#knex('jobs')
      .where({ state: 'queued', reason: 'RuntimeMissing' })
      .whereIn('runtime', [...live])
      .update({ reason: 'Submitted', message: 'Waits for a slot' });
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
    const places = rows.some(({ state }) => state === 'queued')
      ? (await this.#ordered()).places
      : undefined;
    return rows.map(row =>
      toJob(row, {
        attempts: attempts
          .filter(({ jobId }) => jobId === row.id)
          .map(({ attempt }) => attempt),
        timeline: timeline
          .filter(entry => entry.job_id === row.id)
          .map(({ at, type, message }) => ({ at, type, message })),
        queuePosition: row.state === 'queued' ? places?.get(row.id) : undefined,
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
  { slots, place }: { slots: number; place?: string | null },
): Promise<boolean> {
  if (String(tx.client.config.client) === 'pg')
    await tx.raw(`select pg_advisory_xact_lock(hashtext('ml-jobs.slots'))`);
  const taken = await tx('jobs')
    .whereIn('state', ['preparing', 'running'])
    .where('runtime', tx('jobs').select('runtime').where({ id: job.id }))
    .where(place ? { place } : {})
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
