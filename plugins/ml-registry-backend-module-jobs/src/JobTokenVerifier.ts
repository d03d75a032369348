import { createHash } from 'node:crypto';
import type { Clock } from '@downstage/common';
import type { TokenIntrospection } from '@downstage/plugin-ml-jobs-common';
import { KeptAnswers, parseRights, type JobIdentity } from '@downstage/node';
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
  readonly #kept: KeptAnswers<JobIdentity | undefined>;

  constructor(options: {
    introspect: (token: string) => Promise<TokenIntrospection>;
    clock: Clock;
  }) {
    this.#introspect = options.introspect;
    this.#kept = new KeptAnswers({
      clock: options.clock,
      keptMs,
      keptMsOf: subject => (subject ? keptMs : refusedKeptMs),
      most: mostKept,
    });
  }

  async verify(token: string): Promise<JobIdentity | undefined> {
    if (looksLikeBackstageToken(token) || token.length > 1_000)
      return undefined;
    const key = createHash('sha256').update(token).digest('base64');
    return this.#kept.get(key, () => this.#ask(token));
  }

  async #ask(token: string): Promise<JobIdentity | undefined> {
    const { active, subject, actor, owner, groups, rights, attributes } =
      await this.#introspect(token);
    if (!active || !subject || !actor || !owner || !attributes)
      return undefined;
    return {
      ...{ subject, actor, owner, attributes },
      ...(groups && { groups }),
      ...(rights && { rights: parseRights(rights) }),
    };
  }
}

function looksLikeBackstageToken(token: string) {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token);
}
