import type {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import {
  InputError,
  NotAllowedError,
  ServiceUnavailableError,
} from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock, NewId, ParsedOf } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type RegisteredOwners,
} from '@downstage/node';
import {
  jobsChangePermission,
  jobsReadPermission,
  jobsSubmitPermission,
  type Job,
  type JobDefinition,
  type JobLog,
  type MlJobsContract,
  type Queue,
  type TokenIntrospection,
} from '@downstage/plugin-ml-jobs-common';
import {
  hasIsolation,
  hasLogs,
  type DataAccess,
} from '@downstage/plugin-ml-jobs-node';
import type { Request } from 'express';
import { isOver } from '../domain/jobStates';
import { parseDefinition } from '../domain/parseDefinition';
import { conflictOver, type JobStore } from '../stores/JobStore';
import type { JobRow } from '../stores/rows';
import type { RuntimeStore } from '../stores/RuntimeStore';
import type { TokenStore } from '../stores/TokenStore';
import type { Runtimes } from './Runtimes';
import type { SourceService } from './SourceService';

type Call = { credentials: BackstageCredentials; request?: Request };

/** What people and other plugins do with jobs: authorise, load, decide, save, announce. */
export class JobService {
  readonly #store: JobStore;
  readonly #tokens: TokenStore;
  readonly #sources: SourceService;
  readonly #runtimes: Runtimes;
  readonly #runtimeStore: RuntimeStore;
  readonly #authorizer: Authorizer;
  readonly #auditor: AuditorService;
  readonly #catalog: CatalogService;
  readonly #registeredOwners: RegisteredOwners;
  readonly #dataAccess: () => DataAccess | undefined;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #announce: (id: string) => Promise<void>;

  constructor(options: {
    store: JobStore;
    tokens: TokenStore;
    sources: SourceService;
    runtimes: Runtimes;
    /** What other portals on the same database have. */
    runtimeStore: RuntimeStore;
    authorizer: Authorizer;
    auditor: AuditorService;
    catalog: CatalogService;
    registeredOwners: RegisteredOwners;
    /** Whoever decides about data, where it is installed. */
    dataAccess: () => DataAccess | undefined;
    clock: Clock;
    newId: NewId;
    /** Tells the reconciler, the event bus and the pages, after commit. */
    announce: (id: string) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#tokens = options.tokens;
    this.#sources = options.sources;
    this.#runtimes = options.runtimes;
    this.#runtimeStore = options.runtimeStore;
    this.#authorizer = options.authorizer;
    this.#auditor = options.auditor;
    this.#catalog = options.catalog;
    this.#registeredOwners = options.registeredOwners;
    this.#dataAccess = options.dataAccess;
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
        request: call.request,
        // Not the repository: an address that is refused may hold a password.
        meta: { ...this.#actor(call), owner, ...(model && { model }) },
        result: auditedJob,
      },
      () => this.#submit(request, call),
    );
  }

  async #submit(
    request: ParsedOf<MlJobsContract['submitJob']>['body'],
    { credentials }: Call,
  ): Promise<Job> {
    const owner = canonical(request.owner);
    await this.#authorizer.require({
      credentials,
      permission: jobsSubmitPermission,
      owner,
      model: request.model && canonical(request.model),
    });
    return this.#create({ ...request, owner }, { credentials });
  }

  async rerun(
    id: string,
    request: ParsedOf<MlJobsContract['rerunJob']>['body'],
    call: Call,
  ): Promise<Job> {
    const { reason } = request;
    return audited(
      this.#auditor,
      {
        eventId: 'job-rerun',
        request: call.request,
        meta: {
          ...this.#actor(call),
          rerunOf: id,
          ...(reason && { reason }),
        },
        result: auditedJob,
      },
      () => this.#rerun(id, request, call),
    );
  }

  async #rerun(
    id: string,
    request: ParsedOf<MlJobsContract['rerunJob']>['body'],
    { credentials }: Call,
  ): Promise<Job> {
    await this.#authorizer.requireAny({
      credentials,
      permission: jobsSubmitPermission,
    });
    const { owner, ...job } = await this.#store.row(id);
    await this.#authorizer.require({
      credentials,
      permission: jobsSubmitPermission,
      owner,
      model: job.model,
    });
    return this.#create(
      {
        // The ref may have moved on, and its downstage.yaml with it; a definition that was sent stays.
        source: { repository: job.repository, ref: job.ref },
        ...(job.definition_given && { definition: job.definition }),
        parameters: { ...job.parameters, ...request.parameters },
        owner,
        model: job.model,
        rerunOf: id,
        reason: request.reason,
      },
      { credentials },
    );
  }

  async list(
    query: ParsedOf<MlJobsContract['listJobs']>['query'],
    { credentials }: Call,
  ) {
    await this.#authorizer.require({
      credentials,
      permission: jobsReadPermission,
    });
    return this.#store.list(query);
  }

  async get(id: string, { credentials }: Call): Promise<Job> {
    await this.#authorizer.require({
      credentials,
      permission: jobsReadPermission,
    });
    return this.#store.get(id);
  }

  async cancel(
    id: string,
    request: { reason?: string },
    call: Call,
  ): Promise<Job> {
    const { reason } = request;
    return audited(
      this.#auditor,
      {
        eventId: 'job-cancel',
        request: call.request,
        meta: { ...this.#actor(call), job: id, ...(reason && { reason }) },
        result: ({ owner, state }) => ({ owner, state }),
      },
      () => this.#cancel(id, request, call),
    );
  }

  async #cancel(
    id: string,
    request: { reason?: string },
    { credentials }: Call,
  ): Promise<Job> {
    // Read first would tell a stranger that the job exists; the permission alone is asked before.
    await this.#authorizer.require({
      credentials,
      permission: jobsChangePermission,
    });
    const job = await this.#store.row(id);
    await this.#authorizer.require({
      credentials,
      permission: jobsChangePermission,
      owner: job.owner,
      model: job.model ?? undefined,
    });
    if (isOver(job.state))
      throw conflictOver(job, 'only a job that waits or runs can be cancelled');

    const now = this.#clock().toISOString();
    const message = `Cancelled by ${this.#authorizer.actor(credentials)}${
      request.reason ? `: ${request.reason}` : ''
    }`;
    const done =
      job.state === 'queued' &&
      (await this.#store.change(
        job,
        {
          to: 'cancelled',
          reason: 'Cancelled',
          message,
          endedAt: now,
          nextAt: null,
          timeline: { at: now, type: 'cancelled', message },
        },
        { now },
      ));
    if (!done && !(await this.#store.requestCancel(id, { now, message }))) {
      const ended = await this.#store.row(id);
      if (isOver(ended.state) && ended.state !== 'cancelled')
        throw conflictOver(ended, 'it ended before it could be cancelled');
    }
    await this.#announce(id);
    return this.#store.get(id);
  }

  async log(
    id: string,
    request: { offset: number; limit: number },
    { credentials }: Call,
  ): Promise<JobLog> {
    await this.#authorizer.require({
      credentials,
      permission: jobsReadPermission,
    });
    await this.#requireDataOf(await this.#store.row(id), credentials);
    return this.readLog(id, request);
  }

  /**
   * A log may quote the data that the job read, so it is for whoever may read that data.
   *
   * @throws NotAllowedError that names the data set and whom to ask
   */
  async #requireDataOf(job: JobRow, credentials: BackstageCredentials) {
    const refs = [
      ...new Set([
        ...job.inputs.map(({ ref }) => ref),
        ...(job.definition.inputs ?? []).map(({ dataset }) => dataset),
      ]),
    ];
    if (!refs.length) return;
    const access = this.#dataAccess();
    if (access) {
      const [refusal] = await access.refusals(refs, { credentials });
      if (!refusal) return;
      throw Object.assign(
        new NotAllowedError(
          `The log of job ${job.id} may show ${refusal.ref}. ${refusal.message}`,
        ),
        { code: 'ml-data.access-needed' },
      );
    }
    if (this.#authorizer.isService(credentials)) return;
    if (await this.#authorizer.owns(credentials, job.owner)) return;
    throw new NotAllowedError(
      `The log of job ${job.id} may show ${refs.join(
        ', ',
      )}, and nothing is installed that decides who reads data: it is for ${
        job.owner
      } only`,
    );
  }

  /** The log without asking again: for the rest of a stream whose beginning was authorised. */
  async readLog(
    id: string,
    request: { offset: number; limit: number },
  ): Promise<JobLog> {
    // The state is read before the text: a job that is over here has written all of its log.
    const job = await this.#store.row(id);
    const runtime = this.#runtimes.reader(job.runtime, job.place);
    if (!runtime && job.place) {
      const holder = await this.#runtimeStore.holderOf(job.place);
      throw new ServiceUnavailableError(
        `The log of job ${id} is kept by ${
          holder ?? 'a portal that has not been seen lately'
        }; this portal cannot read it`,
      );
    }
    if (!runtime || !hasLogs(runtime)) {
      return { text: '', offset: 0, nextOffset: 0, end: isOver(job.state) };
    }
    const { size, ...piece } = await runtime.readLog(
      runtime.handleOf({ jobId: id, attempt: Math.max(1, job.attempt) }),
      request,
    );
    return { ...piece, end: isOver(job.state) && piece.nextOffset >= size };
  }

  async queue(
    page: { cursor?: string; limit: number },
    { credentials }: Call,
  ): Promise<Queue> {
    await this.#authorizer.require({
      credentials,
      permission: jobsReadPermission,
    });
    const live = await this.#live();
    const runtime = this.#runtimes.default(live);
    const having = live.filter(one => one.runtime === runtime);
    const own = runtime ? this.#runtimes.find(runtime) : undefined;
    const isolation =
      own && hasIsolation(own) ? own.isolation : having[0]?.isolation;
    const { items, total, nextCursor } = await this.#store.waiting(page);
    let slots = having.reduce((sum, one) => sum + one.slots, 0);
    // The portal has not told of its own runtime yet.
    if (own && !having.length) slots = (await own.capacity()).slots;
    return {
      slots,
      ...(runtime && { runtime }),
      ...(isolation && { isolation: { ...isolation } }),
      running: await this.#store.active(),
      queued: items,
      waiting: total,
      ...(nextCursor && { nextCursor }),
      portals: [...new Set(having.map(({ holder }) => holder))],
    };
  }

  #live() {
    return this.#runtimeStore.live(this.#clock());
  }

  /** For other plugins, never for people: who asks learns whom a token belongs to. */
  async introspect(
    token: string,
    { credentials }: Call,
  ): Promise<TokenIntrospection> {
    await this.#authorizer.require({
      credentials,
      permission: jobsReadPermission,
    });
    if (!this.#authorizer.isService(credentials)) {
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
      parameters?: Job['parameters'];
      owner: string;
      model?: string;
      idempotencyKey?: string;
      rerunOf?: string;
      reason?: string;
    },
    { credentials }: Call,
  ): Promise<Job> {
    const runtime = await this.#requireRuntime();
    const source = await this.#sources.resolve(request.source);
    await this.#requireSource(source, request.owner, credentials);
    const definition = request.definition ?? this.#definitionOf(source);
    const model = request.model ?? definition.model;
    const modelRef = model && canonical(model);
    if (modelRef)
      await this.#requireModel(modelRef, request.owner, credentials);

    const actor = this.#authorizer.actor(credentials);
    const { id, created } = await this.#store.insert({
      id: this.#newId(),
      name:
        definition.name ??
        (modelRef ? parseEntityRef(modelRef).name : nameOf(source.repository)),
      owner: request.owner,
      model: modelRef,
      source: {
        repository: source.repository,
        ref: request.source.ref,
        commit: source.commit,
      },
      definition,
      definitionGiven: request.definition !== undefined,
      parameters: { ...definition.parameters, ...request.parameters },
      warnings: source.warnings,
      runtime,
      createdBy: actor,
      submitterGroups: await this.#authorizer.groupsOf(credentials),
      rerunOf: request.rerunOf,
      idempotencyKey: request.idempotencyKey,
      createdAt: this.#clock().toISOString(),
      message: `${
        request.rerunOf ? `Run again (${request.rerunOf})` : 'Submitted'
      } by ${actor}${request.reason ? `: ${request.reason}` : ''}`,
    });
    if (created) await this.#announce(id);
    return this.#store.get(id);
  }

  #actor({ credentials }: Call) {
    return this.#authorizer.who(credentials);
  }

  async #requireRuntime(): Promise<string> {
    const runtime = this.#runtimes.default(await this.#live());
    if (runtime) return runtime;
    throw new ServiceUnavailableError(
      'No job runtime is on, in this portal or in another one on the same database. Set mlJobs.local.enabled: true to run jobs as processes of this machine, or install a module that brings a runtime.',
    );
  }

  #definitionOf(source: {
    repository: string;
    commit: string;
    definition?: string;
  }): JobDefinition {
    if (source.definition !== undefined)
      return parseDefinition(source.definition);
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
   * Who runs a project reads it: its code, and what the code prints. A project of the portal is run by its owners, or in the
   * name of one; projects from elsewhere are open to whoever reaches them.
   */
  async #requireSource(
    { repository, owners }: { repository: string; owners: string[] },
    owner: string,
    credentials: BackstageCredentials,
  ) {
    if (!owners.length || owners.includes(owner)) return;
    const own = await this.#authorizer.groupsOf(credentials);
    if (owners.some(ref => own.includes(ref))) return;
    try {
      await this.#authorizer.require({
        credentials,
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
   * A job may train a model only for those who own it. A model that is not in the catalog yet belongs to nobody, so
   * that a template can submit the first job before the catalog has read the new entity.
   */
  async #requireModel(
    model: string,
    owner: string,
    credentials: BackstageCredentials,
  ) {
    const { kind } = parseEntityRef(model);
    if (kind.toLowerCase() !== 'model') {
      throw new InputError(
        `'${model}' is a ${kind}; expected a model such as model:default/tumour-malignancy`,
      );
    }
    const entity = await this.#catalog.getEntityByRef(model, { credentials });
    const registered = await this.#registeredOwners.ownerOf(model);
    const owners = registered
      ? [registered]
      : (entity?.relations ?? [])
          .filter(({ type }) => type === 'ownedBy')
          .map(({ targetRef }) => targetRef);
    if (!owners.length || owners.includes(owner)) return;
    await this.#authorizer.require({
      credentials,
      permission: jobsSubmitPermission,
      owner: owners[0],
    });
  }
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
