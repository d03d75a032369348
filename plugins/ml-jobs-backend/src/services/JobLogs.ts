import { stringifyError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';
import {
  hasLogs,
  hasPassingLogs,
  type JobRuntime,
  type LogStore,
  type WorkerName,
} from '@downstage/plugin-ml-jobs-node';
import { isOver } from '../domain/jobStates';
import type { JobRow } from '../stores/rows';
import { handleOf } from './handleOf';

const pieceBytes = 1024 * 1024;
/** So much is fetched in one look at a job that runs, of all of its logs: the loop of all jobs waits for it. */
const mostBytesOfLook = 16 * pieceBytes;
const lookMs = 10_000;
/** With the look at the outputs it stays within the time of a step. */
const restMs = 15_000;

type LogOf = Pick<JobRow, 'id' | 'attempt' | 'state' | 'handle'>;

/**
 * Where the log of a job is read: at its runtime where that keeps logs, else in the store of the portal. The store is
 * filled from the runtime or by the attempt itself.
 *
 * @remarks
 * The store says how far a log came. Two portals that fetch at once fetch the same bytes, and the store keeps them once.
 */
export class JobLogs {
  readonly #store: LogStore;
  readonly #timeLimit: (ms: number) => AbortSignal;
  #looks = 0;

  constructor(options: {
    store: LogStore;
    /** When a runtime that was asked counts as one that does not answer. */
    timeLimit?: (ms: number) => AbortSignal;
  }) {
    this.#store = options.store;
    this.#timeLimit = options.timeLimit ?? (ms => AbortSignal.timeout(ms));
  }

  /** Reads from an offset; what the runtime has beyond the end of the store is fetched first. */
  async read(
    job: LogOf,
    runtime: JobRuntime | undefined,
    request: { offset: number; limit: number; worker?: WorkerName },
  ) {
    const { worker, ...range } = request;
    const piece = { ...range, isOver: isOver(job.state) };
    if (runtime && hasLogs(runtime)) {
      return runtime.readLog(handleOf(job, runtime), {
        ...piece,
        ...(worker && { worker }),
      });
    }
    // Of a job that is over everything was fetched before.
    if (runtime && !isOver(job.state)) {
      // A runtime that does not answer hides nothing of what is kept; the reconciler asks again.
      await this.#piece(
        { job, runtime, worker },
        this.#timeLimit(lookMs),
      ).catch(() => undefined);
    }
    return this.#store.read(nameOf(job, worker), piece);
  }

  /**
   * Fetches what a runtime has by now of the newest attempt and its workers; does nothing where it keeps logs. A job does not
   * wait for its log: says what kept the rest of it away.
   *
   * @param options - at the end of an attempt all that there is; else so much that other jobs have their turn
   */
  async fetch(
    job: LogOf,
    runtime: JobRuntime,
    workers: readonly WorkerName[] = [],
    { isEnd = false }: { isEnd?: boolean } = {},
  ): Promise<string | undefined> {
    const ms = isEnd ? restMs : lookMs;
    const signal = this.#timeLimit(ms);
    try {
      await this.#inTurns(
        [undefined, ...workers].map(worker => ({ job, runtime, worker })),
        { signal, mostBytes: isEnd ? Infinity : mostBytesOfLook },
      );
      return undefined;
    } catch (error) {
      const why = signal.aborted
        ? `it took longer than ${ms / 1_000} seconds`
        : stringifyError(error);
      return `The end of the log could not be fetched from the runtime: ${why}`;
    }
  }

  /** Takes what an attempt sends. */
  async append(
    job: LogOf,
    piece: { offset: number; bytes: Uint8Array; worker?: WorkerName },
  ) {
    const { worker, ...bytes } = piece;
    return this.#store.append(nameOf(job, worker), bytes);
  }

  /** A piece of each log in turn, and another log first at each look: a long one keeps no other from its turn. */
  async #inTurns(
    logs: Fetched[],
    { signal, mostBytes }: { signal: AbortSignal; mostBytes: number },
  ): Promise<void> {
    const first = this.#looks++ % logs.length;
    let left = [...logs.slice(first), ...logs.slice(0, first)];
    let bytes = 0;
    while (left.length) {
      const more: Fetched[] = [];
      for (const log of left) {
        if (bytes >= mostBytes) return;
        const taken = await this.#piece(log, signal);
        bytes += taken;
        if (taken) more.push(log);
      }
      left = more;
    }
  }

  /** Fetches the next piece of a log, and says how long it was; 0 where nothing is there or no more is kept. */
  async #piece(
    { job, runtime, worker }: Fetched,
    signal: AbortSignal,
  ): Promise<number> {
    if (!hasPassingLogs(runtime)) return 0;
    const name = nameOf(job, worker);
    const { size, isFull } = await this.#store.end(name);
    if (isFull) return 0;
    signal.throwIfAborted();
    const bytes = await unlessAborted(
      runtime.fetchLog(handleOf(job, runtime), {
        ...{ offset: size, limit: pieceBytes, signal },
        ...(worker && { worker }),
      }),
      signal,
    );
    if (!bytes.length) return 0;
    await this.#store.append(name, { offset: size, bytes });
    return bytes.length;
  }
}

type Fetched = {
  job: LogOf;
  runtime: JobRuntime;
  worker: WorkerName | undefined;
};

function nameOf({ id, attempt }: LogOf, worker: WorkerName | undefined) {
  return {
    jobId: id,
    // One that waits has the log of the attempt that it will have.
    attempt: Math.max(1, attempt),
    ...(worker && { worker: { role: worker.role, rank: worker.rank } }),
  };
}
