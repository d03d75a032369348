import { ServiceUnavailableError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { AccessDecision } from '@downstage/plugin-ml-serving-common';
import type { AskPortal } from './askPortal';
import { RefusedError, UnauthenticatedError } from './errors';

/** Whom the portal sees behind a token. */
export type Caller = {
  actor: string;
  /** Id of the access token that was used. */
  token?: string;
};

/** What the portal says about one caller and one endpoint. */
export type Decision =
  | { result: 'allow'; caller: Caller }
  | { result: 'unknown'; caller: Caller }
  | { result: 'deny'; message: string }
  | { result: 'nobody'; message: string };

/** Somebody who brought a token: `key` is the same for the same caller, and holds no secret. */
export type Bearer = { key: string; token: string };

const freshMs = 5_000;
const staleMs = 30_000;
const mostKept = 20_000;
const mostAsking = 64;
const chunk = 1000;

/**
 * The portal's decisions, remembered.
 *
 * @remarks
 * An answer counts for five seconds. Permission still counts up to thirty seconds. It is asked anew behind the request,
 * so that nobody in steady use waits. After that the request waits for the portal. So a revoked right is refused after
 * five seconds to a caller in steady use, and after thirty at most.
 *
 * While the portal does not answer, its decisions count for the grace period, permissions and refusals alike. Callers
 * that it has not judged are answered 503. Nothing is kept over a restart. Memory and questions under way are bounded.
 */
export class Decisions {
  readonly #clock: Clock;
  readonly #ask: AskPortal;
  readonly #kept = new Map<string, { decision: Decision; at: number }>();
  readonly #asking = new Map<string, Promise<Decision>>();
  #servingUrl: string | undefined;
  #graceMs = 0;

  constructor(options: { clock: Clock; ask: AskPortal }) {
    this.#clock = options.clock;
    this.#ask = options.ask;
  }

  use(portal: { servingUrl: string | undefined; graceSeconds: number }): void {
    // Another replica of the portal gives the same answers, so they are kept.
    this.#servingUrl = portal.servingUrl;
    this.#graceMs = portal.graceSeconds * 1000;
  }

  /** Whether this was judged before, however long ago. */
  knows(bearer: Bearer, endpoint: string): boolean {
    return this.#kept.has(keyOf(bearer, endpoint));
  }

  /** @throws ServiceUnavailableError when the portal does not answer and has not judged this lately */
  async of(bearer: Bearer, endpoint: string): Promise<Decision> {
    const key = keyOf(bearer, endpoint);
    const kept = this.#kept.get(key);
    const age = kept ? this.#now() - kept.at : Infinity;
    if (kept && age < freshMs) return kept.decision;
    const asked = this.#askOne(key, bearer, endpoint);
    if (kept?.decision.result === 'allow' && age < staleMs) {
      asked.catch(() => {}); // said when the answer has become too old
      return kept.decision;
    }
    try {
      return await asked;
    } catch (error) {
      if (kept && age < this.#graceMs) return kept.decision;
      throw error;
    }
  }

  /** Those of the endpoints that the caller may ask. */
  async visible(bearer: Bearer, endpoints: string[]): Promise<string[]> {
    const now = this.#now();
    const old = endpoints.filter(endpoint => {
      const kept = this.#kept.get(keyOf(bearer, endpoint));
      return !kept || now - kept.at >= freshMs;
    });
    for (let start = 0; start < old.length; start += chunk) {
      const some = old.slice(start, start + chunk);
      try {
        this.#keep(bearer, some, await this.#askMany(bearer, some));
      } catch (error) {
        const known = some.every(endpoint => {
          const kept = this.#kept.get(keyOf(bearer, endpoint));
          return kept && now - kept.at < this.#graceMs;
        });
        if (!known) throw error;
      }
    }
    return endpoints.filter(
      endpoint =>
        this.#kept.get(keyOf(bearer, endpoint))?.decision.result === 'allow',
    );
  }

  #askOne(key: string, bearer: Bearer, endpoint: string): Promise<Decision> {
    const underWay = this.#asking.get(key);
    if (underWay) return underWay;
    if (this.#asking.size >= mostAsking) {
      return Promise.reject(
        new ServiceUnavailableError(
          'The gateway is asking the portal about many callers at once; try again in a moment',
        ),
      );
    }
    const asking = this.#judge(bearer, endpoint).finally(() =>
      this.#asking.delete(key),
    );
    this.#asking.set(key, asking);
    return asking;
  }

  async #judge(bearer: Bearer, endpoint: string): Promise<Decision> {
    const decision = await this.#askMany(
      bearer,
      endpoint ? [endpoint] : [],
    ).then(
      answer => decisionOf(answer, endpoint),
      (error): Decision => {
        const { message } = error;
        if (error instanceof UnauthenticatedError) {
          return { result: 'nobody', message };
        }
        if (error instanceof RefusedError) return { result: 'deny', message };
        throw error;
      },
    );
    this.#put(keyOf(bearer, endpoint), decision);
    return decision;
  }

  async #askMany(bearer: Bearer, endpoints: string[]) {
    if (!this.#servingUrl) {
      throw new ServiceUnavailableError(
        'No portal has told the gateway yet whom it may answer; try again in a moment',
      );
    }
    return this.#ask({
      servingUrl: this.#servingUrl,
      token: bearer.token,
      endpoints,
    });
  }

  #keep(bearer: Bearer, endpoints: string[], answer: AccessDecision) {
    for (const endpoint of endpoints) {
      this.#put(keyOf(bearer, endpoint), decisionOf(answer, endpoint));
    }
  }

  #put(key: string, decision: Decision) {
    this.#kept.delete(key);
    this.#kept.set(key, { decision, at: this.#now() });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= mostKept) break;
      this.#kept.delete(oldest);
    }
  }

  #now() {
    return this.#clock().getTime();
  }
}

function keyOf(bearer: Bearer, endpoint: string) {
  return `${bearer.key}\n${endpoint}`;
}

function decisionOf(answer: AccessDecision, endpoint: string): Decision {
  const caller: Caller = {
    actor: answer.actor,
    ...(answer.token && { token: answer.token.id }),
  };
  if (!endpoint) return { result: 'allow', caller };
  const found = answer.decisions.find(item => item.endpoint === endpoint);
  if (found?.result === 'allow') return { result: 'allow', caller };
  if (found?.result === 'deny') {
    return {
      result: 'deny',
      message: found.message ?? `${answer.actor} may not ask ${endpoint}`,
    };
  }
  return { result: 'unknown', caller };
}
