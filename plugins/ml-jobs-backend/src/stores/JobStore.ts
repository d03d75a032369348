import { ConflictError, NotFoundError } from '@backstage/errors';
import type {
  Job,
  JobAttempt,
  JobOutput,
  JobState,
  JobTimelineEntry,
  TimelineState,
  JobWaiting,
  JobWorker,
} from '@downstage/plugin-ml-jobs-common';
import {
  dueFrom,
  formatRights,
  visiblePage,
  whereFacts,
  type FactCriteria,
  type KeptRights,
  type Lease,
} from '@downstage/node';
import type { JobHandle } from '@downstage/plugin-ml-jobs-node';
import type { Knex } from 'knex';
import { factsOf } from '../domain/factsOf';
import {
  assertMove,
  attemptStates,
  formatMover,
  isOver,
  waitingStates,
  type Moment,
  type Mover,
} from '../domain/jobStates';
import { demandOf } from '../domain/admission/demandOf';
import {
  defaultPriority,
  defaultQueue,
} from '../domain/admission/queueOptions';
import type { WhyNot } from '../domain/admission/snapshot';
import type { Used } from '../domain/usageOf';
import { readCursor, writeCursor, type Cursor } from './cursor';
import { addUsage, spentSince } from './UsageStore';
import {
  Admission,
  type AdmissionFacts,
  type PlannedJob,
} from '../services/Admission';
import {
  attemptRowSchema,
  jobRowSchema,
  outputRowSchema,
  plannedColumns,
  strayRowSchema,
  timelineRowSchema,
  workerRowSchema,
  toJob,
  toPlanned,
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
  /** The default one unless given. */
  queue?: string;
  /** Name of a class; the usual one unless given. */
  priority?: string;
  /** What it has in common with the jobs it was submitted with. */
  group?: string;
  createdBy: string;
  /** What the submitter owned things through: what the job may read is decided with them. */
  submitterGroups?: readonly string[];
  /** What the submitter could read; absent for everything. */
  submitterRights?: KeptRights;
  rerunOf?: string;
  idempotencyKey?: string;
  createdAt: string;
  message: string;
};

/** An attempt that was given up with its place. */
export type Stray = {
  jobId: string;
  attempt: number;
  runtime: string;
  place: string;
  handle?: JobHandle;
};

/** A state that a job passes through on the way to where it rests. */
type Passing = { state: Moment | 'preempted'; by: Mover } & Pick<
  JobTimelineEntry,
  'reason' | 'message'
>;

type TimelineNote = Pick<JobTimelineEntry, 'at' | 'type' | 'message'>;

const portal: Mover = { kind: 'portal' };

/** One change of a job, written whole or not at all. */
export type JobChange = {
  to?: JobState;
  /** What it passes through on the way, with the mover that brings that about. */
  via?: readonly Passing[];
  /** Who or what brings the change about; the portal unless given. */
  by?: Mover;
  /** Lets the job start, if what runs at that moment leaves room for it, whichever portal let that in. */
  admits?: (running: readonly PlannedJob[]) => boolean;
  /** Where the attempt runs; null when nowhere any more. */
  place?: string | null;
  /** How the runtime finds the attempt; null before it was submitted. */
  handle?: JobHandle | null;
  /** Why the runtime has not let the attempt start; null when it has. */
  waiting?: JobWaiting | null;
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
  /** What the timeline says of it; every change of state has an entry. */
  timeline?: TimelineNote;
  /** The processes of the newest attempt, as they are now. */
  workers?: readonly JobWorker[];
  /** What became of the declared outputs. */
  outputs?: readonly JobOutput[];
  /** It may still run at its place, which nobody sees; who has the place ends it. */
  stray?: Pick<Stray, 'runtime' | 'place' | 'handle'>;
  /** What the newest attempt used, when it has ended. */
  usage?: { at: string; used: readonly Used[] };
};

/** Where SQL finds what a permission policy asks about; {@link factsOf} says the same of one job. */
const factColumns = { owner: 'owner', namespace: 'namespace', model: 'model' };

export type QueueEntry = Pick<
  JobRow,
  'id' | 'name' | 'owner' | 'model' | 'state' | 'runtime' | 'waiting'
> & {
  createdBy: string;
  createdAt: string;
  startedAt?: string;
  queuePosition?: number;
};

/** What waits, runtime by runtime: places are counted within each, because each has room of its own. */
type Order = {
  ids: string[];
  places: Map<string, number>;
  whyNot: Map<string, WhyNot>;
};

const queueColumns = [
  'id',
  'name',
  'owner',
  'model',
  'state',
  'runtime',
  'created_by',
  'created_at',
  'started_at',
  'waiting',
] as const;

function toEntry(row: {
  created_by: unknown;
  created_at: unknown;
  started_at?: unknown;
}): QueueEntry {
  return {
    ...jobRowSchema
      .pick({
        ...{ id: true, name: true, owner: true, model: true, state: true },
        ...{ runtime: true, waiting: true },
      })
      .parse(row),
    createdBy: String(row.created_by),
    createdAt: String(row.created_at),
    ...(row.started_at ? { startedAt: String(row.started_at) } : {}),
  };
}

/** Jobs with their attempts and timeline. */
export class JobStore {
  readonly #knex: Knex;
  /** What waits, kept up to date with the changes made here; another portal's are seen when it is read again. */
  #waiting?: { value: Promise<Map<string, PlannedJob>>; until: number };
  #order?: Promise<Order>;
  readonly #admission: Admission;

  constructor(knex: Knex, admission: Admission) {
    this.#knex = knex;
    this.#admission = admission;
  }

  /** Inserts a job; the same owner and idempotency key give the id of the one that is there. */
  async insert(job: NewJob): Promise<{ id: string; created: boolean }> {
    if (job.idempotencyKey) {
      const existing = await this.#byKey(job.owner, job.idempotencyKey);
      if (existing) return { id: existing, created: false };
    }
    const { slots, ...demand } = demandOf(job.definition.resources);
    const { queue = defaultQueue, priority = defaultPriority } = job;
    try {
      await this.#knex.transaction(async tx => {
        await tx('jobs').insert({
          id: job.id,
          name: job.name,
          owner: job.owner,
          model: job.model ?? null,
          namespace: factsOf(job).namespace ?? null,
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
          ...{ queue, priority, ...demand },
          group_id: job.group ?? null,
          attempt: 0,
          created_by: job.createdBy,
          submitter_groups: JSON.stringify(job.submitterGroups ?? []),
          submitter_rights: job.submitterRights
            ? formatRights(job.submitterRights)
            : null,
          rerun_of: job.rerunOf ?? null,
          idempotency_key: job.idempotencyKey ?? null,
          created_at: job.createdAt,
          next_reconcile_at: job.createdAt,
        });
        const { id, createdAt, createdBy, message } = job;
        const submitted = { job_id: id, at: createdAt, reason: 'Submitted' };
        const entries = [
          { state: 'submitted', message, moved_by: createdBy },
          {
            ...{ state: 'queued', moved_by: formatMover(portal) },
            message: `In the queue '${queue}' for ${job.runtime}`,
          },
        ];
        for (const entry of entries)
          await tx('job_timeline').insert({
            ...{ ...submitted, ...entry, type: entry.state },
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
    this.#enters({
      ...{ id: job.id, owner: job.owner, runtime: job.runtime },
      ...{ queue, priority, demand: { slots, ...demand } },
      createdAt: job.createdAt,
    });
    return { id: job.id, created: true };
  }

  async row(id: string): Promise<JobRow> {
    const row = await this.#knex('jobs').where({ id }).first();
    if (!row) throw jobNotFound(id);
    return jobRowSchema.parse(row);
  }

  async get(id: string): Promise<Job> {
    return this.complete(await this.row(id));
  }

  /** The job of a row, with its attempts, its timeline and its place in the queue. */
  async complete(row: JobRow): Promise<Job> {
    const [job] = await this.#complete([row]);
    const workers = await this.#workersOf({ job_id: row.id });
    const outputs = await this.#outputsOf(row);
    return {
      ...job,
      ...(outputs.length && { outputs }),
      attempts: job.attempts.map(attempt => {
        const own = workers.filter(one => one.attempt === attempt.number);
        if (!own.length) return attempt;
        return { ...attempt, workers: own.map(({ worker }) => worker) };
      }),
    };
  }

  /** The processes of one attempt, where it has several. */
  async workers(job: { id: string; attempt: number }): Promise<JobWorker[]> {
    const { id, attempt } = job;
    const workers = await this.#workersOf({ job_id: id, attempt });
    return workers.map(({ worker }) => worker);
  }

  async #outputsOf({ id, state, definition }: JobRow): Promise<JobOutput[]> {
    const declared = definition.outputs ?? [];
    if (!declared.length) return [];
    const rows = await this.#knex('job_outputs').where({ job_id: id });
    const known = new Map(
      rows.map(row => outputRowSchema.parse(row)).map(row => [row.name, row]),
    );
    return declared.map(({ name, kind }) => {
      const row = known.get(name);
      // One that ended before anything was started has left nothing.
      if (!row)
        return { name, kind, state: isOver(state) ? 'missing' : 'expected' };
      return { ...row, kind };
    });
  }

  async #workersOf(which: { job_id: string; attempt?: number }) {
    const rows = await this.#knex('attempt_workers')
      .where(which)
      .orderBy(['attempt', 'role', 'rank']);
    return rows.map(row => workerRowSchema.parse(row));
  }

  /** Newest first. The cursor is the place after the last one, so new jobs do not shift pages. */
  async list(filter: {
    owner?: string;
    model?: string;
    state?: JobState;
    runtime?: string;
    group?: string;
    cursor?: string;
    limit: number;
    criteria?: FactCriteria;
    /** Leaves out rows that SQL cannot know to be hidden. */
    visible?: (rows: JobRow[]) => Promise<JobRow[]>;
  }): Promise<{ items: Job[]; nextCursor?: string }> {
    const from = filter.cursor ? readCursor(filter.cursor) : undefined;
    const { items, last } = await visiblePage<JobRow>({
      limit: filter.limit,
      read: (after, count) =>
        this.#rows(
          filter,
          after ? { at: after.created_at, id: after.id } : from,
          count,
        ),
      visible: filter.visible ?? (async rows => rows),
    });
    return {
      items: await this.#complete(items),
      ...(last && {
        nextCursor: writeCursor({ at: last.created_at, id: last.id }),
      }),
    };
  }

  async #rows(
    filter: {
      owner?: string;
      model?: string;
      state?: JobState;
      runtime?: string;
      group?: string;
      criteria?: FactCriteria;
    },
    after: Cursor | undefined,
    count: number,
  ): Promise<JobRow[]> {
    const query = this.#knex('jobs')
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(count);
    if (filter.owner) query.where('owner', filter.owner);
    if (filter.model) query.where('model', filter.model);
    if (filter.state) query.where('state', filter.state);
    if (filter.runtime) query.where('runtime', filter.runtime);
    if (filter.group) query.where('group_id', filter.group);
    if (after) {
      const { at, id } = after;
      query.where(place =>
        place
          .where('created_at', '<', at)
          .orWhere(same =>
            same.where('created_at', at).andWhere('id', '<', id),
          ),
      );
    }
    const rows = await whereFacts(query, filter.criteria, factColumns);
    return rows.map(row => jobRowSchema.parse(row));
  }

  /** What has an attempt. */
  async active(
    filter: { runtime?: string; place?: string } = {},
  ): Promise<QueueEntry[]> {
    const rows = await this.#knex('jobs')
      .select(...queueColumns)
      .whereIn('state', [...attemptStates])
      .where(filter)
      .orderBy('created_at');
    return rows.map(toEntry);
  }

  /** Where attempts run, of runtimes that have places. */
  async places(): Promise<{ runtime: string; place: string }[]> {
    const rows = await this.#knex('jobs')
      .distinct('runtime', 'place')
      .whereIn('state', [...attemptStates])
      .whereNotNull('place');
    return rows.map(row => ({
      ...{ runtime: String(row.runtime), place: String(row.place) },
    }));
  }

  /** Attempts that were given up with a place. */
  async strays(at: { runtime: string; place: string }): Promise<Stray[]> {
    const rows = await this.#knex('job_strays').where(at);
    return rows.map(row => strayRowSchema.parse(row));
  }

  /** An attempt that was given up runs no more. */
  async forgetStray({ jobId, attempt }: Stray): Promise<void> {
    await this.#knex('job_strays').where({ job_id: jobId, attempt }).delete();
  }

  /** Those that wait and that the criteria of a policy allow. */
  async queuedAmong(
    criteria?: FactCriteria,
    runtime?: string,
  ): Promise<{ id: string; model?: string }[]> {
    const query = this.#knex('jobs')
      .select('id', 'model')
      .where({ state: 'queued', ...(runtime && { runtime }) });
    const rows = await whereFacts(query, criteria, factColumns);
    return rows.map(row => ({
      id: String(row.id),
      ...(row.model && { model: String(row.model) }),
    }));
  }

  /**
   * What waits for a slot, in the order it gets one: so many, from the one after the cursor. With `only`, the others
   * count and keep their places, and are left out.
   */
  async waiting(
    page: {
      cursor?: string;
      limit: number;
      runtime?: string;
      only?: ReadonlySet<string>;
    },
    { again = false } = {},
  ): Promise<{ items: QueueEntry[]; total: number; nextCursor?: string }> {
    const order = await this.#ordered();
    const after = page.cursor ? readCursor(page.cursor) : undefined;
    // The place of the last one may have changed since; when it has left the queue, its old place counts.
    const last = after ? order.ids.indexOf(after.id) + 1 : 0;
    const from = last || Number(after?.at ?? 0);
    const shown = (id: string) => !page.only || page.only.has(id);
    const ids: string[] = [];
    let end = from;
    for (; end < order.ids.length && ids.length < page.limit; end++) {
      if (shown(order.ids[end])) ids.push(order.ids[end]);
    }
    const more = order.ids.slice(end).some(shown);
    const rows = await this.#knex('jobs')
      .select(...queueColumns)
      .where({ state: 'queued' })
      .whereIn('id', ids);
    // Another portal has started some of them since: the line is out of date.
    if (rows.length < ids.length && !again) {
      this.#forgetWaiting();
      return this.waiting(page, { again: true });
    }
    const byId = new Map(rows.map(row => [String(row.id), toEntry(row)]));
    return {
      items: ids.flatMap(id => {
        const entry = byId.get(id);
        return entry
          ? [{ ...entry, queuePosition: order.places.get(id)! }]
          : [];
      }),
      total: page.runtime
        ? await this.#countQueued(page.runtime)
        : order.ids.length,
      ...(more && {
        nextCursor: writeCursor({ at: String(end), id: ids[ids.length - 1] }),
      }),
    };
  }

  async #countQueued(runtime: string): Promise<number> {
    const [row] = await this.#knex('jobs')
      .where({ state: 'queued', runtime })
      .count({ count: '*' });
    return Number(row.count);
  }

  /** Those that wait for a place, or for something to change, by id: so many after one. */
  async queuedOrBlocked(page: {
    after: string;
    limit: number;
  }): Promise<JobRow[]> {
    const rows = await this.#knex('jobs')
      .whereIn('state', ['queued', 'blocked'])
      .where('id', '>', page.after)
      .orderBy('id')
      .limit(page.limit);
    return rows.map(row => jobRowSchema.parse(row));
  }

  /**
   * Those of whom some may start now. Of jobs with one queue, owner, priority and demand only as many are read as there
   * are slots: no more of them could start. Jobs that others were stopped for, and those others, are always among them.
   */
  async candidates(runtime: string, slots: number): Promise<PlannedJob[]> {
    const numbered = this.#knex('jobs')
      .select(...plannedColumns)
      .rowNumber('place_in_line', line =>
        line
          .partitionBy([
            ...['queue', 'owner', 'priority', 'cpu', 'memory', 'gpus'],
          ])
          .orderBy('created_at')
          .orderBy('id'),
      )
      .where({ state: 'queued', runtime });
    const rows = await this.#knex
      .select(...plannedColumns)
      .from(numbered.as('numbered'))
      .where('place_in_line', '<=', slots)
      .orWhereNotNull('preempted_for')
      .orWhereIn(
        'id',
        this.#knex('jobs')
          .select('preempted_for')
          .whereNotNull('preempted_for'),
      );
    return rows.map(toPlanned);
  }

  /** What a decision depends on besides what waits. */
  async facts(): Promise<AdmissionFacts> {
    const since = this.#admission.countsSince();
    const [running, turns, spent] = await Promise.all([
      this.#running(this.#knex),
      this.#lastTurns(),
      since === undefined ? [] : spentSince(this.#knex, since),
    ]);
    return { running, turns, spent };
  }

  async #running(knex: Knex): Promise<PlannedJob[]> {
    const rows = await knex('jobs')
      .select(...plannedColumns)
      .whereIn('state', [...attemptStates])
      // What waits at a runtime that admits for itself holds nothing yet.
      .whereNull('waiting')
      .orderBy('created_at');
    return rows.map(toPlanned);
  }

  /** The place of a job that waits, who is ahead of it, and why it does not start; undefined when it does not wait. */
  async explanation(
    id: string,
    { most }: { most: number },
  ): Promise<
    | { position: number; waiting: number; ahead: string[]; whyNot?: WhyNot }
    | undefined
  > {
    const { ids, places, whyNot } = await this.#ordered();
    const position = places.get(id);
    if (position === undefined) return undefined;
    const index = ids.indexOf(id);
    const start = index - position + 1;
    let end = index + 1;
    while (end < ids.length && places.get(ids[end])! > 1) end += 1;
    return {
      ...{ position, waiting: end - start },
      ahead: ids.slice(start, Math.min(index, start + most)),
      whyNot: whyNot.get(id),
    };
  }

  /** Jobs by id, in the order of the ids; those that are gone are left out. */
  async entries(ids: readonly string[]): Promise<QueueEntry[]> {
    const rows = await this.#knex('jobs')
      .select(...queueColumns)
      .whereIn('id', [...ids]);
    const byId = new Map(rows.map(row => [String(row.id), toEntry(row)]));
    return ids.flatMap(id => byId.get(id) ?? []);
  }

  /**
   * Has jobs stopped for one that waits, once. Portals may choose others for it at the same time, from what each has seen.
   * Only the first choice counts.
   */
  async requestPreempt(
    ids: readonly string[],
    options: { for: string; now: string },
  ): Promise<void> {
    await this.#knex.transaction(async tx => {
      await lockAdmission(tx);
      const isWaiting = await tx('jobs')
        .where({ id: options.for, state: 'queued' })
        .first('id');
      const others = await tx('jobs')
        .where({ preempted_for: options.for })
        .whereIn('state', [...attemptStates])
        .first('id');
      if (!isWaiting || others) return;
      await tx('jobs')
        .whereIn('id', [...ids])
        .whereIn('state', ['preparing', 'running'])
        .whereNull('preempted_for')
        .whereNull('cancel_requested_at')
        .update({
          ...{ preempted_for: options.for, ticket: null },
          next_reconcile_at: options.now,
        });
    });
  }

  /** Whether a job still waits, so that stopping another one for it has a use. */
  async isWaiting(id: string): Promise<boolean> {
    const row = await this.#knex('jobs')
      .where({ id, state: 'queued' })
      .first('id');
    return row !== undefined;
  }

  /** Takes back that a job is stopped: the other one has gone. */
  async forgetPreempt(id: string): Promise<void> {
    await this.#knex('jobs').where({ id }).update({ preempted_for: null });
  }

  /**
   * The whole line, computed once for each change. Waiting jobs are read every two seconds, as another portal may have
   * changed it; a change made here costs no reading of all.
   */
  #ordered(): Promise<Order> {
    const now = performance.now();
    if (!this.#waiting || this.#waiting.until < now) {
      const value = this.#readWaiting();
      this.#waiting = { value, until: now + 2_000 };
      value.catch(() => this.#forgetWaiting());
      this.#order = undefined;
    }
    if (!this.#order) {
      const order = this.#computeOrder(this.#waiting.value);
      this.#order = order;
      order.catch(() => {
        if (this.#order === order) this.#order = undefined;
      });
    }
    return this.#order;
  }

  async #readWaiting(): Promise<Map<string, PlannedJob>> {
    const rows = await this.#knex('jobs')
      .select(...plannedColumns)
      .where({ state: 'queued' })
      // As the lines are sorted: then sorting them costs next to nothing.
      .orderBy(['created_at', 'id']);
    return new Map(rows.map(row => [String(row.id), toPlanned(row)]));
  }

  async #computeOrder(
    waiting: Promise<Map<string, PlannedJob>>,
  ): Promise<Order> {
    const [facts, rooms, queued] = await Promise.all([
      this.facts(),
      this.#admission.rooms(),
      waiting,
    ]);
    const lines = new Map<string, PlannedJob[]>();
    for (const job of queued.values()) {
      const line = lines.get(job.runtime);
      if (line) line.push(job);
      else lines.set(job.runtime, [job]);
    }
    const ids: string[] = [];
    const places = new Map<string, number>();
    const whyNot = new Map<string, WhyNot>();
    for (const [runtime, line] of lines) {
      const decision = this.#admission.decide(
        { ...facts, waiting: line },
        rooms.filter(room => room.runtime === runtime),
      );
      decision.order.forEach((id, index) => {
        ids.push(id);
        places.set(id, index + 1);
      });
      decision.whyNot.forEach((why, id) => whyNot.set(id, why));
    }
    return { ids, places, whyNot };
  }

  #forgetWaiting(): void {
    this.#waiting = undefined;
    this.#order = undefined;
  }

  /** Changes what is known to wait, also where it is being read: the change is committed, and counts after. */
  #changeWaiting(change: (waiting: Map<string, PlannedJob>) => void): void {
    this.#order = undefined;
    if (!this.#waiting) return;
    const value = this.#waiting.value.then(waiting => {
      change(waiting);
      return waiting;
    });
    value.catch(() => {});
    this.#waiting = { ...this.#waiting, value };
  }

  #enters(job: PlannedJob): void {
    this.#changeWaiting(waiting => {
      waiting.set(job.id, job);
    });
  }

  #moved(job: Pick<JobRow, 'id'>, to: JobRow['state']): void {
    // A retry comes back with the time of its submission, which is not at hand here.
    if (to === 'queued') this.#forgetWaiting();
    else
      this.#changeWaiting(waiting => {
        waiting.delete(job.id);
      });
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
   * Writes a change if the job is still in the state and attempt it was decided from. With a lease, the lease has to be
   * still held too.
   *
   * @returns false when somebody else was first; nothing is written then
   */
  async change(
    job: Pick<JobRow, 'id' | 'state' | 'attempt'>,
    change: JobChange,
    options: { now: string; lease?: Lease },
  ): Promise<boolean> {
    const steps = stepsOf(job, change, options.now);
    const isDone = await this.#knex.transaction(async tx => {
      if (change.admits) {
        await lockAdmission(tx);
        if (!change.admits(await this.#running(tx))) return false;
      }
      // The attempt too: a job that left this state and is in it again is not the one this was decided for.
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
        ...(change.to === 'preparing' && {
          admitted_at: options.now,
          preempted_for: null,
        }),
        ...(change.place !== undefined && { place: change.place }),
        ...(change.handle !== undefined && {
          handle: change.handle && JSON.stringify(change.handle),
        }),
        ...(change.waiting !== undefined && {
          waiting: change.waiting && JSON.stringify(change.waiting),
        }),
        // An update of nothing is an error in SQL.
        state: change.to ?? job.state,
      });
      if (changed !== 1) return false;
      if (change.to === 'preparing') {
        // Those that gave way to it have no reason left to stand behind it.
        await tx('jobs')
          .where({ preempted_for: job.id })
          .whereIn('state', [...waitingStates])
          .update({ preempted_for: null });
      }
      if (change.admits) {
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
      if (change.workers?.length) await writeWorkers(tx, job, change.workers);
      if (change.outputs?.length) await writeOutputs(tx, job, change.outputs);
      if (change.usage) await addUsage(tx, job, change.usage);
      if (change.stray) {
        const { handle, ...where } = change.stray;
        await tx('job_strays').insert({
          ...{ job_id: job.id, attempt: job.attempt, ...where },
          handle: handle ? JSON.stringify(handle) : null,
        });
      }
      for (const step of steps)
        await tx('job_timeline').insert({ job_id: job.id, ...step });
      return true;
    });
    // After the commit: who reads in between must not keep what was before.
    if (isDone && change.to) this.#moved(job, change.to);
    return isDone;
  }

  /**
   * Records the desired state that a job ends, and has it looked at now. In every state that is not over: a job that its
   * retry put back into the queue a moment ago must not run again.
   */
  async requestCancel(
    id: string,
    options: { now: string; message: string; by?: string },
  ): Promise<boolean> {
    const changed = await this.#knex('jobs')
      .where({ id })
      .whereIn('state', [...waitingStates, ...attemptStates])
      .whereNull('cancel_requested_at')
      .update({
        cancel_requested_at: options.now,
        cancel_message: options.message,
        cancel_requested_by: options.by ?? null,
        ...dueFrom(options.now),
      });
    return changed === 1;
  }

  /**
   * Has jobs looked at now: some, or all that were started. A look that is under way has seen an older state, so its
   * result does not count.
   */
  async markDue(
    which: { ids: readonly string[] } | 'started',
    now: string,
  ): Promise<void> {
    const query = this.#knex('jobs').update(dueFrom(now));
    if (which === 'started') await query.whereIn('state', [...attemptStates]);
    else if (which.ids.length)
      await query
        .whereIn('id', [...which.ids])
        .whereIn('state', [...waitingStates, ...attemptStates]);
  }

  /** Has queued jobs of these runtimes looked at that rest. */
  async wakeQueued(runtimes: readonly string[], now: string): Promise<void> {
    if (!runtimes.length) return;
    await this.#knex('jobs')
      .where({ state: 'queued' })
      .whereIn('runtime', [...runtimes])
      .whereNull('next_reconcile_at')
      .update(dueFrom(now));
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
          .filter(({ jobId }) => jobId === row.id)
          .map(({ entry }) => entry),
        queuePosition: row.state === 'queued' ? places?.get(row.id) : undefined,
      }),
    );
  }
}

/**
 * The rows of the timeline for a change: one of each state on its way, and one of what was to be said without a change of
 * state.
 *
 * @throws ConflictError for a way that the table of states does not have
 */
function stepsOf(
  { state: from }: Pick<JobRow, 'state'>,
  { to, via = [], by = portal, timeline, ...change }: JobChange,
  now: string,
) {
  let state: TimelineState = from;
  const steps = via.map(passing => {
    assertMove(state, passing.state, passing.by);
    state = passing.state;
    return {
      ...{ at: timeline?.at ?? now, type: state, state },
      reason: passing.reason ?? null,
      message: passing.message,
      moved_by: formatMover(passing.by),
    };
  });
  if (to) assertMove(state, to, by);
  if (!to && !timeline) return steps;
  const said = timeline ?? {
    ...{ at: now, type: to ?? from, message: change.message ?? to ?? from },
  };
  return [
    ...steps,
    {
      ...said,
      state: to ?? from,
      reason: change.reason ?? null,
      moved_by: formatMover(by),
    },
  ];
}

/**
 * On PostgreSQL what runs is counted under a lock that ends with the transaction. Without it, two portals that count at
 * once would both find the last place. SQLite has one writer.
 */
async function lockAdmission(tx: Knex.Transaction): Promise<void> {
  if (String(tx.client.config.client) === 'pg')
    await tx.raw(`select pg_advisory_xact_lock(hashtext('ml-jobs.slots'))`);
}

/** So many of one attempt are kept; no definition asks for more. */
const mostWorkers = 8_192;

async function writeWorkers(
  tx: Knex.Transaction,
  job: { id: string; attempt: number },
  workers: readonly JobWorker[],
): Promise<void> {
  const rows = workers.slice(0, mostWorkers).map(worker => ({
    ...{ job_id: job.id, attempt: job.attempt },
    ...{ role: worker.role, rank: worker.rank, state: worker.state },
    node: worker.node ?? null,
    exit_code: worker.exitCode ?? null,
  }));
  // SQLite takes a thousand values in one statement.
  for (let from = 0; from < rows.length; from += 100) {
    await tx('attempt_workers')
      .insert(rows.slice(from, from + 100))
      .onConflict(['job_id', 'attempt', 'role', 'rank'])
      .merge(['state', 'node', 'exit_code']);
  }
}

async function writeOutputs(
  tx: Knex.Transaction,
  job: { id: string },
  outputs: readonly JobOutput[],
): Promise<void> {
  const rows = outputs.map(({ name, state, ref, message }) => ({
    ...{ job_id: job.id, name, state },
    ref: ref ?? null,
    message: message ?? null,
  }));
  await tx('job_outputs')
    .insert(rows)
    .onConflict(['job_id', 'name'])
    .merge(['state', 'ref', 'message']);
}

export function jobNotFound(id: string): NotFoundError {
  return new NotFoundError(`There is no job '${id}'`);
}

export function conflictOver(
  job: { id: string; state: JobState },
  wanted: string,
): ConflictError {
  return new ConflictError(`Job ${job.id} is ${job.state}; ${wanted}`);
}
