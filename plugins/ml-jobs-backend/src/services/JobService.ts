import { shownNameOf } from '@downstage/common';
import type {
  AuditorService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  InputError,
  NotAllowedError,
  NotFoundError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock, NewId, ParsedOf, TokenScopes } from '@downstage/common';
import {
  audited,
  auditedContentRead,
  isPlugin,
  meets,
  ownerOf,
  rightsForJob,
  type Authorizer,
  type Call,
  type Caller,
  type HiddenEntities,
  type RegisteredOwners,
} from '@downstage/node';
import {
  jobsChangePermission,
  jobsReadPermission,
  jobsSubmitPermission,
  type Job,
  type JobDefinition,
  type JobExplanation,
  type JobLog,
  type JobSamples,
  type MlJobsContract,
  type Queue,
  type Resources,
  type TokenIntrospection,
} from '@downstage/plugin-ml-jobs-common';
import {
  hasIsolation,
  hasSamples,
  type DataAccess,
  type DataAnswer,
  type JobRuntime,
} from '@downstage/plugin-ml-jobs-node';
import {
  choosePriority,
  chooseQueue,
  type QueueOptions,
} from '../domain/admission/queueOptions';
import { sentenceOf } from '../domain/admission/sentenceOf';
import { changeResources } from '../domain/changeResources';
import { memoryBytes } from '../domain/duration';
import { factsOf } from '../domain/factsOf';
import { isOver, isWaiting } from '../domain/jobStates';
import { requireExact } from '../domain/exactNumbers';
import { parseDefinition } from '../domain/parseDefinition';
import { workerOf } from '../domain/workerName';
import {
  conflictOver,
  jobNotFound,
  type JobChange,
  type JobStore,
} from '../stores/JobStore';
import type { JobRow } from '../stores/rows';
import type { LiveRuntime, RuntimeStore } from '../stores/RuntimeStore';
import type { TokenStore } from '../stores/TokenStore';
import type { Admission } from './Admission';
import type { Blocking } from './Blocking';
import { explainQuota, whatToDo } from '../domain/admission/explain';
import { handleOf } from './handleOf';
import type { JobLogs } from './JobLogs';
import type { Runtimes } from './Runtimes';
import type { SourceService } from './SourceService';

type RerunRequest = ParsedOf<MlJobsContract['rerunJob']>['body'] & {
  id: string;
};
type LogRequest = {
  id: string;
  offset: number;
  limit: number;
  /** `worker/1`; of an attempt with several processes. */
  worker?: string;
};

/** What people and other plugins do with jobs: authorise, load, decide, save, announce. */
export class JobService {
  readonly #store: JobStore;
  readonly #tokens: TokenStore;
  readonly #sources: SourceService;
  readonly #runtimes: Runtimes;
  readonly #logs: JobLogs;
  readonly #runtimeStore: RuntimeStore;
  readonly #authorizer: Authorizer;
  readonly #permissions: PermissionsService;
  readonly #auditor: AuditorService;
  readonly #catalog: CatalogService;
  readonly #hidden: HiddenEntities;
  readonly #registeredOwners: RegisteredOwners;
  readonly #dataAccess: () => DataAccess | undefined;
  readonly #admission: Admission;
  readonly #blocking: Blocking;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #announce: (id: string) => Promise<void>;

  constructor(options: {
    store: JobStore;
    tokens: TokenStore;
    sources: SourceService;
    runtimes: Runtimes;
    logs: JobLogs;
    /** What other portals on the same database have. */
    runtimeStore: RuntimeStore;
    authorizer: Authorizer;
    permissions: PermissionsService;
    auditor: AuditorService;
    catalog: CatalogService;
    hidden: HiddenEntities;
    registeredOwners: RegisteredOwners;
    /** Decides about data, where it is installed. */
    dataAccess: () => DataAccess | undefined;
    admission: Admission;
    blocking: Blocking;
    clock: Clock;
    newId: NewId;
    /** Tells the reconciler, the event bus and the pages, after commit. */
    announce: (id: string) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#tokens = options.tokens;
    this.#sources = options.sources;
    this.#runtimes = options.runtimes;
    this.#logs = options.logs;
    this.#runtimeStore = options.runtimeStore;
    this.#authorizer = options.authorizer;
    this.#permissions = options.permissions;
    this.#auditor = options.auditor;
    this.#catalog = options.catalog;
    this.#hidden = options.hidden;
    this.#registeredOwners = options.registeredOwners;
    this.#dataAccess = options.dataAccess;
    this.#admission = options.admission;
    this.#blocking = options.blocking;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#announce = options.announce;
  }

  async submit(
    request: ParsedOf<MlJobsContract['submitJob']>['body'],
    call: Call,
  ): Promise<Job> {
    const { owner, model } = request;
    return audited(
      this.#auditor,
      {
        eventId: 'job-submit',
        caller: call.caller,
        // Not the repository: an address that is refused may hold a password.
        meta: { owner, ...(model && { model }) },
        result: auditedJob,
      },
      () => this.#submit(request, call),
    );
  }

  async #submit(
    request: ParsedOf<MlJobsContract['submitJob']>['body'],
    { caller }: Call,
  ): Promise<Job> {
    const permission = jobsSubmitPermission;
    await this.#authorizer.requireAny({ caller, permission });
    const owner = canonical(request.owner);
    // The policy is asked about the job once its source has said which model it trains.
    await this.#authorizer.requireOwner({
      caller,
      permission,
      owner,
      model: request.model && canonical(request.model),
    });
    requireExact(request.parameters);
    requireExact(request.definition?.parameters);
    if (request.definition && request.job !== undefined)
      throw new InputError(
        'Give either definition or job: job names a document of downstage.yaml',
      );
    return this.#create({ ...request, owner }, { caller });
  }

  async rerun(request: RerunRequest, call: Call): Promise<Job> {
    const { id, reason } = request;
    return audited(
      this.#auditor,
      {
        eventId: 'job-rerun',
        caller: call.caller,
        meta: {
          rerunOf: id,
          ...(reason && { reason }),
        },
        result: auditedJob,
      },
      () => this.#rerun(request, call),
    );
  }

  async #rerun(request: RerunRequest, { caller }: Call): Promise<Job> {
    const { id } = request;
    await this.#authorizer.requireAny({
      caller,
      permission: jobsSubmitPermission,
    });
    const { owner, ...job } = await this.#readable(id, caller);
    await this.#authorizer.require({
      caller,
      permission: jobsSubmitPermission,
      owner,
      model: job.model,
      facts: factsOf({ owner, model: job.model }),
    });
    requireExact(request.parameters);
    const isOn = await this.#isOn(job.runtime);
    return this.#create(
      {
        // The ref may have moved on, and its downstage.yaml with it; a definition that was sent stays.
        source: { repository: job.repository, ref: job.ref },
        ...(job.definition_given && { definition: job.definition }),
        before: job.definition.name,
        parameters: { ...job.parameters, ...request.parameters },
        resources: request.resources,
        owner,
        model: job.model,
        ...(isOn ? { runtime: job.runtime } : { runtimeOff: job.runtime }),
        rerunOf: id,
        reason: request.reason,
      },
      { caller },
    );
  }

  async list(
    query: ParsedOf<MlJobsContract['listJobs']>['query'],
    { caller }: Call,
  ) {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: jobsReadPermission,
    });
    return this.#store.list({
      ...query,
      criteria: await this.#hidden.narrowed(criteria, caller),
      visible: rows => this.#visible(rows, caller),
    });
  }

  async get(id: string, { caller }: Call): Promise<Job> {
    return this.#store.complete(await this.#readable(id, caller));
  }

  /** The row of a job that the caller may see; absent like one that is not there where not. */
  async #readable(id: string, caller: Caller): Promise<JobRow> {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: jobsReadPermission,
    });
    const job = await this.#store.row(id);
    if (
      (!criteria || meets(factsOf(job), criteria)) &&
      !(await this.#hidden.hides(job.model, caller))
    ) {
      return job;
    }
    throw jobNotFound(id);
  }

  /** Without those whose model the catalog hides from the caller. */
  #visible<T extends { model?: string }>(jobs: T[], caller: Caller) {
    return this.#hidden.visible(jobs, ({ model }) => model, caller);
  }

  async cancel(
    request: { id: string; reason?: string },
    call: Call,
  ): Promise<Job> {
    const { id, reason } = request;
    return audited(
      this.#auditor,
      {
        eventId: 'job-cancel',
        caller: call.caller,
        meta: { job: id, ...(reason && { reason }) },
        result: ({ owner, state }) => ({ owner, state }),
      },
      () => this.#cancel(request, call),
    );
  }

  /** A row of a job that the caller may change. */
  async #changeable(id: string, caller: Caller): Promise<JobRow> {
    // Read first would tell a stranger that the job exists; the permission alone is asked before.
    await this.#authorizer.requireAny({
      caller,
      permission: jobsChangePermission,
    });
    const job = await this.#readable(id, caller);
    await this.#authorizer.require({
      caller,
      permission: jobsChangePermission,
      owner: job.owner,
      model: job.model,
      facts: factsOf(job),
    });
    return job;
  }

  /** Holds a job that waits. Again, it stays as it is. */
  async hold(
    request: { id: string; reason?: string },
    call: Call,
  ): Promise<Job> {
    return this.#holdOrRelease('job-hold', request, call);
  }

  /** Lets a job that is held wait for its place. One that is not held goes on as it does. */
  async release(
    request: { id: string; reason?: string },
    call: Call,
  ): Promise<Job> {
    return this.#holdOrRelease('job-release', request, call);
  }

  async #holdOrRelease(
    eventId: 'job-hold' | 'job-release',
    request: { id: string; reason?: string },
    call: Call,
  ): Promise<Job> {
    const { id, reason } = request;
    const change = () =>
      eventId === 'job-hold'
        ? this.#hold(request, call)
        : this.#release(request, call);
    return audited(
      this.#auditor,
      {
        ...{ eventId, caller: call.caller },
        meta: { job: id, ...(reason && { reason }) },
        result: ({ owner, state }) => ({ owner, state }),
      },
      change,
    );
  }

  async #hold(
    { id, reason }: { id: string; reason?: string },
    { caller }: Call,
  ): Promise<Job> {
    const job = await this.#changeable(id, caller);
    if (job.state === 'held') return this.#store.complete(job);
    const wanted = 'only a job that waits in the portal can be held';
    if (!isWaiting(job.state)) throw conflictOver(job, wanted);
    const message = `Held by ${caller.actor}${reason ? `: ${reason}` : ''}`;
    const kept = await this.#movedBy(caller, job, {
      ...{ to: 'held', reason: 'Held', message, nextAt: null },
    });
    if (!kept) throw conflictOver(await this.#store.row(id), wanted);
    return this.#store.get(id);
  }

  async #release(
    { id, reason }: { id: string; reason?: string },
    { caller }: Call,
  ): Promise<Job> {
    const job = await this.#changeable(id, caller);
    if (isOver(job.state))
      throw conflictOver(job, 'only a job that is held can be released');
    if (job.state !== 'held') return this.#store.complete(job);
    const message = `Released by ${caller.actor}${reason ? `: ${reason}` : ''}`;
    await this.#movedBy(caller, job, {
      ...{ to: 'queued', reason: 'Released', message },
      nextAt: this.#clock().toISOString(),
    });
    await this.#blocking.settle(await this.#store.row(id));
    return this.#store.get(id);
  }

  /** Writes that a person moved a job, and tells; false when the job has moved on before. */
  async #movedBy(
    { actor }: Caller,
    job: JobRow,
    change: JobChange,
  ): Promise<boolean> {
    const now = this.#clock().toISOString();
    const by = { kind: 'person' as const, actor };
    const kept = await this.#store.change(job, { ...change, by }, { now });
    if (kept) await this.#announce(job.id);
    return kept;
  }

  async #cancel(
    { id, reason }: { id: string; reason?: string },
    { caller }: Call,
  ): Promise<Job> {
    const job = await this.#changeable(id, caller);
    if (isOver(job.state))
      throw conflictOver(job, 'only a job that waits or runs can be cancelled');

    const now = this.#clock().toISOString();
    const message = `Cancelled by ${caller.actor}${
      reason ? `: ${reason}` : ''
    }`;
    const done =
      isWaiting(job.state) &&
      (await this.#store.change(
        job,
        {
          to: 'cancelled',
          by: { kind: 'person', actor: caller.actor },
          reason: 'Cancelled',
          message,
          endedAt: now,
          nextAt: null,
          timeline: { at: now, type: 'cancelled', message },
        },
        { now },
      ));
    if (
      !done &&
      !(await this.#store.requestCancel(id, { now, message, by: caller.actor }))
    ) {
      const ended = await this.#store.row(id);
      if (isOver(ended.state) && ended.state !== 'cancelled')
        throw conflictOver(ended, 'it ended before it could be cancelled');
    }
    await this.#announce(id);
    return this.#store.get(id);
  }

  async log(request: LogRequest, { caller }: Call): Promise<JobLog> {
    const job = await this.#readable(request.id, caller);
    await this.#requireDataOf(job, caller, `The log of job ${job.id}`);
    return this.#readLog(job, request);
  }

  /**
   * A log may quote the data that the job read, so it is for readers of that data. Every read of the log of
   * guarded data is an audit event, and so is every refusal.
   *
   * @throws NotAllowedError with the code `ml-data.access-needed`, which names the data set and whom to ask
   */
  async #requireDataOf(
    job: JobRow,
    caller: Caller,
    what: string,
  ): Promise<void> {
    const refs = [
      ...new Set([
        ...job.inputs.map(({ ref }) => ref),
        ...(job.definition.inputs ?? []).map(({ dataset }) => dataset),
      ]),
    ];
    if (!refs.length || isPlugin(caller)) return;
    const access = this.#dataAccess();
    const answers = access
      ? await access.ask(refs, caller)
      : await this.#askOwner(job, refs, caller);
    await auditedContentRead(this.#auditor, {
      caller,
      what,
      answers,
      meta: { job: job.id },
    });
  }

  /**
   * Where nothing decides about data, it counts as guarded. Everything that came out of it is for the owner of the job.
   */
  async #askOwner(
    { owner }: JobRow,
    refs: string[],
    caller: Caller,
  ): Promise<DataAnswer[]> {
    const owns = await this.#authorizer.owns(caller, owner);
    return refs.map(ref =>
      owns
        ? { ref, mayRead: true, because: 'owner' }
        : {
            ref,
            mayRead: false,
            message: `Nothing is installed that decides who reads data: it is for ${owner} only`,
          },
    );
  }

  /** What an attempt used while it ran; for those who may read the log. */
  async samples(
    request: { id: string; attempt?: number },
    { caller }: Call,
  ): Promise<JobSamples> {
    const job = await this.#readable(request.id, caller);
    await this.#requireDataOf(job, caller, `What job ${job.id} used`);
    const newest = Math.max(1, job.attempt);
    const { attempt = newest } = request;
    if (attempt > newest) {
      throw new NotFoundError(
        `Job ${job.id} has no attempt ${attempt}; its newest is ${newest}`,
      );
    }
    const runtime = await this.#readerOf(job, `What job ${job.id} used`);
    const { cpu, memory, gpus } = job.definition.resources ?? {};
    const asked = {
      cpu,
      gpus,
      memory: memory === undefined ? undefined : memoryBytes(memory),
    };
    if (!runtime || !hasSamples(runtime)) return { attempt, asked, points: [] };
    const handle =
      attempt === newest
        ? handleOf(job, runtime)
        : runtime.handleOf({ jobId: job.id, attempt });
    const { points = [], ...samples } =
      (await this.#runtimes.ask(runtime, () => runtime.readSamples(handle))) ??
      {};
    return { attempt, asked, points, ...samples };
  }

  /** The runtime that keeps what a job left; nothing where that is not known here. */
  async #readerOf(job: JobRow, what: string): Promise<JobRuntime | undefined> {
    const runtime = this.#runtimes.reader(job.runtime, job.place);
    if (runtime || !job.place) return runtime;
    const holder = await this.#runtimeStore.holderOf(job.place);
    throw new ServiceUnavailableError(
      `${what} is kept by ${
        holder ?? 'a portal that has not been seen lately'
      }; this portal cannot read it`,
    );
  }

  /** The log without asking again: for the rest of a stream whose beginning was authorised. */
  async readLog(request: LogRequest): Promise<JobLog> {
    return this.#readLog(await this.#store.row(request.id), request);
  }

  /** The row is read before the text: a job that is over there has written all of its log. */
  async #readLog(
    job: JobRow,
    { offset, limit, worker }: LogRequest,
  ): Promise<JobLog> {
    const named = worker
      ? workerOf(job, await this.#store.workers(job), worker)
      : undefined;
    const runtime = await this.#readerOf(job, `The log of job ${job.id}`);
    const { size, ...piece } = await this.#logs.read(job, runtime, {
      offset,
      limit,
      ...(named && { worker: named }),
    });
    return { ...piece, end: isOver(job.state) && piece.nextOffset >= size };
  }

  async queue(
    request: { cursor?: string; limit: number; runtime?: string },
    { caller }: Call,
  ): Promise<Queue> {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: jobsReadPermission,
    });
    const { runtime: only, ...page } = request;
    const live = await this.#live();
    const usual = this.#runtimes.default(live);
    const runtime = only ? this.#runtimes.named(only, live) : usual;
    const having = live.filter(one => one.runtime === runtime);
    const own = runtime ? this.#runtimes.find(runtime) : undefined;
    const isolation =
      own && hasIsolation(own) ? own.isolation : having[0]?.isolation;
    const narrowed =
      only !== undefined ||
      criteria !== undefined ||
      (await this.#hidden.mayHide(caller));
    const waiting =
      narrowed &&
      (await this.#visible(
        await this.#store.queuedAmong(
          await this.#hidden.narrowed(criteria, caller),
          only,
        ),
        caller,
      ));
    const { items, total, nextCursor } = await this.#store.waiting({
      ...page,
      ...(only && { runtime: only }),
      ...(waiting && { only: new Set(waiting.map(({ id }) => id)) }),
    });
    const active = await this.#store.active(only ? { runtime: only } : {});
    const running = await this.#visible(
      active.filter(job => !criteria || meets(factsOf(job), criteria)),
      caller,
    );
    const seen = new Set(running.map(({ id }) => id));
    const others = active.filter(({ id }) => !seen.has(id));
    const runtimes = await this.#runtimesWith(live, usual);
    return {
      slots: runtimes
        .filter(({ id }) => !only || id === only)
        .reduce((sum, { slots }) => sum + slots, 0),
      ...(runtime && { runtime }),
      ...(isolation && { isolation: { ...isolation } }),
      running,
      othersRunning: others.filter(({ waiting: why }) => !why).length,
      queued: items,
      waiting: total,
      ...(nextCursor && { nextCursor }),
      runtimes,
      portals: [...new Set(having.map(({ holder }) => holder))],
    };
  }

  /** Why a job waits: one answer for page, terminal, API and agents. */
  async explain(id: string, { caller }: Call): Promise<JobExplanation> {
    const job = await this.#readable(id, caller);
    const { queue, owner, priority, state, runtime } = job;
    const about = { job: id, state, queue, owner, priority, runtime };
    const facts = await this.#store.facts();
    const figures = explainQuota({
      ...{ queue, owner, running: facts.running },
      queues: this.#admission.options.queues,
      spent: this.#admission.spentBy(facts),
    });
    const known =
      state === 'queued'
        ? await this.#store.explanation(id, { most: 50 })
        : undefined;
    if (!known) {
      const blocked =
        state === 'blocked' ? await this.#blocking.why(job) : undefined;
      const { queues } = this.#admission.options;
      return {
        ...about,
        message: job.message ?? state,
        ...(job.reason && { reason: job.reason }),
        ...{ ahead: [], othersAhead: 0 },
        lacking: [...(blocked?.lacking ?? [])],
        canDo: isWaiting(state) ? whatToDo(job, queues, job) : [],
        ...figures,
      };
    }
    const { position, waiting, whyNot } = known;
    const { reservedFor } = whyNot ?? {};
    const named = new Set([
      ...known.ahead,
      ...(reservedFor ? [reservedFor] : []),
    ]);
    const readable = await this.#readableOf([...named], caller);
    const before = new Set(known.ahead);
    const ahead = readable.filter(({ id: one }) => before.has(one)).slice(0, 5);
    const shown = whyNot && {
      ...whyNot,
      reservedFor: readable.find(one => one.id === reservedFor)?.id,
    };
    return {
      ...about,
      ...{ position, waiting },
      message: shown ? sentenceOf(shown, job) : 'Starts now',
      reason: shown?.reason ?? 'Starts',
      ...(shown?.reservedFor && { reservedFor: shown.reservedFor }),
      ahead: ahead.map(one => ({
        ...{ id: one.id, name: one.name, owner: one.owner },
      })),
      othersAhead: position - 1 - ahead.length,
      lacking: [...(shown?.lacking ?? [])],
      canDo: shown ? whatToDo(shown, this.#admission.options.queues, job) : [],
      ...figures,
    };
  }

  /** Those of the jobs that the caller may see. */
  async #readableOf(ids: readonly string[], caller: Caller) {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: jobsReadPermission,
    });
    const entries = await this.#store.entries(ids);
    return this.#visible(
      entries.filter(job => !criteria || meets(factsOf(job), criteria)),
      caller,
    );
  }

  /** Every runtime of this portal and of the others on the database, with the slots of all who have it. */
  async #runtimesWith(
    live: readonly LiveRuntime[],
    usual: string | undefined,
  ): Promise<Queue['runtimes']> {
    const found = new Map<string, Queue['runtimes'][number]>();
    for (const { runtime: id, slots, admission } of live) {
      const before = found.get(id)?.slots ?? 0;
      found.set(id, {
        ...{ id, admission, slots: before + slots },
        isDefault: id === usual,
      });
    }
    for (const runtime of this.#runtimes.all()) {
      const { id, admission } = runtime;
      // The portal has not told of its own runtime yet.
      if (!found.has(id)) {
        const { slots } = await this.#runtimes.capacity(runtime);
        found.set(id, { id, admission, slots, isDefault: id === usual });
      }
    }
    return [...found.values()];
  }

  #live() {
    return this.#runtimeStore.live(this.#clock());
  }

  /** For other plugins, never for people: who asks learns whom a token belongs to. */
  async introspect(
    token: string,
    { caller }: Call,
  ): Promise<TokenIntrospection> {
    await this.#authorizer.requireAny({
      caller,
      permission: jobsReadPermission,
    });
    if (caller.kind !== 'service') {
      throw new NotAllowedError(
        'Only services may ask whom a token belongs to',
      );
    }
    const id = await this.#tokens.verify(token);
    if (!id) return { active: false };
    const job = await this.#store.row(id);
    return {
      active: true,
      subject: `job:${job.id}`,
      actor: job.created_by,
      owner: job.owner,
      ...(job.submitter_groups?.length && { groups: job.submitter_groups }),
      ...(job.submitter_rights && { rights: job.submitter_rights }),
      attributes: {
        job: job.id,
        commit: job.commit,
        ...(job.environment && { environment: job.environment }),
        datasets: job.inputs.map(({ ref }) => ref),
        ...(job.model && { model: job.model }),
      },
    };
  }

  async #create(
    request: {
      source: { repository: string; ref?: string };
      definition?: JobDefinition;
      /** By name, of a file with several. */
      job?: string;
      /** The name of the job that is run again. */
      before?: string;
      parameters?: Job['parameters'];
      /** In place of those of the definition. */
      resources?: Resources;
      owner: string;
      model?: string;
      runtime?: string;
      /** Where the job ran that is run again, if that is off now. */
      runtimeOff?: string;
      group?: string;
      idempotencyKey?: string;
      rerunOf?: string;
      reason?: string;
    },
    { caller }: Call,
  ): Promise<Job> {
    const source = await this.#sources.resolve(request.source);
    await this.#requireSource(source, request.owner, caller);
    const changed = changeResources(
      request.definition ?? this.#definitionOf(source, request),
      request.resources,
    );
    const { definition } = changed;
    const { queues, priorities } = this.#admission.options;
    const queue = chooseQueue(queues, {
      owner: request.owner,
      queue: definition.queue,
    });
    const priority = choosePriority(priorities, definition.priority);
    const runtime = await this.#requireRuntime(request.runtime, queue, {
      definition,
    });
    const honoured = this.#runtimes.honours(runtime, definition);
    requireDataScope(definition, caller, this.#authorizer.tokenScopes);
    const model = request.model ?? definition.model;
    const modelRef = model && canonical(model);
    if (modelRef) await this.#requireModel(modelRef, request.owner, caller);

    await this.#authorizer.require({
      caller,
      permission: jobsSubmitPermission,
      owner: request.owner,
      model: modelRef,
      facts: factsOf({ owner: request.owner, model: modelRef }),
    });
    const { actor } = caller;
    const { id, created } = await this.#store.insert({
      id: this.#newId(),
      name:
        definition.name ??
        (modelRef
          ? shownNameOf(parseEntityRef(modelRef))
          : nameOf(source.repository)),
      owner: request.owner,
      model: modelRef,
      source: {
        repository: source.repository,
        ref: request.source.ref,
        commit: source.commit,
      },
      definition,
      definitionGiven:
        request.definition !== undefined || changed.warnings.length > 0,
      parameters: { ...definition.parameters, ...request.parameters },
      warnings: [
        ...source.warnings,
        ...changed.warnings,
        ...(honoured?.warnings ?? []),
        ...unknownQueue(definition, queue),
        ...(request.runtimeOff === undefined
          ? []
          : [insteadOf(request.runtimeOff, runtime)]),
      ],
      ...{ runtime, queue: queue.name, priority },
      group: request.group,
      createdBy: actor,
      submitterGroups: await this.#authorizer.groupsOf(caller),
      submitterRights: await rightsForJob(
        this.#permissions,
        caller,
        this.#authorizer.tokenScopes,
      ),
      rerunOf: request.rerunOf,
      idempotencyKey: request.idempotencyKey,
      createdAt: this.#clock().toISOString(),
      message: `${
        request.rerunOf ? `Run again (${request.rerunOf})` : 'Submitted'
      } by ${actor}${request.reason ? `: ${request.reason}` : ''}`,
    });
    if (created) {
      // Who submits it learns at once that nothing here can ever start it.
      await this.#blocking.settle(await this.#store.row(id));
      await this.#announce(id);
    }
    return this.#store.get(id);
  }

  async #isOn(runtime: string): Promise<boolean> {
    return (
      this.#runtimes.find(runtime) !== undefined ||
      (await this.#live()).some(one => one.runtime === runtime)
    );
  }

  async #requireRuntime(
    named: string | undefined,
    { name, runtimes }: QueueOptions,
    { definition }: { definition: JobDefinition },
  ): Promise<string> {
    const live = await this.#live();
    if (named !== undefined && runtimes.length && !runtimes.includes(named))
      throw new InputError(
        `Jobs of the queue '${name}' do not run on '${named}'; they run on ${runtimes.join(
          ', ',
        )}`,
      );
    if (named !== undefined) return this.#runtimes.named(named, live);
    const candidates = this.#runtimes.candidates(live, runtimes);
    if (candidates.length)
      return this.#blocking.firstAble(candidates, { queue: name, definition });
    if (runtimes.length)
      throw new ServiceUnavailableError(
        `No runtime of the queue '${name}' is on: ${runtimes.join(', ')}`,
      );
    throw new ServiceUnavailableError(
      'No job runtime is on, in this portal or in another one on the same database. Set mlJobs.local.enabled: true to run jobs as processes of this machine, or install a module that brings a runtime.',
    );
  }

  #definitionOf(
    source: { repository: string; commit: string; definition?: string },
    { job, before }: { job?: string; before?: string },
  ): JobDefinition {
    if (source.definition !== undefined)
      return parseDefinition(source.definition, { name: job, before });
    throw new InputError(
      `${
        source.repository
      } has no downstage.yaml at commit ${source.commit.slice(
        0,
        12,
      )}; add one, or send a definition with the job`,
    );
  }

  /**
   * A right to run a project is a right to read it: its code, and the output of its code. The owners of a project of the
   * portal run it, or a caller in the name of one. Projects from elsewhere are open to everybody who reaches them.
   */
  async #requireSource(
    { repository, owners }: { repository: string; owners: string[] },
    owner: string,
    caller: Caller,
  ) {
    if (!owners.length || owners.includes(owner)) return;
    const own = await this.#authorizer.groupsOf(caller);
    if (owners.some(ref => own.includes(ref))) return;
    try {
      await this.#authorizer.requireOwner({
        caller,
        permission: jobsSubmitPermission,
        owner: owners[0],
      });
    } catch (error) {
      throw new NotAllowedError(
        `The project '${nameOf(repository)}' belongs to ${owners.join(
          ', ',
        )}; only members may run it`,
        error,
      );
    }
  }

  /**
   * A job may train a model only for those who own it. A model that is not in the catalog yet belongs to nobody. So a
   * template can submit the first job before the catalog has read the new entity.
   */
  async #requireModel(model: string, owner: string, caller: Caller) {
    const { kind } = parseEntityRef(model);
    if (kind.toLowerCase() !== 'model') {
      throw new InputError(
        `'${model}' is a ${kind}; expected a model such as model:default/tumour-malignancy`,
      );
    }
    const entity = await this.#catalog.getEntityByRef(model, caller);
    const registered = await this.#registeredOwners.ownerOf(model);
    const modelOwner = registered ?? (entity && ownerOf(entity));
    if (!modelOwner || modelOwner === owner) return;
    await this.#authorizer.requireOwner({
      caller,
      permission: jobsSubmitPermission,
      owner: modelOwner,
    });
  }
}

/** A job has the rights of the token that submits it; without a right to read data its inputs could not be found. */
function requireDataScope(
  { inputs = [] }: JobDefinition,
  caller: Caller,
  tokenScopes: TokenScopes,
) {
  if (!inputs.length || caller.kind !== 'token') return;
  const needed = 'ml.data.read';
  const { tokenName, scopes } = caller.token;
  if (tokenScopes.allow(scopes, needed)) return;
  throw new NotAllowedError(
    `The job reads ${inputs
      .map(({ dataset }) => dataset)
      .join(
        ', ',
      )} with the rights of the token '${tokenName}', which has the scopes ${scopes.join(
      ', ',
    )}; ${needed} needs ${
      tokenScopes.scopesWith(needed).join(' or ') || 'the plugin ml-data'
    }`,
  );
}

/** A project that names a queue of a cluster runs on a portal without queues as well. */
function unknownQueue(
  definition: JobDefinition,
  { name }: QueueOptions,
): Job['warnings'] {
  const { queue } = definition;
  if (queue === undefined || queue === name) return [];
  const message = `'${queue}' is left out: no queues are configured here, so the job waits in '${name}'`;
  return [{ option: 'queue', message }];
}

/** A job that is run again goes on where its runtime is off, and its page says so. */
function insteadOf(off: string, runtime: string) {
  return {
    option: 'runtime',
    message: `The runtime '${off}' of the job that is run again is off; this one runs on '${runtime}'`,
  };
}

/** What the audit trail keeps of a job that was made. */
function auditedJob({ id, owner, model, source }: Job) {
  return {
    job: id,
    owner,
    ...(model && { model }),
    repository: source.repository,
    ...(source.commit && { commit: source.commit }),
  };
}

function canonical(ref: string): string {
  try {
    return stringifyEntityRef(parseEntityRef(ref));
  } catch (error) {
    throw new InputError(`Not an entity ref: '${ref}'`, error);
  }
}

function nameOf(repository: string): string {
  const name = repository
    .replace(/\/+$/, '')
    .replace(/\.git$/, '')
    .split('/')
    .at(-1);
  return name || 'job';
}
