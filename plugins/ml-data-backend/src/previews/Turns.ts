import { ServiceUnavailableError } from '@backstage/errors';

/** Lets a bounded number of tasks run at once, in the order in which they came. */
export class Turns {
  readonly #options: { atOnce: number; mostWaiting: number; what: string };
  readonly #waiting: { enter: () => void }[] = [];
  #running = 0;

  constructor(options: { atOnce: number; mostWaiting: number; what: string }) {
    this.#options = options;
  }

  /**
   * Runs a task when its turn comes. A caller who does not want it any more leaves the line at once.
   *
   * @throws the reason of the signal; ServiceUnavailableError when too many wait
   */
  async run<T>(task: () => Promise<T>, signal: AbortSignal): Promise<T> {
    await this.#turn(signal);
    try {
      return await task();
    } finally {
      const next = this.#waiting.shift();
      // The turn is handed on: nobody comes in between.
      if (next) next.enter();
      else this.#running -= 1;
    }
  }

  async #turn(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { atOnce, mostWaiting, what } = this.#options;
    if (this.#running < atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= mostWaiting) {
      throw new ServiceUnavailableError(
        `${this.#running} ${what} are under way and ${
          this.#waiting.length
        } wait, which is the most; try again in a moment`,
      );
    }
    await new Promise<void>((resolve, reject) => {
      const turn = { enter: () => {} };
      const leave = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(signal.reason);
      };
      turn.enter = () => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.push(turn);
    });
  }
}
