import { createHash, timingSafeEqual } from 'node:crypto';
import type { Clock } from '@downstage/common';
import { z } from 'zod';
import type { Bearer, Caller } from './Decisions';
import { UnauthenticatedError } from './errors';
import { isTokenOfPerson, type PortalKeys } from './PortalKeys';

const longestToken = 8_000;
const mostKept = 5_000;

/** By this header the portal says for whom it asks; believed only beside the admin token. */
const callerHeader = 'x-downstage-caller';

const callerSchema = z.object({
  actor: z.string().min(1).max(500),
  token: z.string().max(200).optional(),
});

export type Identity =
  /** The portal itself, for somebody it has judged. */
  { portal: true; caller: Caller } | { portal: false; bearer: Bearer };

/**
 * Finds out whose token a request carries, as far as that can be said without the portal: tokens of people are checked
 * by signature and time, everything else is only made a key of.
 */
export class Identities {
  readonly #keys: PortalKeys;
  readonly #clock: Clock;
  readonly #adminDigest: Buffer;
  readonly #people = new Map<string, { person: string; endsAt: number }>();

  constructor(options: { keys: PortalKeys; clock: Clock; adminToken: string }) {
    this.#keys = options.keys;
    this.#clock = options.clock;
    this.#adminDigest = digest(options.adminToken);
  }

  /** Forgets whose tokens were checked; for when the portal is another one. */
  clear() {
    this.#people.clear();
  }

  /**
   * Whose token it is; `undefined` when there is none.
   *
   * @throws UnauthenticatedError when it is none that this portal could have made
   */
  async of(
    header: (name: string) => string | undefined,
  ): Promise<Identity | undefined> {
    const token = tokenIn(header('authorization'));
    if (token === undefined) return undefined;
    if (token.length > longestToken) {
      throw new UnauthenticatedError(
        `The token has ${token.length} characters; no token of the portal has more than ${longestToken}`,
        { invalidToken: true },
      );
    }
    const hash = digest(token);
    if (timingSafeEqual(hash, this.#adminDigest)) {
      return { portal: true, caller: callerIn(header(callerHeader)) };
    }
    const id = hash.toString('base64');
    if (!isTokenOfPerson(token)) {
      return { portal: false, bearer: { key: `token:${id}`, token } };
    }
    const { person } = await this.#person(id, token);
    // By person, so that the token after this one is known already.
    return { portal: false, bearer: { key: `person:${person}`, token } };
  }

  async #person(id: string, token: string) {
    const known = this.#people.get(id);
    if (known && known.endsAt > this.#clock().getTime()) return known;
    const found = await this.#keys.verify(token);
    this.#people.set(id, found);
    for (const oldest of this.#people.keys()) {
      if (this.#people.size <= mostKept) break;
      this.#people.delete(oldest);
    }
    return found;
  }
}

/** The token of `Authorization`; where a tool knows only user and password, the password is the token. */
function tokenIn(header: string | undefined): string | undefined {
  const match = /^(bearer|basic) +(\S+) *$/i.exec(header ?? '');
  if (!match) return undefined;
  const [, scheme, value] = match;
  if (scheme.toLowerCase() === 'bearer') return value;
  const text = Buffer.from(value, 'base64').toString('utf8');
  return text.slice(text.indexOf(':') + 1) || undefined;
}

function callerIn(header: string | undefined): Caller {
  if (header === undefined) return { actor: 'service:ml-serving' };
  try {
    return callerSchema.parse(JSON.parse(decodeURIComponent(header)));
  } catch {
    return { actor: 'service:ml-serving' };
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
