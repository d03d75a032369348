import { createHash } from 'node:crypto';
import type { Clock } from '@downstage/common';
import type { TokenIntrospection } from '@downstage/plugin-ml-jobs-common';
import type { JobIdentity } from '@downstage/node';
import type { TokenVerifier } from '@downstage/plugin-ml-registry-node';

const keptMs = 5_000;
/** Shorter: a token that is not known yet may be in a moment. */
const refusedKeptMs = 1_000;
const mostKept = 1_000;

/**
 * Knows the tokens of jobs.
 *
 * @remarks
 * An answer is kept for five seconds, because a training script sends many small requests; so a token may live
 * that much longer than its job. Tokens are kept as hashes only. Backstage's own tokens (three dotted
 * parts) are never sent on.
 */
export class JobTokenVerifier implements TokenVerifier {
  readonly #introspect: (token: string) => Promise<TokenIntrospection>;
  readonly #clock: Clock;
  readonly #kept = new Map<
    string,
    { until: number; answer: Promise<JobIdentity | undefined> }
  >();

  constructor(options: {
    introspect: (token: string) => Promise<TokenIntrospection>;
    clock: Clock;
  }) {
    this.#introspect = options.introspect;
    this.#clock = options.clock;
  }

  async verify(token: string): Promise<JobIdentity | undefined> {
    if (looksLikeBackstageToken(token) || token.length > 1_000)
      return undefined;
    const key = createHash('sha256').update(token).digest('base64');
    const now = this.#clock().getTime();
    const kept = this.#kept.get(key);
    if (kept && kept.until > now) return kept.answer;
    const entry = { until: now + keptMs, answer: this.#ask(token) };
    this.#keep(key, entry);
    try {
      const subject = await entry.answer;
      if (!subject) entry.until = now + refusedKeptMs;
      return subject;
    } catch (error) {
      // Not an answer: the next request asks again.
      this.#kept.delete(key);
      throw error;
    }
  }

  async #ask(token: string): Promise<JobIdentity | undefined> {
    const { active, subject, actor, owner, attributes } =
      await this.#introspect(token);
    if (!active || !subject || !actor || !owner || !attributes)
      return undefined;
    return { subject, actor, owner, attributes };
  }

  #keep(
    key: string,
    entry: { until: number; answer: Promise<JobIdentity | undefined> },
  ) {
    this.#kept.delete(key);
    this.#kept.set(key, entry);
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
  }
}

function looksLikeBackstageToken(token: string) {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}
