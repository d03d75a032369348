import type { AuthService } from '@backstage/backend-plugin-api';
import { NotFoundError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Lease, ReconcilePatch } from '@downstage/node';
import type { JobAttempt } from '@downstage/plugin-ml-jobs-common';
import {
  endsWithPortal,
  placeOf,
  type CancelReason,
  type InputResolver,
  type JobHandle,
  type JobObservation,
  type JobRuntime,
  type JobSpec,
  type FoundInput,
  type WorkerObservation,
} from '@downstage/plugin-ml-jobs-node';
import {
  decideAfterAttempt,
  placeLost,
  type AttemptEnd,
} from '../domain/decideAfterAttempt';
import { isLimited, sentenceOf } from '../domain/admission/sentenceOf';
import type { Room, WhyNot } from '../domain/admission/snapshot';
import { refusalOf } from '../domain/decideHonoured';
import { durationMs } from '../domain/duration';
import {
  attemptInput,
  attemptLog,
  attemptSource,
} from '../domain/attemptAddresses';
import { isOver, isWaiting, type Mover } from '../domain/jobStates';
import { jobVariables } from '../domain/jobVariables';
import { PlaceWatch } from '../domain/PlaceWatch';
import { usageOf } from '../domain/usageOf';
import { warnOfOutputs } from '../domain/warnOfOutputs';
import { formatWorker } from '../domain/workerName';
import { Admission, type AdmissionFacts } from '../services/Admission';
import type { Blocking } from '../services/Blocking';
import { callerOfRow } from '../services/callerOfRow';
import { handleOf } from '../services/handleOf';
import { inTime, type TimeLimit } from '../services/inTime';
import type { JobOutputs } from '../services/JobOutputs';
import type { JobLogs } from '../services/JobLogs';
import type { Runtimes } from '../services/Runtimes';
import type { SourceService } from '../services/SourceService';
import type { JobChange, JobStore } from '../stores/JobStore';
import { plannedOf, type JobRow } from '../stores/rows';
import { placeKey, type RuntimeStore } from '../stores/RuntimeStore';
import type { TokenStore } from '../stores/TokenStore';

/** The address of a plugin, as jobs of a runtime reach it. */
export type AddressOf = (
  pluginId: string,
  from: JobRuntime['trackingUrl'],
) => Promise<string>;

/** How long a job waits for a data service that does not answer. */
const inputPatienceMs = 10 * 60_000;
/** Files of inputs may be checked or copied; the wait for all of them ends within the time of a step. */
const resolveMs = 4 * 60_000;
/** An attempt is given time to end by itself; the wait for that ends within the time of a step. */
const cancelMs = 4 * 60_000;
const submitMs = 60_000;
/** How often a job is looked at that a limit keeps from a runtime that admits by itself. */
const limitMs = 60_000;

/** What the outside is told after a job changed. */
export type JobChanged = {
  id: string;
  ended?: 'succeeded' | 'failed' | 'cancelled';
};

/**
 * Brings jobs to their desired state, one step at a time. A job leaves the queue when there is a slot, or when the
 * runtime has a queue of its own. It goes through preparing and running, as the runtime sees it, to an end or a new
 * attempt.
 *
 * @remarks
 * A step decides from what it sees (row and runtime) and not from what was done before. So it may run twice. The first
 * step after a crash is like any other. Attempts are numbered and a runtime starts each number once. A job leaves
 * `running` in every case: the runtime knows how it ended, or says that it is lost.
 */
export class JobReconciler {
  readonly #store: JobStore;
  readonly #tokens: TokenStore;
  readonly #runtimes: Runtimes;
  readonly #sources: SourceService;
  readonly #logs: JobLogs;
  readonly #outputs: JobOutputs;
  readonly #resolvers: () => readonly InputResolver[];
  readonly #auth: AuthService;
  readonly #addressOf: AddressOf;
  readonly #clock: Clock;
  readonly #admission: Admission;
  readonly #blocking: Blocking;
  readonly #runtimeStore: Pick<RuntimeStore, 'signs' | 'holderOf'>;
  readonly #lostAfterMs: number;
  readonly #watch: PlaceWatch;
  readonly #onChange: (change: JobChanged) => Promise<void>;
  readonly #timeLimit?: TimeLimit;
  #stopping = false;
  /** The last in line of each runtime. */
  readonly #admitting = new Map<string, Promise<unknown>>();

  constructor(options: {
    store: JobStore;
    tokens: TokenStore;
    runtimes: Runtimes;
    sources: SourceService;
    logs: JobLogs;
    outputs: JobOutputs;
    resolvers: () => readonly InputResolver[];
    auth: AuthService;
    addressOf: AddressOf;
    clock: Clock;
    /** The one without limits unless given. */
    admission?: Admission;
    blocking: Blocking;
    /** What all portals have told of their runtimes. */
    runtimeStore: Pick<RuntimeStore, 'signs' | 'holderOf'>;
    /** How long a place may be silent before its attempts are given up. */
    lostAfterMs: number;
    onChange: (change: JobChanged) => Promise<void>;
    /** How long a finder of inputs may take before it counts as one that does not answer. */
    timeLimit?: TimeLimit;
  }) {
    this.#store = options.store;
    this.#tokens = options.tokens;
    this.#runtimes = options.runtimes;
    this.#sources = options.sources;
    this.#logs = options.logs;
    this.#outputs = options.outputs;
    this.#resolvers = options.resolvers;
    this.#auth = options.auth;
    this.#addressOf = options.addressOf;
    this.#clock = options.clock;
    this.#admission =
      options.admission ?? new Admission({ clock: options.clock });
    this.#blocking = options.blocking;
    this.#runtimeStore = options.runtimeStore;
    this.#lostAfterMs = options.lostAfterMs;
    this.#watch = new PlaceWatch(options);
    this.#onChange = options.onChange;
    this.#timeLimit = options.timeLimit;
  }

  /** One step of one job. */
  async reconcile(lease: Lease): Promise<ReconcilePatch | undefined> {
    const job = await this.#store.row(lease.id);
    if (isOver(job.state)) return { next_reconcile_at: null };
    const runtime = this.#runtimes.find(job.runtime);
    if (!runtime) {
      return this.#wait(lease, job, 30_000, {
        reason: 'RuntimeMissing',
        message: `Waits for the runtime '${job.runtime}', which is not installed or switched off`,
      });
    }
    if (isWaiting(job.state)) return this.#admit(lease, job, runtime);
    if (isElsewhere(job, runtime))
      return { next_reconcile_at: this.#clock().toISOString() };
    return this.#follow(lease, job, runtime);
  }

  /**
   * Ends what cannot outlive the portal. Jobs go back to the queue with `PortalStopped`; nothing is started after. If
   * the rows cannot be written any more, the runtime still remembers the reason. The next start does the rest.
   */
  async stop(): Promise<void> {
    this.#stopping = true;
    const active = await this.#store.active();
    await Promise.all(
      active.map(async ({ id }) => {
        const job = await this.#store.row(id);
        const runtime = this.#runtimes.find(job.runtime);
        if (
          !runtime ||
          isElsewhere(job, runtime) ||
          !endsWithPortal(runtime) ||
          isOver(job.state) ||
          isWaiting(job.state)
        )
          return;
        const handle = handleOf(job, runtime);
        await this.#cancel(runtime, handle, 'PortalStopped');
        await this.#finish(
          undefined,
          job,
          await this.#inspect(runtime, handle),
        );
      }),
    );
  }

  async #inspect(
    runtime: JobRuntime,
    handle: JobHandle,
  ): Promise<JobObservation> {
    return storable(
      await this.#runtimes.ask(runtime, () => runtime.inspect(handle)),
    );
  }

  #cancel(
    runtime: JobRuntime,
    handle: JobHandle,
    reason: CancelReason,
  ): Promise<void> {
    return this.#runtimes.ask(
      runtime,
      () => runtime.cancel(handle, { reason }),
      cancelMs,
    );
  }

  /** One at a time of each runtime, so that two jobs never take one slot. */
  #admit(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const before = this.#admitting.get(runtime.id) ?? Promise.resolve();
    const turn = before.then(() => this.#admitNow(lease, job, runtime));
    this.#admitting.set(
      runtime.id,
      turn.catch(() => undefined),
    );
    return turn;
  }

  async #admitNow(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    if (job.cancel_requested_at) {
      const message = job.cancel_message ?? 'Cancelled';
      await this.#write(lease, job, {
        to: 'cancelled',
        by: cancelledBy(job),
        reason: 'Cancelled',
        message,
        endedAt: now.toISOString(),
        nextAt: null,
        timeline: { at: now.toISOString(), type: 'cancelled', message },
      });
      return undefined;
    }
    if (job.state === 'held') return { next_reconcile_at: null };
    if (!(await this.#blocking.settle(job))) return { next_reconcile_at: null };
    // It waits again, and is looked at as one that does.
    if (job.state === 'blocked') return undefined;
    const facts = await this.#store.facts();
    const planned = plannedOf(job);
    if (runtime.admission === 'runtime') {
      if (this.#stopping) return { next_reconcile_at: now.toISOString() };
      // What is free is its business; whether its queue lets jobs start at all is ours.
      const { whyNot } = this.#admission.decide(
        { ...facts, waiting: [planned] },
        [{ runtime: runtime.id, capacity: {} }],
      );
      const why = whyNot.get(job.id);
      if (why && isLimited(why)) {
        await this.#stays(lease, job, why);
        return { next_reconcile_at: later(now, limitMs) };
      }
      // It has a queue of its own, and gets each job at once.
      await this.#begin(lease, job, { place: placeOf(runtime) });
      return undefined;
    }
    if (this.#stopping) return { next_reconcile_at: null };
    const room = await this.#roomOf(runtime);
    // What cannot start if it were alone cannot start among others. A job that ends has the next ones looked at, so
    // nobody looks at all that wait.
    const alone = this.#admission.decide({ ...facts, waiting: [planned] }, [
      room,
    ]);
    if (!alone.admit.length && !alone.preempt.length)
      return this.#stays(lease, job, alone.whyNot.get(job.id));
    const first = await this.#decide(facts, room);
    if (!first.includes(job.id)) {
      await this.#store.markDue({ ids: first }, now.toISOString());
      return { next_reconcile_at: null };
    }
    const admitted = await this.#begin(lease, job, {
      place: room.place,
      admits: running =>
        this.#admission.decide({ ...facts, running, waiting: [planned] }, [
          room,
        ]).admit.length > 0,
    });
    // Another portal took the place, or the job was cancelled; in that case the lease is gone and this changes nothing.
    if (!admitted) return { next_reconcile_at: later(now, 1_000) };
    return undefined;
  }

  /** What the runtime has here, in all. */
  async #roomOf(runtime: JobRuntime): Promise<Room> {
    const capacity = await this.#runtimes.capacity(runtime);
    const place = placeOf(runtime);
    return { runtime: runtime.id, ...(place && { place }), capacity };
  }

  /** Who starts now in a room. Others are told to stop where that makes room for one that comes first. */
  async #decide(facts: AdmissionFacts, room: Room): Promise<string[]> {
    const { admit, preempt } = this.#admission.decide(
      {
        ...facts,
        waiting: await this.#store.candidates(
          room.runtime,
          room.capacity.slots,
        ),
      },
      [room],
    );
    const now = this.#clock().toISOString();
    for (const one of new Set(preempt.map(victim => victim.for))) {
      const ids = preempt.filter(victim => victim.for === one);
      await this.#store.requestPreempt(
        ids.map(({ id }) => id),
        { for: one, now },
      );
    }
    return admit.map(({ id }) => id);
  }

  /** The page says which limit of its queue holds a job back. */
  async #stays(
    lease: Lease,
    job: JobRow,
    why: WhyNot | undefined,
  ): Promise<ReconcilePatch> {
    if (why && isLimited(why)) {
      const message = sentenceOf(why, { queue: job.queue, owner: job.owner });
      if (message !== job.message)
        await this.#write(lease, job, { reason: why.reason, message });
    } else if (why && isLimited(job)) {
      const message = 'Waits for room';
      await this.#write(lease, job, { reason: 'Submitted', message });
    }
    return { next_reconcile_at: null };
  }

  /** Takes a job out of our queue, with a new attempt. */
  #begin(
    lease: Lease,
    job: JobRow,
    { place, admits }: { place?: string; admits?: JobChange['admits'] },
  ): Promise<boolean> {
    const now = this.#clock().toISOString();
    const number = job.attempt + 1;
    return this.#write(lease, job, {
      to: 'preparing',
      ...(admits && {
        admits,
        via: [
          {
            ...{ state: 'admitted', reason: 'Admitted' },
            by: { kind: 'queue', name: job.queue },
            message: `Got its place, with the priority ${job.priority}`,
          },
        ],
      }),
      place: place ?? null,
      handle: null,
      reason: 'Preparing',
      message: 'Preparing',
      nextAt: now,
      attempt: { number, state: 'preparing' },
      timeline: {
        at: now,
        type: 'preparing',
        message: number === 1 ? 'Preparing' : `Preparing attempt ${number}`,
      },
    });
  }

  async #follow(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    const handle = handleOf(job, runtime);
    if (job.cancel_requested_at)
      await this.#cancel(runtime, handle, 'Cancelled');
    else if (job.preempted_for) await this.#preempt(runtime, job);
    let seen = await this.#inspect(runtime, handle);

    const timeout =
      job.definition.timeout && durationMs(job.definition.timeout);
    const overdue =
      timeout &&
      seen.state === 'running' &&
      seen.startedAt &&
      now.getTime() - Date.parse(seen.startedAt) > timeout;
    if (overdue) {
      await this.#cancel(runtime, handle, 'TimedOut');
      seen = await this.#inspect(runtime, handle);
    }

    // A lookup that fails here is asked again at the next look, and is a warning at the end.
    if (seen.state === 'running' || seen.state === 'waiting')
      await this.#logs.fetch(job, runtime, seen.workers);

    switch (seen.state) {
      case 'absent':
        return this.#submit(lease, job, runtime);
      case 'waiting':
        return this.#waiting(lease, job, seen);
      case 'preparing':
        return this.#wait(lease, job, 1_000, {
          message: seen.message ?? job.message,
          ...(job.state === 'preempted' && { to: 'preparing' }),
          by: { kind: 'runtime', id: runtime.id },
          // Its time in the queue of the runtime ends here.
          ...(job.waiting && {
            reason: 'Preparing',
            waiting: null,
            timeline: {
              at: now.toISOString(),
              type: 'preparing',
              message: 'Preparing',
            },
          }),
        });
      case 'running':
        return this.#running(lease, job, seen, timeout || undefined);
      default:
        await this.#finish(lease, job, seen);
        return undefined;
    }
  }

  /** Ends an attempt for another job, if that one still waits. */
  async #preempt(runtime: JobRuntime, job: JobRow): Promise<void> {
    if (await this.#store.isWaiting(job.preempted_for ?? ''))
      await this.#cancel(runtime, handleOf(job, runtime), 'Preempted');
    else await this.#store.forgetPreempt(job.id);
  }

  async #submit(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    if (this.#stopping) return { next_reconcile_at: now.toISOString() };
    if (job.state !== 'preparing') {
      // It ran and its runtime has forgotten it: the folder was deleted, say.
      await this.#finish(lease, job, {
        state: 'lost',
        reason: 'ProcessLost',
        message: 'The runtime knows nothing of this attempt any more',
      });
      return undefined;
    }
    // Asked again: it may have been submitted to another portal, or before this version.
    const honoured = this.#runtimes.honours(runtime.id, job.definition);
    // A job that ran before is not lost because a later release is stricter.
    const ranBefore = job.attempt > 1;
    if (honoured?.refusals.length && !ranBefore) {
      await this.#finish(lease, job, {
        state: 'failed',
        reason: 'RuntimeUnable',
        message: refusalOf(runtime.id, honoured.refusals),
      });
      return undefined;
    }
    let found: Record<string, FoundInput>;
    let folder: string;
    try {
      found = await inTime(() => this.#resolveInputs(job), {
        ms: resolveMs,
        whose: 'The services that have the inputs',
        timeLimit: this.#timeLimit,
      });
      folder = await this.#sources.folderOf(job.repository);
    } catch (error) {
      return this.#inputFailed(lease, job, error);
    }
    const pinned = Object.entries(found).map(([name, { ref }]) => ({
      name,
      ref,
    }));
    // Before anything starts: a crash in between must not leave an attempt that runs on inputs nobody has written down.
    // A worker that lost the lease on the way (to a cancel, to another portal) starts nothing.
    const kept = await this.#store.change(
      job,
      { inputs: pinned },
      { now: now.toISOString(), lease },
    );
    if (!kept) return undefined;
    const token = await this.#tokens.issue({
      jobId: job.id,
      attempt: job.attempt,
      now: now.toISOString(),
    });
    const base = await this.#addressOf('ml-jobs', runtime.trackingUrl);
    const onDisk = runtime.reads === 'paths';
    const inputs = Object.fromEntries(
      Object.entries(found).map(([name, input]) => [
        name,
        attemptInput({ base, name, input, onDisk }),
      ]),
    );
    const tracking = await this.#addressOf('ml-registry', runtime.trackingUrl);
    const spec: JobSpec = {
      jobId: job.id,
      attempt: job.attempt,
      name: job.name,
      owner: job.owner,
      source: {
        repository: job.repository,
        commit: job.commit,
        fetchUrl: attemptSource(base),
        ...(onDisk && { path: folder }),
      },
      definition: job.definition,
      parameters: job.parameters,
      inputs,
      logUrl: attemptLog(base),
      token,
      variables: jobVariables({
        id: job.id,
        name: job.name,
        model: job.model,
        parameters: job.parameters,
        inputs,
        token,
        trackingUri: `${tracking}/mlflow`,
      }),
    };
    const { handle, warnings } = await this.#runtimes.ask(
      runtime,
      signal =>
        runtime.submit(spec, {
          idempotencyKey: `${job.id}/${job.attempt}`,
          signal,
        }),
      submitMs,
    );
    const patch = await this.#wait(lease, job, 500, {
      handle,
      warnings: merged(job.warnings, [
        ...(honoured?.warnings ?? []),
        ...(honoured?.refusals ?? []).map(toWarning),
        ...warnings,
      ]),
    });
    // It took so long that others have given the attempt up, and may have ended it before it began.
    const { attempt, state } = await this.#store.row(job.id);
    if (attempt !== job.attempt || isWaiting(state) || isOver(state))
      await this.#cancel(runtime, handle, 'Cancelled');
    return patch;
  }

  async #resolveInputs(job: JobRow): Promise<Record<string, FoundInput>> {
    // The job reads with the rights of its submitter, never with those of the portal.
    const { credentials } = callerOfRow(
      job,
      await this.#auth.getOwnServiceCredentials(),
    );
    const resolved: Record<string, FoundInput> = {};
    for (const { name, dataset } of job.definition.inputs ?? []) {
      // The inputs of an earlier attempt are read again, though a newer version may be there by now.
      const ref = job.inputs.find(input => input.name === name)?.ref ?? dataset;
      let found: FoundInput | undefined;
      for (const resolver of this.#resolvers()) {
        found ??= await resolver.resolve(ref, { credentials });
      }
      if (!found) {
        throw new NotFoundError(
          this.#resolvers().length
            ? `nothing here knows '${ref}'`
            : `no input resolver is installed, so '${ref}' cannot be read`,
        );
      }
      resolved[name] = found;
    }
    return resolved;
  }

  async #inputFailed(
    lease: Lease,
    job: JobRow,
    error: unknown,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    const name = error instanceof Error ? error.name : '';
    const text = error instanceof Error ? error.message : stringifyError(error);
    const attempt = (await this.#store.attempts(job.id)).at(-1);
    const waited = attempt ? now.getTime() - Date.parse(attempt.createdAt) : 0;
    const isFinal = [
      'NotFoundError',
      'InputError',
      'NotAllowedError',
      'ConflictError',
    ].includes(name);
    if (!isFinal && waited < inputPatienceMs) {
      return this.#wait(lease, job, 5_000, {
        message: `Waiting for the inputs: ${text}`,
      });
    }
    await this.#finish(lease, job, {
      state: 'failed',
      reason: isFinal ? 'InputMissing' : 'InputUnavailable',
      message: `The inputs could not be made ready: ${text}`,
    });
    return undefined;
  }

  /** Submitted, and the runtime lets others run: the page says why, and by whom it was stopped. */
  async #waiting(
    lease: Lease,
    job: JobRow,
    seen: JobObservation,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    const { preemptedBy, position } = seen;
    const reason = seen.reason ?? (preemptedBy ? 'Preempted' : 'Waiting');
    const message =
      seen.message ?? `Waits for ${job.runtime} to let it start: ${reason}`;
    const waiting = {
      reason,
      ...(position !== undefined && { position }),
      ...(preemptedBy && { preemptedBy }),
    };
    const nextAt = later(now, 2_000);
    if (
      job.message === message &&
      JSON.stringify(job.waiting) === JSON.stringify(waiting)
    )
      return { next_reconcile_at: nextAt };
    const isNews = !job.waiting || job.waiting.preemptedBy !== preemptedBy;
    const isStopped = preemptedBy && job.state !== 'preempted';
    await this.#write(lease, job, {
      ...(isStopped && { to: 'preempted' }),
      by: { kind: 'runtime', id: job.runtime },
      reason,
      message,
      waiting,
      nextAt,
      ...(isNews && {
        timeline: {
          at: now.toISOString(),
          type: preemptedBy ? 'preempted' : 'waiting',
          message,
        },
      }),
    });
    return undefined;
  }

  async #running(
    lease: Lease,
    job: JobRow,
    seen: JobObservation,
    timeout: number | undefined,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    const startedAt = seen.startedAt ?? now.toISOString();
    const end = timeout ? Date.parse(startedAt) + timeout + 100 : Infinity;
    const nextAt = new Date(
      Math.min(now.getTime() + 3_000, Math.max(end, now.getTime())),
    ).toISOString();
    const workers = await this.#newsOf(job, seen);
    if (job.state === 'running' && !job.waiting) {
      if (!workers) return { next_reconcile_at: nextAt };
      await this.#write(lease, job, { workers, nextAt });
      return undefined;
    }
    await this.#write(lease, job, {
      // It may run again after the runtime had stopped it for another one.
      ...(job.state !== 'running' && { to: 'running' }),
      by: { kind: 'runtime', id: job.runtime },
      reason: 'Running',
      message: 'Running',
      waiting: null,
      ...(workers && { workers }),
      environment: seen.environment,
      isolation: seen.isolation,
      ...(!job.started_at && { startedAt }),
      nextAt,
      attempt: { number: job.attempt, state: 'running', startedAt },
      timeline: { at: startedAt, type: 'running', message: 'Running' },
    });
    return undefined;
  }

  /** The workers of an attempt, when one of them is not as it was last seen. */
  async #newsOf(
    job: JobRow,
    { workers }: JobObservation,
  ): Promise<WorkerObservation[] | undefined> {
    if (!workers?.length) return undefined;
    const known = new Map(
      (await this.#store.workers(job)).map(one => [formatWorker(one), one]),
    );
    const isNews = workers.some(worker => {
      const before = known.get(formatWorker(worker));
      return (
        before?.state !== worker.state ||
        before.node !== worker.node ||
        before.exitCode !== worker.exitCode
      );
    });
    return isNews ? workers : undefined;
  }

  /** Writes the end of an attempt and what follows from it. */
  async #finish(
    lease: Lease | undefined,
    before: JobRow,
    seen: JobObservation,
  ): Promise<void> {
    const end = toEnd(before, seen);
    if (!end) return;
    const job = await this.#noteRun(lease, before, seen);
    const runtime = this.#runtimes.find(job.runtime);
    const unread = await this.#fetchRest(job, runtime, seen);
    const attempts = await this.#store.attempts(job.id);
    const now = this.#clock().toISOString();
    const endedAt = seen.endedAt ?? now;
    const after = decideAfterAttempt({
      end,
      earlier: attempts.filter(({ number }) => number < job.attempt),
      retries: job.definition.retries ?? 0,
      hasCheckpoint: job.definition.checkpoint !== undefined,
    });
    const attempt: JobAttempt = {
      number: job.attempt,
      state: end.state,
      reason: end.reason,
      message: end.message,
      startedAt: seen.startedAt ?? attempts.at(-1)?.startedAt,
      endedAt,
      exitCode: seen.exitCode,
    };
    const again = after.to === 'queued';
    const outputs = again ? [] : await this.#outputs.find(job);
    const warnings = [
      ...unread,
      ...(after.to === 'succeeded' ? warnOfOutputs(outputs) : []),
    ];
    const by = moverOf(job, end, after.to);
    const passed = passedBy(job, end);
    await this.#write(lease, job, {
      to: after.to,
      ...(passed && { via: [passed] }),
      by,
      reason: after.reason,
      message: after.message,
      ...(seen.environment && { environment: seen.environment }),
      ...(seen.isolation && { isolation: seen.isolation }),
      ...(!job.started_at &&
        attempt.startedAt && { startedAt: attempt.startedAt }),
      endedAt: again ? null : endedAt,
      nextAt: again ? now : null,
      ...(again && { place: null, handle: null }),
      ...(job.waiting && { waiting: null }),
      ...(warnings.length && { warnings: merged(job.warnings, warnings) }),
      ...(outputs.length && { outputs }),
      ...(seen.workers && { workers: seen.workers }),
      ...(end.reason === placeLost &&
        job.place && {
          stray: {
            ...{ runtime: job.runtime, place: job.place },
            ...(job.handle && { handle: job.handle }),
          },
        }),
      attempt,
      usage: {
        at: endedAt,
        used: usageOf({
          resources: job.definition.resources,
          ...(runtime?.admission === 'portal' && {
            slotSince: attempts.at(-1)?.createdAt,
          }),
          startedAt: attempt.startedAt,
          endedAt,
        }),
      },
      timeline: {
        at: again ? now : endedAt,
        type: again ? 'retrying' : after.to,
        message: after.message,
      },
    });
    if (!this.#stopping) await this.dispatch();
  }

  /** The last of the log, before nobody looks any more; a warning where it is not to be had. */
  async #fetchRest(
    job: JobRow,
    runtime: JobRuntime | undefined,
    { workers }: JobObservation,
  ): Promise<JobRow['warnings']> {
    const message =
      runtime &&
      (await this.#logs.fetch(job, runtime, workers, { isEnd: true }));
    return message ? [{ option: 'log', message }] : [];
  }

  /**
   * Gives up the attempts of places that were silent for long. Ends those that others have given up here.
   *
   * @remarks
   * Its own places are never given up. Whatever fails is tried again at the next call.
   */
  async settlePlaces(): Promise<void> {
    await this.#endStrays();
    const own = new Set(
      this.#runtimes.all().flatMap(runtime => {
        const place = placeOf(runtime);
        return place ? [placeKey({ runtime: runtime.id, place })] : [];
      }),
    );
    const places = new Map(
      (await this.#store.places()).map(one => [placeKey(one), one]),
    );
    const told = await this.#runtimeStore.signs();
    const signs = new Map(
      [...places.keys()]
        .filter(key => !own.has(key))
        .map(key => [key, told.get(key)]),
    );
    for (const key of this.#watch.look(signs, this.#clock()))
      await this.#lose(places.get(key)!, signs.get(key));
  }

  /** The attempts of a place are over, as far as anybody can know. */
  async #lose(
    where: { runtime: string; place: string },
    seenAt: string | undefined,
  ): Promise<void> {
    const holder =
      (await this.#runtimeStore.holderOf(where.place)) ?? 'its place';
    const minutes = Math.round(this.#lostAfterMs / 60_000);
    for (const { id } of await this.#store.active(where)) {
      const job = await this.#store.row(id);
      if (job.place !== where.place || isWaiting(job.state)) continue;
      const since = job.started_at ?? job.admitted_at ?? job.created_at;
      await this.#finish(undefined, job, {
        ...{ state: 'lost', reason: placeLost },
        message: `Nothing was seen for ${minutes} ${
          minutes === 1 ? 'minute' : 'minutes'
        } of ${holder}, where attempt ${job.attempt} ran`,
        // It counts as used until then, and no longer.
        ...(seenAt && seenAt > since && { endedAt: seenAt }),
      });
    }
  }

  /** A portal that comes back ends what was given up meanwhile: the job may run elsewhere by now. */
  async #endStrays(): Promise<void> {
    for (const runtime of this.#runtimes.all()) {
      const place = placeOf(runtime);
      if (!place) continue;
      for (const stray of await this.#store.strays({
        ...{ runtime: runtime.id, place },
      })) {
        const { handle = runtime.handleOf(stray) } = stray;
        await this.#cancel(runtime, handle, 'Cancelled');
        await this.#store.forgetStray(stray);
      }
    }
  }

  /** Has those looked at who get the free slots. After an end, and now and then for the case that nobody could. */
  async dispatch(): Promise<void> {
    await this.#blocking.look();
    const admitting = this.#runtimes
      .all()
      .filter(({ admission }) => admission === 'runtime')
      .map(({ id }) => id);
    // Nobody calls one that rests at a runtime which has come to admit for itself.
    await this.#store.wakeQueued(admitting, this.#clock().toISOString());
    await Promise.all(
      this.#runtimes
        .all()
        .filter(({ admission }) => admission === 'portal')
        .map(runtime => this.#dispatchTo(runtime)),
    );
  }

  async #dispatchTo(runtime: JobRuntime): Promise<void> {
    // One that does not answer gets no job now, and keeps no other from theirs; the look at all runtimes warns of it.
    const room = await this.#roomOf(runtime).catch(() => undefined);
    if (!room) return;
    const ids = await this.#decide(await this.#store.facts(), room);
    await this.#store.markDue({ ids }, this.#clock().toISOString());
  }

  /** What ran and ended between two looks ran all the same: its timeline says so. */
  async #noteRun(
    lease: Lease | undefined,
    job: JobRow,
    { startedAt, environment }: JobObservation,
  ): Promise<JobRow> {
    if (job.state !== 'preparing' || !startedAt) return job;
    const noted = await this.#store.change(
      job,
      {
        to: 'running',
        by: { kind: 'runtime', id: job.runtime },
        reason: 'Running',
        ...(environment && { environment }),
        ...(!job.started_at && { startedAt }),
        attempt: { number: job.attempt, state: 'running', startedAt },
        timeline: { at: startedAt, type: 'running', message: 'Running' },
      },
      { now: this.#clock().toISOString(), lease },
    );
    return noted
      ? { ...job, state: 'running', started_at: job.started_at ?? startedAt }
      : job;
  }

  /** False when somebody else was first; nothing is written and nobody told then. */
  async #write(
    lease: Lease | undefined,
    job: JobRow,
    change: JobChange,
  ): Promise<boolean> {
    const now = this.#clock().toISOString();
    const kept = await this.#store.change(job, change, { now, lease });
    if (!kept) return false;
    const ended = (['succeeded', 'failed', 'cancelled'] as const).find(
      state => state === change.to,
    );
    await this.#onChange({ id: job.id, ended });
    return true;
  }

  /** Looks again later, and tells the page why when that is news. */
  async #wait(
    lease: Lease,
    job: JobRow,
    ms: number,
    change: JobChange,
  ): Promise<ReconcilePatch | undefined> {
    const nextAt = later(this.#clock(), ms);
    const news =
      (change.message !== undefined && change.message !== job.message) ||
      change.warnings !== undefined ||
      change.waiting !== undefined;
    if (!news) return { next_reconcile_at: nextAt };
    await this.#write(lease, job, { ...change, nextAt });
    return undefined;
  }
}

/** Runs where this portal sees nothing: it would look as if it had never begun. */
function isElsewhere(job: JobRow, runtime: JobRuntime): boolean {
  const place = placeOf(runtime);
  return place !== undefined && job.place !== undefined && job.place !== place;
}

const mostReason = 64;

/**
 * An observation as the tables take it. Part of it may come from code of the job. PostgreSQL refuses what is too long and
 * the character NUL. Then the attempt could never end.
 */
function storable(seen: JobObservation): JobObservation {
  return {
    ...seen,
    ...(seen.reason !== undefined && {
      reason: withoutNul(seen.reason).slice(0, mostReason),
    }),
    ...(seen.message !== undefined && { message: withoutNul(seen.message) }),
  };
}

function withoutNul(text: string): string {
  return text.replaceAll('\0', '');
}

function toEnd(job: JobRow, seen: JobObservation): AttemptEnd | undefined {
  const message = seen.message ?? seen.state;
  switch (seen.state) {
    case 'succeeded':
      return {
        state: 'succeeded',
        reason: seen.reason ?? 'Completed',
        message,
      };
    case 'failed':
      return { state: 'failed', reason: seen.reason ?? 'Failed', message };
    case 'lost':
      return { state: 'lost', reason: seen.reason ?? 'ProcessLost', message };
    case 'cancelled':
      if (seen.reason === 'TimedOut') {
        return {
          state: 'failed',
          reason: 'TimedOut',
          message: `${message} of ${job.definition.timeout}`,
        };
      }
      return {
        state: 'cancelled',
        reason: seen.reason ?? 'Cancelled',
        message: whyCancelled(job, seen.reason, message),
      };
    default:
      return undefined;
  }
}

function cancelledBy(job: JobRow): Mover {
  return { kind: 'person', actor: job.cancel_requested_by ?? 'somebody' };
}

/** Ends that the portal found by itself, of an attempt that its runtime had not begun or not given up. */
const ownReasons = new Set([
  ...['InputMissing', 'InputUnavailable', 'RuntimeUnable', 'TimedOut'],
]);

/** Who brings about what follows from the end of an attempt. */
function moverOf(
  job: JobRow,
  { state, reason }: AttemptEnd,
  to: JobChange['to'],
): Mover {
  if (to === 'queued' || state === 'lost' || ownReasons.has(reason))
    return { kind: 'portal' };
  return to === 'cancelled' && job.cancel_requested_at
    ? cancelledBy(job)
    : { kind: 'runtime', id: job.runtime };
}

/** The moment between an attempt that was stopped or is gone and what follows. */
function passedBy(
  job: JobRow,
  { state, reason, message }: AttemptEnd,
): NonNullable<JobChange['via']>[number] | undefined {
  if (state === 'lost') {
    const by: Mover =
      reason === placeLost
        ? { kind: 'portal' }
        : { kind: 'runtime', id: job.runtime };
    return { state: 'lost', by, reason, message };
  }
  if (reason !== 'Preempted' || job.state === 'preempted') return undefined;
  const by = { kind: 'queue' as const, name: job.queue };
  return { state: 'preempted', by, reason, message };
}

function whyCancelled(
  job: JobRow,
  reason: string | undefined,
  message: string,
): string {
  if (reason === 'Cancelled') return job.cancel_message ?? message;
  // Which one: not all who read this job may see that one.
  if (reason === 'Preempted' && job.preempted_for)
    return 'Stopped for a job that comes first';
  return message;
}

/** `resources.gpus: 2 asked for, and it gives none`, of a job that runs all the same. */
function toWarning(refusal: string): JobRow['warnings'][number] {
  const [option, ...message] = refusal.split(': ');
  return { option, message: message.join(': ') };
}

/** An earlier warning about the same option is out of date. */
function merged(
  earlier: JobRow['warnings'],
  news: JobRow['warnings'],
): JobRow['warnings'] {
  const others = earlier.filter(
    known => !news.some(({ option }) => option === known.option),
  );
  return [...others, ...news];
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
