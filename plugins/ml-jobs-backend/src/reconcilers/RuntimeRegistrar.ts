import { hostname } from 'node:os';
import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  hasIsolation,
  placeOf,
  type JobRuntime,
} from '@downstage/plugin-ml-jobs-node';
import type { FolderLock } from '../providers/local/FolderLock';
import type { Runtimes } from '../services/Runtimes';
import type { JobStore } from '../stores/JobStore';
import type { LiveRuntime, RuntimeStore } from '../stores/RuntimeStore';
import type { JobReconciler } from './JobReconciler';

const everyMs = 5_000;

/**
 * Takes the local runtime when its folder is free, tells the other portals which runtimes this one has, and sees to it that no
 * free slot stays empty.
 *
 * @remarks
 * The lock of the folder decides who runs its jobs. A portal that finds it held goes on without a runtime of its own, reads
 * logs, queues jobs for the holder, and takes over when the holder is gone: the attempts live on and are found by their folders.
 */
export class RuntimeKeeper {
  readonly #store: JobStore;
  readonly #runtimes: Runtimes;
  readonly #runtimeStore: RuntimeStore;
  readonly #reconciler: Pick<JobReconciler, 'dispatch'>;
  readonly #clock: Clock;
  readonly #logger: LoggerService;
  readonly #local?: { lock: FolderLock; local: JobRuntime };
  readonly #onChange: () => void;
  #has = false;
  #told?: string;
  #timer?: ReturnType<typeof setInterval>;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: {
    store: JobStore;
    runtimes: Runtimes;
    runtimeStore: RuntimeStore;
    reconciler: Pick<JobReconciler, 'dispatch'>;
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
      this.#looking = this.#looking.then(() => this.look());
    }, everyMs);
    this.#timer.unref();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#timer);
    await this.#looking;
    if (!this.#has) return;
    // The lock first: without the database it is what another portal waits for.
    await this.#local?.lock.release();
    for (const runtime of this.#runtimes.all())
      await this.#runtimeStore.forget({
        runtime: runtime.id,
        place: this.#rowOf(runtime, 0).place,
      });
  }

  /** One look, awaited; what happens every few seconds. */
  async look(): Promise<void> {
    if (this.#stopped) return;
    try {
      await this.#takeLocal();
      for (const runtime of this.#runtimes.all()) {
        const { slots } = await runtime.capacity();
        await this.#runtimeStore.tell(
          this.#rowOf(runtime, slots),
          this.#clock(),
        );
      }
      const live = await this.#runtimeStore.live(this.#clock());
      await this.#store.noteMissingRuntimes(live.map(({ runtime }) => runtime));
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
    // What was under way when its portal ended is looked at now, not when its lease runs out.
    await this.#store.markDue('started', this.#clock().toISOString());
  }

  #rowOf(runtime: JobRuntime, slots: number): LiveRuntime {
    return {
      runtime: runtime.id,
      place: placeOf(runtime) ?? 'everywhere',
      holder: `the portal on ${hostname()}, process ${process.pid}`,
      slots,
      ...(hasIsolation(runtime) && { isolation: { ...runtime.isolation } }),
    };
  }
}
