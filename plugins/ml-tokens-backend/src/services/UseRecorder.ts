import type { LoggerService } from '@backstage/backend-plugin-api';
import { stringifyError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { TokenStore } from '../stores/TokenStore';

const everyMs = 60_000;

/**
 * Writes down when tokens are used: at most once a minute for each, beside the request, never before its answer.
 *
 * @remarks
 * Shown times are right to the minute. A crash may lose the last minute.
 */
export class UseRecorder {
  readonly #store: Pick<TokenStore, 'used'>;
  readonly #clock: Clock;
  readonly #logger: LoggerService;
  readonly #written = new Map<string, number>();
  #writing: Promise<void> = Promise.resolve();

  constructor(options: {
    store: Pick<TokenStore, 'used'>;
    clock: Clock;
    logger: LoggerService;
  }) {
    this.#store = options.store;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  used(id: string): void {
    const now = this.#clock();
    const last = this.#written.get(id);
    if (last !== undefined && now.getTime() - last < everyMs) return;
    this.#written.set(id, now.getTime());
    this.#writing = this.#writing
      .then(() => this.#store.used(id, now.toISOString()))
      .catch(error => {
        this.#written.delete(id);
        this.#logger.warn(
          `Could not write down that token ${id} was used: ${stringifyError(
            error,
          )}`,
        );
      });
  }

  /** When everything so far is written; for a shutdown in order. */
  settled(): Promise<void> {
    return this.#writing;
  }
}
