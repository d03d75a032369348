import { ServiceUnavailableError } from '@backstage/errors';

/** How many bytes of requests the gateway holds at one time, over all clients and models. */
export class ByteBudget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get used(): number {
    return this.#used;
  }

  /** @throws ServiceUnavailableError when the bytes do not fit beside what is held already */
  take(bytes: number): void {
    if (this.#used + bytes > this.#limit) {
      throw new ServiceUnavailableError(
        `The gateway holds ${this.#used} bytes of requests that wait, at most ${
          this.#limit
        }; try again in a moment`,
      );
    }
    this.#used += bytes;
  }

  /** Counts bytes that cannot be refused any more. */
  hold(bytes: number): void {
    this.#used += bytes;
  }

  giveBack(bytes: number): void {
    this.#used -= bytes;
  }
}
