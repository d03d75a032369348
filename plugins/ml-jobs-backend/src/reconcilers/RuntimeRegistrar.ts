import { hostname } from 'node:os';
import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  hasFeatures,
  hasIsolation,
  placeOf,
  type JobRuntime,
} from '@downstage/plugin-ml-jobs-node';
import type { FolderLock } from '../providers/local/FolderLock';
import type { Runtimes } from '../services/Runtimes';
import type { JobStore } from '../stores/JobStore';
import {
  everywhere,
  type LiveRuntime,
  type RuntimeStore,
} from '../stores/RuntimeStore';
import type { JobReconciler } from './JobReconciler';

const everyMs = 5_000;

/**
 * Takes the local runtime when its folder is free. Tells the other portals which runtimes this one has. Sees to it that
 * no free slot stays empty.
 *
 * @remarks
 * The lock of the folder decides who runs its jobs. A portal that finds it held goes on without a runtime of its own.
 * It reads logs, and queues jobs for the holder. It takes over when the holder is gone: the attempts live on and are
 * found by their folders.
 */
export class RuntimeRegistrar {
  readonly #store: JobStore;
  readonly #runtimes: Runtimes;
  readonly #runtimeStore: RuntimeStore;
  readonly #reconciler: Pick<JobReconciler, 'dispatch' | 'settlePlaces'>;
  readonly #clock: Clock;
  readonly #logger: LoggerService;
  readonly #local?: { lock: FolderLock; local: JobRuntime };
  readonly #onChange: () => void;
  #has = false;
  #told?: string;
  #timer?: ReturnType<typeof setInterval>;
  #looking?: Promise<void>;
  #settling?: Promise<void>;
  #stopped = false;

  constructor(options: {
    store: JobStore;
    runtimes: Runtimes;
    runtimeStore: RuntimeStore;
    reconciler: Pick<JobReconciler, 'dispatch' | 'settlePlaces'>;
    clock: Clock;
    logger: LoggerService;
    local?: { lock: FolderLock; local: JobRuntime };
    onChange: () => void;
  }) {
    this.#store = options.store;
    this.#runtimes = options.runtimes;
    this.#runtimeStore = options.runtimeStore;
    this.#reconciler = options.reconciler;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#local = options.local;
    this.#onChange = options.onChange;
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#looking ??= this.look().finally(() => {
        this.#looking = undefined;
      });
    }, everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    await this.#settling;
    if (!this.#has) return;
    // The lock first: without the database it is what another portal waits for.
    await this.#local?.lock.release();
    for (const runtime of this.#runtimes.all())
      await this.#runtimeStore.forget({
        runtime: runtime.id,
        place: placeOf(runtime) ?? everywhere,
      });
  }

  /** One look, awaited; what happens every few seconds. */
  async look(): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#takeLocal();
      await Promise.all(
        this.#runtimes.all().map(runtime => this.#tellOf(runtime)),
      );
      const live = await this.#runtimeStore.live(this.#clock());
      await this.#store.noteMissingRuntimes(live.map(({ runtime }) => runtime));
      this.#settlePlaces();
      await this.#reconciler.dispatch();
      this.#onChange();
    } catch (error) {
      if (!this.#stopped)
        this.#logger.warn(
          `The runtimes of jobs could not be looked after: ${stringifyError(
            error,
          )}`,
        );
    }
  }

  /** Not waited for: to end an attempt takes a while, and meanwhile this portal has to be seen. */
  #settlePlaces(): void {
    this.#settling ??= this.#reconciler
      .settlePlaces()
      .catch(error => {
        this.#logger.warn(
          `Places of jobs could not be looked after: ${stringifyError(error)}`,
        );
      })
      .finally(() => {
        this.#settling = undefined;
      });
  }

  /** One that does not answer is not told of, so it counts as gone; the others are. */
  async #tellOf(runtime: JobRuntime): Promise<void> {
    let capacity: { slots: number };
    try {
      capacity = await this.#runtimes.capacity(runtime);
    } catch (error) {
      this.#logger.warn(
        `The job runtime '${
          runtime.id
        }' does not say how many jobs it takes: ${stringifyError(error)}`,
      );
      return;
    }
    await this.#runtimeStore.tell(
      this.#rowOf(runtime, capacity),
      this.#clock(),
    );
  }

  async #takeLocal(): Promise<void> {
    if (!this.#local || this.#has) return;
    const { lock, local } = this.#local;
    const holder = await lock.take();
    if (holder) {
      if (holder !== this.#told)
        this.#logger.warn(
          `Local jobs are run by ${holder}, which has the folder of jobs. This portal queues jobs for it, and takes over when it has ended.`,
        );
      this.#told = holder;
      return;
    }
    this.#has = true;
    this.#runtimes.add(local);
    // Work that was under way when its portal ended is looked at now, not when its lease runs out.
    await this.#store.markDue('started', this.#clock().toISOString());
  }

  #rowOf(runtime: JobRuntime, capacity: { slots: number }): LiveRuntime {
    return {
      runtime: runtime.id,
      place: placeOf(runtime) ?? everywhere,
      holder: `the portal on ${hostname()}, process ${process.pid}`,
      slots: capacity.slots,
      capacity,
      admission: runtime.admission,
      ...(hasFeatures(runtime) && { features: runtime.features }),
      ...(hasIsolation(runtime) && { isolation: { ...runtime.isolation } }),
    };
  }
}
