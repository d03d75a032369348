import type { Clock } from '@downstage/common';
import type { JobDefinition } from '@downstage/plugin-ml-jobs-common';
import {
  hasFeatures,
  placeOf,
  type JobRuntime,
} from '@downstage/plugin-ml-jobs-node';
import {
  decideBlocked,
  type Blocked,
  type KnownRuntime,
} from '../domain/admission/decideBlocked';
import { demandOf } from '../domain/admission/demandOf';
import type { Mover } from '../domain/jobStates';
import type { JobStore } from '../stores/JobStore';
import { plannedOf, type JobRow } from '../stores/rows';
import { everywhere, type RuntimeStore } from '../stores/RuntimeStore';
import type { Admission } from './Admission';
import type { Runtimes } from './Runtimes';

/** So many rows are read at once when all that wait are looked at. */
const pageSize = 200;

/**
 * Finds the jobs that nothing here can ever start, and lets them wait again once something can.
 *
 * @remarks
 * A job is looked at when it is submitted and when its turn comes. All that wait are looked at when this portal starts,
 * and when what runtimes have is not what it was. Two portals that look at once write one change.
 */
export class Blocking {
  readonly #store: JobStore;
  readonly #runtimes: Runtimes;
  readonly #runtimeStore: Pick<RuntimeStore, 'lately'>;
  readonly #admission: Admission;
  readonly #clock: Clock;
  readonly #onChange: (id: string) => Promise<void>;
  #seen?: string;

  constructor(options: {
    store: JobStore;
    runtimes: Runtimes;
    runtimeStore: Pick<RuntimeStore, 'lately'>;
    admission: Admission;
    clock: Clock;
    onChange: (id: string) => Promise<void>;
  }) {
    this.#store = options.store;
    this.#runtimes = options.runtimes;
    this.#runtimeStore = options.runtimeStore;
    this.#admission = options.admission;
    this.#clock = options.clock;
    this.#onChange = options.onChange;
  }

  /** Why a job that waits does not start as things are; undefined where it may. */
  async why(job: JobRow): Promise<Blocked | undefined> {
    return this.#decide(job, await this.#known());
  }

  /** The first of some runtimes that can run a job; the first of all where none can. */
  async firstAble(
    ids: readonly string[],
    job: { queue: string; definition: JobDefinition },
  ): Promise<string> {
    const known = {
      queues: this.#admission.options.queues,
      runtimes: await this.#known(),
    };
    const demand = demandOf(job.definition.resources);
    const able = ids.find(
      runtime => !decideBlocked({ ...job, runtime, demand }, known),
    );
    return able ?? ids[0];
  }

  /**
   * Blocks a job, or lets it wait again.
   *
   * @returns whether it may start
   */
  async settle(job: JobRow): Promise<boolean> {
    return this.#settle(job, await this.#known());
  }

  /** Looks at all that wait, if what they depend on has changed since the last look. */
  async look(): Promise<void> {
    const known = await this.#known();
    const seen = JSON.stringify(known);
    if (seen === this.#seen) return;
    for (let after = ''; ; ) {
      const rows = await this.#store.queuedOrBlocked({
        after,
        limit: pageSize,
      });
      for (const row of rows) await this.#settle(row, known);
      if (rows.length < pageSize) break;
      after = rows[rows.length - 1].id;
    }
    // Only now: a look that was cut short is made again.
    this.#seen = seen;
  }

  async #settle(job: JobRow, known: readonly KnownRuntime[]): Promise<boolean> {
    if (job.state !== 'queued' && job.state !== 'blocked') return false;
    const blocked = this.#decide(job, known);
    const now = this.#clock().toISOString();
    const by: Mover = { kind: 'queue', name: job.queue };
    if (!blocked && job.state === 'queued') return true;
    if (blocked?.message === job.message && job.state === 'blocked')
      return false;
    const message = blocked?.message ?? 'What it needs is there now';
    const kept = await this.#store.change(
      job,
      {
        ...(!blocked && { to: 'queued', nextAt: now }),
        ...(blocked && job.state === 'queued' && { to: 'blocked' }),
        ...(blocked && { nextAt: null }),
        by,
        reason: blocked?.reason ?? 'Unblocked',
        message,
        timeline: { at: now, type: blocked ? 'blocked' : 'queued', message },
      },
      { now },
    );
    if (kept) await this.#onChange(job.id);
    return !blocked && kept;
  }

  #decide(job: JobRow, runtimes: readonly KnownRuntime[]): Blocked | undefined {
    const { queue, runtime, definition, attempt } = job;
    const { demand } = plannedOf(job);
    return decideBlocked(
      { queue, runtime, definition, demand, ranBefore: attempt > 0 },
      { queues: this.#admission.options.queues, runtimes },
    );
  }

  /** What all portals have; of its own runtimes this one knows it before it has told. */
  async #known(): Promise<KnownRuntime[]> {
    const told = await this.#runtimeStore.lately(this.#clock());
    const own = await Promise.all(
      this.#runtimes.all().map(async runtime => ({
        place: placeOf(runtime) ?? everywhere,
        runtime: await this.#ownOf(runtime),
      })),
    );
    const others = told.filter(
      one =>
        !own.some(
          ({ runtime, place }) =>
            runtime.id === one.runtime && place === one.place,
        ),
    );
    return [
      ...others.map(({ runtime, admission, slots, capacity, features }) => ({
        id: runtime,
        ...(admission === 'portal' && { capacity: capacity ?? { slots } }),
        ...(features && { features }),
      })),
      ...own.map(({ runtime }) => runtime),
    ];
  }

  async #ownOf(runtime: JobRuntime): Promise<KnownRuntime> {
    const { id, admission } = runtime;
    // One that does not answer may have everything.
    const capacity =
      admission === 'portal'
        ? await this.#runtimes.capacity(runtime).catch(() => undefined)
        : undefined;
    return {
      id,
      ...(capacity && { capacity }),
      ...(hasFeatures(runtime) && { features: runtime.features }),
    };
  }
}
