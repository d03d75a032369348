import { hashOf } from './secret';

const keptMs = 2_000;
const mostKept = 1_000;

/**
 * Keeps answers about tokens for two seconds, refusals too: a training script sends many small requests.
 *
 * @remarks
 * So a token that was revoked, or a person who left a group, is refused at most two seconds later, on every replica.
 * Secrets are kept as hashes only. Requests that come at once wait for one answer.
 */
export class RememberedAnswers {
  readonly #clock: () => Date;
  readonly #kept = new Map<
    string,
    { until: number; answer: Promise<string> }
  >();

  constructor(options: { clock: () => Date }) {
    this.#clock = options.clock;
  }

  async get(
    secret: string,
    ask: (secret: string) => Promise<string>,
  ): Promise<string> {
    const key = hashOf(secret);
    const now = this.#clock().getTime();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now) return kept.answer;
    const answer = ask(secret);
    this.#keep(key, { until: now + keptMs, answer });
    answer.catch(error => {
      // Trouble is not an answer: the next request asks again.
      if (error?.name !== 'AuthenticationError') this.#kept.delete(key);
    });
    return answer;
  }

  clear() {
    this.#kept.clear();
  }

  #keep(key: string, entry: { until: number; answer: Promise<string> }) {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
  }
}
