import type { Clock } from '@downstage/common';
import {
  createLocalJWKSet,
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JSONWebKeySet,
} from 'jose';
import { ServiceUnavailableError } from '@backstage/errors';
import { UnauthenticatedError } from './errors';

const freshMs = 5 * 60_000;
const leastBetweenFetchesMs = 5_000;
const timeoutMs = 5_000;
const userType = 'vnd.backstage.user';

/** Fetches a key set; a test gives its own. */
export type FetchKeys = (url: string) => Promise<JSONWebKeySet>;

/**
 * The public keys by which the portal's tokens of people are checked without asking it.
 *
 * @remarks
 * They are fetched when first needed, every five minutes, and when a token names an unknown key. A fetch begins at most
 * once in five seconds. While the portal does not answer the last keys count: a token ends by itself within the hour.
 */
export class PortalKeys {
  readonly #clock: Clock;
  readonly #fetch: FetchKeys;
  #url: string | undefined;
  #keys: ReturnType<typeof createLocalJWKSet> | undefined;
  #fetchedAt = -Infinity;
  #triedAt = -Infinity;
  #fetching: Promise<void> | undefined;

  constructor(options: { clock: Clock; fetch?: FetchKeys }) {
    this.#clock = options.clock;
    this.#fetch = options.fetch ?? fetchKeys;
  }

  /** Where the portal's `auth` is reached; another address begins anew. */
  use(authUrl: string | undefined): void {
    const url = authUrl && `${authUrl}/.well-known/jwks.json`;
    if (url === this.#url) return;
    this.#url = url;
    this.#keys = undefined;
    this.#fetchedAt = -Infinity;
    this.#triedAt = -Infinity;
  }

  /**
   * The person a token of the portal speaks for, and when it ends.
   *
   * @throws UnauthenticatedError when the signature, the kind or the time is wrong
   * @throws ServiceUnavailableError when the keys could never be fetched
   */
  async verify(token: string): Promise<{ person: string; endsAt: number }> {
    const now = this.#now();
    if (now - this.#fetchedAt > freshMs) {
      const refreshing = this.#refresh();
      if (!this.#keys) await refreshing;
    }
    try {
      return await this.#check(token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw refusal(error);
      await this.#refresh();
      return this.#check(token).catch(again => {
        throw refusal(again);
      });
    }
  }

  async #check(token: string) {
    if (!this.#keys) {
      throw new ServiceUnavailableError(
        'The portal does not answer, and its keys have never been fetched; try again when it does',
      );
    }
    const { payload } = await jwtVerify(token, this.#keys, {
      typ: userType,
      requiredClaims: ['iat', 'exp', 'sub'],
      currentDate: this.#clock(),
    });
    return { person: payload.sub!, endsAt: payload.exp! * 1000 };
  }

  async #refresh(): Promise<void> {
    if (this.#fetching) return this.#fetching;
    const url = this.#url;
    const now = this.#now();
    if (!url || now - this.#triedAt < leastBetweenFetchesMs) return undefined;
    this.#triedAt = now;
    this.#fetching = this.#fetch(url)
      .then(
        keys => {
          if (url !== this.#url) return;
          this.#keys = createLocalJWKSet(keys);
          this.#fetchedAt = now;
        },
        () => {}, // the last keys go on counting; the next attempt is due in five seconds
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  #now() {
    return this.#clock().getTime();
  }
}

/** Whether a token says of itself that it is the portal's token of a person. */
export function isTokenOfPerson(token: string): boolean {
  try {
    return decodeProtectedHeader(token).typ === userType;
  } catch {
    return false;
  }
}

function refusal(error: unknown): unknown {
  if (error instanceof errors.JWTExpired) {
    return new UnauthenticatedError('The token has expired; sign in again', {
      invalidToken: true,
    });
  }
  if (error instanceof errors.JOSEError) {
    return new UnauthenticatedError(
      'The token is not one that this portal made',
      { invalidToken: true },
    );
  }
  return error;
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return (await response.json()) as JSONWebKeySet;
}
