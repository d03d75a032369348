import { stringifyError } from '@backstage/errors';
import type {
  Column,
  GatewayVersion,
  GatewayVersionStatus,
} from '@downstage/plugin-ml-serving-common';
import type { Launcher } from '../processes/Launcher';
import type { LoadedModel } from '../inference/modelMessages';
import { ModelProcess, type ProcessLimits } from '../inference/ModelProcess';
import type { Priorities } from '../processes/Priorities';
import type { LoadSlots } from './LoadSlots';

/** How long to wait before trying again: at once after the first crash, minutes after many. */
const longestPauseMs = 5 * 60_000;
/** A version that answered this long is taken for well again. */
const wellAfterMs = 5 * 60_000;

export type Later = (ms: number, work: () => void) => () => void;

/** What was asked of a version since it was first loaded here. */
export type VersionCounts = {
  succeeded: number;
  failed: number;
  rows: number;
  queueMs: number;
  decodeMs: number;
  inferMs: number;
  encodeMs: number;
  totalMs: number;
  failedMs: number;
  lastAt: number;
};

/** One version of a model: loading, ready or failed; one that fails is tried again, ever more seldom. */
export class HostedVersion {
  readonly spec: GatewayVersion;
  readonly counts: VersionCounts = {
    succeeded: 0,
    failed: 0,
    rows: 0,
    queueMs: 0,
    decodeMs: 0,
    inferMs: 0,
    encodeMs: 0,
    totalMs: 0,
    failedMs: 0,
    lastAt: 0,
  };
  readonly #onChange: () => void;
  readonly #limits: ProcessLimits;
  readonly #launcher: Launcher;
  readonly #priorities: Priorities;
  readonly #slots: LoadSlots;
  readonly #order: () => number;
  readonly #later: Later;
  #state: GatewayVersionStatus['state'] = 'loading';
  #message: string | undefined;
  #process: ModelProcess | undefined;
  #description: LoadedModel | undefined;
  #predictions: Column[] = [];
  #retired = new AbortController();
  #failures = 0;
  #crashed = false;
  #readySince = 0;
  #cancelRetry: () => void = () => {};

  constructor(
    spec: GatewayVersion,
    options: {
      onChange: () => void;
      limits: ProcessLimits;
      launcher: Launcher;
      priorities: Priorities;
      slots: LoadSlots;
      /** Where in the line of loads it stands, lower first; asked when it queues. */
      order: () => number;
      later: Later;
    },
  ) {
    this.spec = spec;
    this.#onChange = options.onChange;
    this.#limits = options.limits;
    this.#launcher = options.launcher;
    this.#priorities = options.priorities;
    this.#slots = options.slots;
    this.#order = options.order;
    this.#later = options.later;
  }

  get state() {
    return this.#state;
  }

  /** Whether it has failed at least once since it last answered: others may stand in for it. */
  get troubled() {
    return this.#state === 'failed' || this.#crashed;
  }

  get status(): GatewayVersionStatus {
    return {
      version: this.spec.version,
      state: this.#state,
      ...(this.#message !== undefined && { message: this.#message }),
      predictions: this.#predictions,
    };
  }

  get predictions() {
    return this.#predictions;
  }

  /** What the model is; undefined until it was loaded once. */
  get description() {
    return this.#description;
  }

  /** The process that answers; undefined while it does not. */
  get process(): ModelProcess | undefined {
    return this.#state === 'ready' ? this.#process : undefined;
  }

  /** Columns of an answer, for versions whose warm-up could not show one. */
  learn(predictions: Column[]): void {
    if (!this.#predictions.length && predictions.length) {
      this.#predictions = predictions;
    }
  }

  /** Where in the line of loads it stands now, lower first. */
  get order(): number {
    return this.#order();
  }

  /** Queues for loading. */
  start(): void {
    this.#slots.add(this.order, () => this.#load());
  }

  /** Ends it, after the requests under way have had some time. */
  async retire(graceMs?: number): Promise<void> {
    this.#cancelRetry();
    this.#retired.abort();
    await this.#process?.retire(graceMs);
  }

  /** Never throws: the outcome is the state. */
  async #load(): Promise<void> {
    const { signal } = this.#retired;
    if (signal.aborted) return;
    try {
      const { version, path, sha256, features } = this.spec;
      const loaded = await ModelProcess.load(
        { type: 'load', version, path, sha256, features },
        {
          limits: this.#limits,
          launcher: this.#launcher,
          priorities: this.#priorities,
          signal,
          onCrash: error => {
            if (this.#process === loaded) this.#end(error);
          },
        },
      );
      if (signal.aborted) {
        await loaded.retire(0);
        return;
      }
      this.#process = loaded;
      this.#description = loaded.description;
      this.#predictions = loaded.description.predictions ?? this.#predictions;
      this.#state = 'ready';
      this.#crashed = false;
      this.#readySince = performance.now();
      const { warnings } = loaded.description;
      this.#message = warnings.length ? warnings.join('; ') : undefined;
      this.#onChange();
    } catch (error) {
      if (signal.aborted) return;
      this.#failures += 1;
      this.#state = 'failed';
      const pauseMs = pauseAfter(this.#failures);
      this.#message = `${
        error instanceof Error ? error.message : stringifyError(error)
      } (tried ${this.#failures} ${
        this.#failures === 1 ? 'time' : 'times'
      }, again in ${pauseMs / 1000} s)`;
      this.#retryIn(pauseMs);
      this.#onChange();
    }
  }

  /** A process that had answered has ended. */
  #end(error: Error) {
    this.#process = undefined;
    if (this.#retired.signal.aborted) return;
    if (performance.now() - this.#readySince > wellAfterMs) this.#failures = 0;
    this.#crashed = true;
    this.#failures += 1;
    // Once is bad luck and mended at once. More often is a state that people should see.
    const pauseMs = this.#failures === 1 ? 0 : pauseAfter(this.#failures - 1);
    this.#state = this.#failures > 3 ? 'failed' : 'loading';
    this.#message = `The model's process was lost: ${error.message} (${
      this.#failures
    } ${this.#failures === 1 ? 'time' : 'times'}, loaded again ${
      pauseMs ? `in ${pauseMs / 1000} s` : 'now'
    })`;
    this.#retryIn(pauseMs);
    this.#onChange();
  }

  #retryIn(pauseMs: number) {
    this.#cancelRetry();
    this.#cancelRetry = this.#later(pauseMs, () => this.start());
  }
}

/** 2 s, 4 s, 8 s … 5 minutes. */
export function pauseAfter(failures: number): number {
  return Math.min(1000 * 2 ** Math.min(failures, 20), longestPauseMs);
}
