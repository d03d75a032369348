import type { AuthService } from '@backstage/backend-plugin-api';
import { NotFoundError, stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { callerOfJob, type Lease, type ReconcilePatch } from '@downstage/node';
import type { JobAttempt } from '@downstage/plugin-ml-jobs-common';
import {
  endsWithPortal,
  placeOf,
  type InputResolver,
  type JobObservation,
  type JobRuntime,
  type ResolvedInput,
} from '@downstage/plugin-ml-jobs-node';
import {
  decideAfterAttempt,
  type AttemptEnd,
} from '../domain/decideAfterAttempt';
import { durationMs } from '../domain/duration';
import { isOver } from '../domain/jobStates';
import { jobVariables } from '../domain/jobVariables';
import type { Runtimes } from '../services/Runtimes';
import type { SourceService } from '../services/SourceService';
import type { JobChange, JobStore } from '../stores/JobStore';
import type { JobRow } from '../stores/rows';
import type { TokenStore } from '../stores/TokenStore';

/** How long a job waits for a data service that does not answer. */
const inputPatienceMs = 10 * 60_000;

/** What the outside is told after a job changed. */
export type JobChanged = {
  id: string;
  ended?: 'succeeded' | 'failed' | 'cancelled';
};

/**
 * Brings jobs to their wish, one step at a time: out of the queue when there is a slot, through preparing and running
 * as the runtime sees it, to an end or a new attempt.
 *
 * @remarks
 * A step decides from what it sees (row and runtime) and not from what was done before, so it may run twice, and the first
 * step after a crash is like any other. Attempts are numbered and a runtime starts each number once. A job leaves `running`
 * in every case: the runtime knows how it ended, or says that it is lost.
 */
export class JobReconciler {
  readonly #store: JobStore;
  readonly #tokens: TokenStore;
  readonly #runtimes: Runtimes;
  readonly #sources: SourceService;
  readonly #resolvers: () => readonly InputResolver[];
  readonly #auth: AuthService;
  readonly #trackingUri: () => Promise<string>;
  readonly #clock: Clock;
  readonly #onChange: (change: JobChanged) => Promise<void>;
  #stopping = false;
  #admitting: Promise<unknown> = Promise.resolve();

  constructor(options: {
    store: JobStore;
    tokens: TokenStore;
    runtimes: Runtimes;
    sources: SourceService;
    resolvers: () => readonly InputResolver[];
    auth: AuthService;
    trackingUri: () => Promise<string>;
    clock: Clock;
    onChange: (change: JobChanged) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#tokens = options.tokens;
    this.#runtimes = options.runtimes;
    this.#sources = options.sources;
    this.#resolvers = options.resolvers;
    this.#auth = options.auth;
    this.#trackingUri = options.trackingUri;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
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
    if (job.state === 'queued') return this.#admit(lease, job, runtime);
    if (isElsewhere(job, runtime))
      return { next_reconcile_at: this.#clock().toISOString() };
    return this.#follow(lease, job, runtime);
  }

  /**
   * Ends what cannot outlive the portal. Jobs go back to the queue with `PortalStopped`; nothing is started after.
   * Should the rows not be writable any more, the runtime still remembers the reason and the next start does the rest.
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
          job.state === 'queued'
        )
          return;
        const handle = runtime.handleOf({ jobId: id, attempt: job.attempt });
        await runtime.cancel(handle, { reason: 'PortalStopped' });
        await this.#finish(undefined, job, await runtime.inspect(handle));
      }),
    );
  }

  /** One at a time, so that two jobs never take one slot. */
  #admit(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const turn = this.#admitting.then(() =>
      this.#admitNow(lease, job, runtime),
    );
    this.#admitting = turn.catch(() => undefined);
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
        reason: 'Cancelled',
        message,
        endedAt: now.toISOString(),
        nextAt: null,
        timeline: { at: now.toISOString(), type: 'cancelled', message },
      });
      return undefined;
    }
    const { slots } = await runtime.capacity();
    const place = placeOf(runtime);
    const active = await this.#store.active(slotsOf(runtime));
    const free = slots - active.length;
    // Whoever ends has the next ones looked at, so nobody looks at all that wait.
    if (this.#stopping || free <= 0) return { next_reconcile_at: null };
    const first = await this.#store.firstInLine({
      ...{ runtime: runtime.id, count: free, active },
    });
    if (!first.includes(job.id)) {
      await this.#store.markDue({ ids: first }, now.toISOString());
      return { next_reconcile_at: null };
    }
    const number = job.attempt + 1;
    const admitted = await this.#write(lease, job, {
      to: 'preparing',
      slots,
      place: place ?? null,
      reason: 'Preparing',
      message: 'Preparing',
      nextAt: now.toISOString(),
      attempt: { number, state: 'preparing' },
      timeline: {
        at: now.toISOString(),
        type: 'preparing',
        message: number === 1 ? 'Preparing' : `Preparing attempt ${number}`,
      },
    });
    // Another portal took the slot, or the job was cancelled; in that case the lease is gone and this changes nothing.
    if (!admitted) return { next_reconcile_at: later(now, 1_000) };
    return undefined;
  }

  async #follow(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    const handle = runtime.handleOf({ jobId: job.id, attempt: job.attempt });
    if (job.cancel_requested_at)
      await runtime.cancel(handle, { reason: 'Cancelled' });
    let seen = await runtime.inspect(handle);

    const timeout =
      job.definition.timeout && durationMs(job.definition.timeout);
    const overdue =
      timeout &&
      seen.state === 'running' &&
      seen.startedAt &&
      now.getTime() - Date.parse(seen.startedAt) > timeout;
    if (overdue) {
      await runtime.cancel(handle, { reason: 'TimedOut' });
      seen = await runtime.inspect(handle);
    }

    switch (seen.state) {
      case 'absent':
        return this.#submit(lease, job, runtime);
      case 'preparing':
        return this.#wait(lease, job, 1_000, {
          message: seen.message ?? job.message,
        });
      case 'running':
        return this.#running(lease, job, seen, timeout || undefined);
      default:
        await this.#finish(lease, job, seen);
        return undefined;
    }
  }

  async #submit(
    lease: Lease,
    job: JobRow,
    runtime: JobRuntime,
  ): Promise<ReconcilePatch | undefined> {
    const now = this.#clock();
    if (this.#stopping) return { next_reconcile_at: now.toISOString() };
    if (job.state === 'running') {
      // It ran and its runtime has forgotten it: the folder was deleted, say.
      await this.#finish(lease, job, {
        state: 'lost',
        reason: 'ProcessLost',
        message: 'The runtime knows nothing of this attempt any more',
      });
      return undefined;
    }
    let inputs: Record<string, ResolvedInput>;
    let folder: string;
    try {
      inputs = await this.#resolveInputs(job);
      folder = await this.#sources.folderOf(job.repository);
    } catch (error) {
      return this.#inputFailed(lease, job, error);
    }
    const pinned = Object.entries(inputs).map(([name, { ref }]) => ({
      name,
      ref,
    }));
    // Before anything starts: a crash in between must not leave an attempt that runs on inputs nobody has written down.
    // Who lost the lease on the way (to a cancel, to another portal) starts nothing.
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
    const { warnings } = await runtime.submit(
      {
        jobId: job.id,
        attempt: job.attempt,
        name: job.name,
        owner: job.owner,
        source: { repository: folder, commit: job.commit },
        definition: job.definition,
        parameters: job.parameters,
        inputs,
        variables: jobVariables({
          id: job.id,
          name: job.name,
          model: job.model,
          parameters: job.parameters,
          inputs,
          token,
          trackingUri: await this.#trackingUri(),
        }),
      },
      {
        idempotencyKey: `${job.id}/${job.attempt}`,
        signal: AbortSignal.timeout(60_000),
      },
    );
    const earlier = job.warnings.filter(
      known => !warnings.some(({ option }) => option === known.option),
    );
    return this.#wait(lease, job, 500, {
      warnings: [...earlier, ...warnings],
    });
  }

  async #resolveInputs(job: JobRow): Promise<Record<string, ResolvedInput>> {
    // The job reads with the rights of whoever submitted it, never with those of the portal.
    const { credentials } = callerOfJob(
      {
        subject: `job:${job.id}`,
        actor: job.created_by,
        owner: job.owner,
        groups: job.submitter_groups?.length
          ? job.submitter_groups
          : [job.owner],
        attributes: { job: job.id, ...(job.model && { model: job.model }) },
      },
      await this.#auth.getOwnServiceCredentials(),
    );
    const resolved: Record<string, ResolvedInput> = {};
    for (const { name, dataset } of job.definition.inputs ?? []) {
      // What an earlier attempt read is read again, though a newer version may be there by now.
      const ref = job.inputs.find(input => input.name === name)?.ref ?? dataset;
      let found: ResolvedInput | undefined;
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
    if (job.state === 'running') return { next_reconcile_at: nextAt };
    await this.#write(lease, job, {
      to: 'running',
      reason: 'Running',
      message: 'Running',
      environment: seen.environment,
      isolation: seen.isolation,
      ...(!job.started_at && { startedAt }),
      nextAt,
      attempt: { number: job.attempt, state: 'running', startedAt },
      timeline: { at: startedAt, type: 'running', message: 'Running' },
    });
    return undefined;
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
    const attempts = await this.#store.attempts(job.id);
    const now = this.#clock().toISOString();
    const endedAt = seen.endedAt ?? now;
    const after = decideAfterAttempt({
      end,
      earlier: attempts.filter(({ number }) => number < job.attempt),
      retries: job.definition.retries ?? 0,
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
    await this.#write(lease, job, {
      to: after.to,
      reason: after.reason,
      message: after.message,
      ...(seen.environment && { environment: seen.environment }),
      ...(seen.isolation && { isolation: seen.isolation }),
      ...(!job.started_at &&
        attempt.startedAt && { startedAt: attempt.startedAt }),
      endedAt: again ? null : endedAt,
      nextAt: again ? now : null,
      ...(again && { place: null }),
      attempt,
      timeline: {
        at: again ? now : endedAt,
        type: again ? 'retrying' : after.to,
        message: after.message,
      },
    });
    if (!this.#stopping) await this.dispatch();
  }

  /** Has those looked at who get the free slots. After an end, and now and then for the case that nobody could. */
  async dispatch(): Promise<void> {
    const now = this.#clock().toISOString();
    for (const runtime of this.#runtimes.all()) {
      const { slots } = await runtime.capacity();
      const active = await this.#store.active(slotsOf(runtime));
      const count = slots - active.length;
      if (count <= 0) continue;
      const ids = await this.#store.firstInLine({
        ...{ runtime: runtime.id, count, active },
      });
      await this.#store.markDue({ ids }, now);
    }
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
      change.warnings !== undefined;
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

/** Which jobs take the slots of a runtime: those of its place, where it has one. */
function slotsOf(runtime: JobRuntime) {
  const place = placeOf(runtime);
  return { runtime: runtime.id, ...(place && { place }) };
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
      return { state: 'failed', reason: 'ProcessLost', message };
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
        message:
          seen.reason === 'Cancelled' ? job.cancel_message ?? message : message,
      };
    default:
      return undefined;
  }
}

function later(now: Date, ms: number): string {
  return new Date(now.getTime() + ms).toISOString();
}
