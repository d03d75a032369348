import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { CustomErrorBase, ServiceUnavailableError } from '@backstage/errors';
import { inOnePiece, splitAt } from '../kernel/bytes';
import { childCommand } from '../processes/childCommand';
import { FrameReader, toFrame } from '../processes/frames';
import type { Launcher, LaunchedProcess } from '../processes/Launcher';
import type { Priorities } from '../processes/Priorities';
import type {
  AnswerMessage,
  AskMessage,
  FromModel,
  LoadedModel,
  LoadMessage,
  ToModel,
} from './modelMessages';

/** What a request is asked with. */
export type Ask = Pick<
  AskMessage,
  'route' | 'model' | 'requestId' | 'headerLength' | 'log'
> & {
  /** In the pieces in which it arrived: they are written on as they are. */
  body: readonly Buffer[];
  signal?: AbortSignal;
};

/** What the model's process said. */
export type ModelAnswer = {
  message: AnswerMessage;
  /** In the pieces in which it came from the model. */
  body: readonly Buffer[];
  /** The tensors for the log, as `message.done.log` describes them. */
  payload: Buffer;
  queueMs: number;
};

export type ProcessLimits = {
  /** From the start of the process to its first answer, warm-up included. */
  loadTimeoutMs: number;
  /** For one run. A longer run is ended with its process. */
  runTimeoutMs: number;
  /** Bytes of requests that may wait for one version. */
  queueBytes: number;
  /** Resident memory of the process; 0 for no limit. */
  memoryBytes: number;
};

/** The process ended before it began with this request: another version, or a later one, may answer it. */
export class NotStartedError extends ServiceUnavailableError {}

/** An answer that did not come in time. */
class TimeoutError extends CustomErrorBase {
  override name = 'TimeoutError' as const;
}

type Waiting = {
  ask: Ask;
  enqueuedAt: number;
  sentAt: number | undefined;
  resolve(answer: ModelAnswer): void;
  reject(error: Error): void;
  release(): void;
};

/** More waiting requests than this are refused: they would time out at the caller anyway. */
const mostWaiting = 1_000;
/** The next request is already on its way while one runs. */
const inFlight = 2;
const memoryLookMs = 1_000;
/** The heap of the process's own code; tensors and the model lie outside of it. */
const heapMegabytes = 1_024;

/**
 * One loaded model version in a process of its own.
 *
 * @remarks
 * Native code cannot be interrupted in a thread: `terminate` waits until it returns, and a crash takes everybody along.
 * A process can be ended from outside at any time. One is ended when a run takes too long, when it grows too large, or
 * when loading does not finish. Requests wait here and not in the pipe, so that they can be dropped, counted and given
 * to another version.
 */
export class ModelProcess {
  readonly description: LoadedModel;
  readonly pid: number;
  readonly #child: LaunchedProcess;
  readonly #ended: Promise<void>;
  readonly #socket: Duplex;
  readonly #limits: ProcessLimits;
  readonly #onCrash: (error: Error) => void;
  readonly #queue: Waiting[] = [];
  /** Sent and not answered, oldest first. */
  readonly #sent = new Map<number, Waiting>();
  #queuedBytes = 0;
  #runningSince = 0;
  #nextId = 1;
  #watchdog: NodeJS.Timeout | undefined;
  #memoryTimer: NodeJS.Timeout | undefined;
  #idle: (() => void) | undefined;
  #gone: Error | undefined;

  private constructor(
    process: {
      child: LaunchedProcess;
      ended: Promise<void>;
      pid: number;
      socket: Duplex;
    },
    description: LoadedModel,
    options: { limits: ProcessLimits; onCrash: (error: Error) => void },
  ) {
    this.#child = process.child;
    this.#ended = process.ended;
    this.#socket = process.socket;
    this.#limits = options.limits;
    this.#onCrash = options.onCrash;
    this.description = description;
    this.pid = process.pid;
    const { memoryBytes } = options.limits;
    if (memoryBytes) {
      this.#memoryTimer = setInterval(() => {
        const used = residentBytes(this.pid);
        if (used > memoryBytes) {
          this.#kill(
            new Error(
              `it used ${used} bytes of memory, ${memoryBytes} are allowed`,
            ),
          );
        }
      }, memoryLookMs);
      this.#memoryTimer.unref();
    }
  }

  /**
   * Starts a process and loads a model; resolves when it can answer, rejects with the reason when it cannot.
   *
   * @param options - `signal` ends the attempt at once
   */
  static load(
    seed: LoadMessage,
    options: {
      limits: ProcessLimits;
      launcher: Launcher;
      priorities: Priorities;
      signal: AbortSignal;
      onCrash: (error: Error) => void;
    },
  ): Promise<ModelProcess> {
    const { limits, launcher, priorities, signal } = options;
    return new Promise((resolve, reject) => {
      let model: ModelProcess | undefined;
      let pid: number | undefined;
      let unwatch = () => {};
      let hasEnded = () => {};
      const ended = new Promise<void>(done => {
        hasEnded = done;
      });
      const timers: NodeJS.Timeout[] = [];
      const child = launcher.start(
        [`--max-old-space-size=${heapMegabytes}`, ...childCommand('worker')],
        {
          onStarted: (startedPid, socket) => {
            pid = startedPid;
            unwatch = priorities.watch(pid, () => {
              if (!model) return 'loads';
              return model.pending ? 'answers' : 'rests';
            });
            const process = { child, ended, pid, socket };
            const reader = new FrameReader((head, bytes) => {
              const message = head as FromModel;
              if (model) model.#receive(message, bytes);
              else if (message.type === 'loaded') {
                timers.forEach(clearTimeout);
                const { type: _, ...description } = message;
                model = new ModelProcess(process, description, options);
                resolve(model);
              } else {
                fail(
                  new Error(
                    message.type === 'failed'
                      ? message.message
                      : 'Unexpected answer',
                  ),
                );
              }
            });
            socket.on('data', chunk => reader.push(chunk as Buffer));
            write(socket, seed, []);
          },
          onEnded: reason => {
            unwatch();
            hasEnded();
            fail(new Error(`The model's process ended with ${reason}`));
          },
        },
      );

      function fail(error: Error) {
        child.kill();
        timers.forEach(clearTimeout);
        if (model) model.#end(error);
        else reject(error);
      }

      timers.push(
        setTimeout(
          () =>
            fail(
              new Error(
                `It did not finish loading and warming up within ${
                  limits.loadTimeoutMs / 1000
                } s`,
              ),
            ),
          limits.loadTimeoutMs,
        ),
      );
      if (limits.memoryBytes) {
        const look = () => {
          const used = residentBytes(pid);
          if (used <= limits.memoryBytes) return;
          fail(
            new Error(
              `Loading it used ${used} bytes of memory, ${limits.memoryBytes} are allowed`,
            ),
          );
        };
        timers.push(setInterval(look, memoryLookMs));
      }
      signal.addEventListener('abort', () => {
        if (!model) fail(new Error('It is no longer wanted'));
      });
      if (signal.aborted) fail(new Error('It is no longer wanted'));
    });
  }

  /** Requests that wait or run. */
  get pending(): number {
    return this.#queue.length + this.#sent.size;
  }

  /**
   * Why the next request would wait unusually long; undefined when it would not. A run that has used half of its time
   * is taken for one that does not end: the process is lost with it, so it is too early to say that all is well.
   */
  get stalled(): string | undefined {
    const { runTimeoutMs } = this.#limits;
    const ranMs = performance.now() - this.#runningSince;
    if (!this.#sent.size || ranMs < runTimeoutMs / 2) return undefined;
    return `one request has been running for ${(ranMs / 1000).toFixed(
      1,
    )} s, and is ended after ${runTimeoutMs / 1000} s`;
  }

  /** Asks the model. Rejects with a `ServiceUnavailableError` when it is busy or gone, a `TimeoutError` when it hangs. */
  ask(ask: Ask): Promise<ModelAnswer> {
    if (this.#gone) {
      return Promise.reject(
        new NotStartedError('The model is being loaded again'),
      );
    }
    // It may have gone before it came to this, or while another version was asked.
    if (ask.signal?.aborted) return Promise.reject(clientHasGone());
    const { queueBytes } = this.#limits;
    const bytes = ask.body.reduce((sum, part) => sum + part.length, 0);
    if (
      this.pending >= mostWaiting ||
      (this.pending && this.#queuedBytes + bytes > queueBytes)
    ) {
      return Promise.reject(
        new ServiceUnavailableError(
          `The model is busy: ${this.pending} requests with ${
            this.#queuedBytes
          } bytes are waiting (at most ${mostWaiting}, ${queueBytes} bytes)`,
        ),
      );
    }
    this.#queuedBytes += bytes;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        ask,
        enqueuedAt: performance.now(),
        sentAt: undefined,
        resolve,
        reject,
        release: () => {
          this.#queuedBytes -= bytes;
        },
      };
      this.#queue.push(waiting);
      this.#forgetOnAbort(waiting);
      this.#pump();
    });
  }

  /** A client that has gone is not waited for; what runs already runs on. */
  #forgetOnAbort(waiting: Waiting) {
    const { signal } = waiting.ask;
    const onAbort = () => {
      const index = this.#queue.indexOf(waiting);
      if (index === -1) return;
      this.#queue.splice(index, 1);
      waiting.release();
      waiting.reject(clientHasGone());
    };
    signal?.addEventListener('abort', onAbort, { once: true });
  }

  /** Lets requests under way finish, for a while, and ends the process. */
  async retire(graceMs = 30_000): Promise<void> {
    if (this.pending && !this.#gone) {
      let timer: NodeJS.Timeout | undefined;
      await Promise.race([
        new Promise<void>(resolve => {
          this.#idle = resolve;
        }),
        new Promise<void>(resolve => {
          timer = setTimeout(resolve, graceMs);
        }),
      ]);
      clearTimeout(timer);
    }
    this.#gone ??= new Error('retired');
    this.#child.kill();
    await this.#ended;
  }

  #pump() {
    while (this.#sent.size < inFlight && this.#queue.length && !this.#gone) {
      const waiting = this.#queue.shift() as Waiting;
      const { body, signal: _, ...ask } = waiting.ask;
      const id = this.#nextId++;
      waiting.sentAt = performance.now();
      const waitedMs = waiting.sentAt - waiting.enqueuedAt;
      this.#sent.set(id, waiting);
      if (this.#sent.size === 1) this.#watch();
      write(this.#socket, { type: 'ask', id, waitedMs, ...ask }, body);
    }
  }

  /** Starts the clock of the request that runs now. */
  #watch() {
    clearTimeout(this.#watchdog);
    if (!this.#sent.size) return;
    this.#runningSince = performance.now();
    const { runTimeoutMs } = this.#limits;
    this.#watchdog = setTimeout(
      () =>
        this.#kill(
          new TimeoutError(
            `The model did not answer within ${
              runTimeoutMs / 1000
            } s and was ended; it is being loaded again`,
          ),
        ),
      runTimeoutMs,
    );
  }

  #receive(message: FromModel, bytes: readonly Buffer[]) {
    if (message.type !== 'answer') return;
    const waiting = this.#sent.get(message.id);
    this.#sent.delete(message.id);
    this.#watch();
    if (waiting) {
      waiting.release();
      const [body, payload] = splitAt(bytes, message.bodyBytes);
      waiting.resolve({
        message,
        body,
        payload: inOnePiece(payload),
        queueMs: (waiting.sentAt ?? 0) - waiting.enqueuedAt,
      });
    }
    this.#pump();
    if (!this.pending) this.#idle?.();
  }

  #kill(error: Error) {
    this.#child.kill();
    this.#end(error);
  }

  #end(error: Error) {
    if (this.#gone && !this.pending) return;
    const expected = this.#gone !== undefined;
    this.#gone ??= error;
    clearTimeout(this.#watchdog);
    clearInterval(this.#memoryTimer);
    this.#socket.destroy();
    const [running, ...sent] = this.#sent.values();
    const others = [...sent, ...this.#queue];
    this.#sent.clear();
    this.#queue.length = 0;
    for (const waiting of [running, ...others]) waiting?.release();
    running?.reject(
      error.name === 'TimeoutError'
        ? error
        : new ServiceUnavailableError(
            `The model stopped while answering: ${error.message}`,
          ),
    );
    for (const waiting of others) {
      waiting.reject(
        new NotStartedError(`The model stopped: ${error.message}`),
      );
    }
    this.#idle?.();
    if (!expected) this.#onCrash(error);
  }
}

function clientHasGone() {
  return new ServiceUnavailableError('The client has gone');
}

function write(socket: Duplex, message: ToModel, bytes: readonly Buffer[]) {
  socket.cork();
  for (const part of toFrame(message, bytes)) socket.write(part);
  socket.uncork();
}

/** Resident memory of a process; 0 where the system does not tell. */
function residentBytes(pid: number | undefined): number {
  try {
    const pages = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ')[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
