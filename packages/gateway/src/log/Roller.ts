import type { ChildProcess } from 'node:child_process';
import { endOf, forkChild } from '../processes/childCommand';
import { setThreads } from '../processes/niceness';

export type RollTask = { logDir: string; file: string };
export type RollMessage = RollTask & { id: number };
export type RollResult = { id: number; error?: string };

const rollTimeoutMs = 5 * 60_000;
/** Without work for this long the process is ended; the next roll starts another. */
const idleMs = 10 * 60_000;

/**
 * Makes Parquet of closed files in a process of its own, with low priority: the work takes nothing from requests,
 * and a file that ends DuckDB ends nothing else.
 */
export class Roller {
  #child: ChildProcess | undefined;
  readonly #waiting = new Map<number, (result: RollResult) => void>();
  #nextId = 1;
  #idle: NodeJS.Timeout | undefined;

  async roll(task: RollTask): Promise<void> {
    clearTimeout(this.#idle);
    const child = this.#start();
    const id = this.#nextId++;
    let timer: NodeJS.Timeout | undefined;
    const result = await new Promise<RollResult>(resolve => {
      this.#waiting.set(id, resolve);
      timer = setTimeout(() => child.kill('SIGKILL'), rollTimeoutMs);
      child.send({ id, ...task } satisfies RollMessage, error => {
        if (error) this.#settle({ id, error: error.message });
      });
    });
    clearTimeout(timer);
    this.#idle = setTimeout(() => this.stop(), idleMs);
    this.#idle.unref();
    if (result.error !== undefined) throw new Error(result.error);
  }

  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    if (this.#child) await endOf(this.#child);
  }

  #start(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const child = forkChild('roller');
    try {
      if (child.pid !== undefined) setThreads(child.pid, 10);
    } catch {
      // Not allowed here: it then has the same priority.
    }
    child.on('message', message => this.#settle(message as RollResult));
    child.on('exit', (code, signal) => {
      if (this.#child === child) this.#child = undefined;
      for (const id of [...this.#waiting.keys()]) {
        this.#settle({
          id,
          error: `The process that rolls ended (${signal ?? code})`,
        });
      }
    });
    child.on('error', () => {}); // followed by the end, or by a failed send
    this.#child = child;
    return child;
  }

  #settle(result: RollResult) {
    this.#waiting.get(result.id)?.(result);
    this.#waiting.delete(result.id);
  }
}
