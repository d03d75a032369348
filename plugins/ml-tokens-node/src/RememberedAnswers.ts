import { isError } from '@backstage/errors';
import { KeptAnswers } from '@downstage/node';
import { hashOf } from './secret';

/**
 * Keeps answers about tokens for two seconds, refusals too: a training script sends many small requests.
 *
 * @remarks
 * So a revoked token is refused at most two seconds later, on every replica. The same holds for a person who left a
 * group. Secrets are kept as hashes only. Requests that come at once wait for one answer.
 */
export class RememberedAnswers {
  readonly #kept: KeptAnswers<string>;

  constructor(options: { clock: () => Date }) {
    this.#kept = new KeptAnswers({
      clock: options.clock,
      keptMs: 2_000,
      most: 1_000,
      // Trouble is not an answer: the next request asks again.
      keepsError: error =>
        isError(error) && error.name === 'AuthenticationError',
    });
  }

  get(
    secret: string,
    ask: (secret: string) => Promise<string>,
  ): Promise<string> {
    return this.#kept.get(hashOf(secret), () => ask(secret));
  }

  clear() {
    this.#kept.clear();
  }
}
