import { lookup, type LookupAddress } from 'node:dns';
import { isIP } from 'node:net';
import { InputError } from '@backstage/errors';
import ipaddr from 'ipaddr.js';
import { Agent, request, type Dispatcher } from 'undici';

/** Milliseconds until an answer must be there. */
const TIMEOUT = 10_000;

class NotPublicError extends Error {}

const lookupPublic = (
  hostname: string,
  options: object,
  callback: (
    error: NodeJS.ErrnoException | null,
    address: string | LookupAddress[],
    family?: number,
  ) => void,
) => {
  lookup(hostname, { ...options, all: true }, (error, addresses) => {
    if (error) {
      callback(error, []);
    } else if (!addresses.every(({ address }) => isPublic(address))) {
      callback(new NotPublicError(hostname), []);
    } else if ('all' in options && options.all) {
      callback(null, addresses);
    } else {
      callback(null, addresses[0].address, addresses[0].family);
    }
  });
};

/**
 * Calls addresses that users typed in, and nothing inside. It calls https only,
 * and no address that is private, loopback, link-local or otherwise special.
 * The address is checked where the connection is made, so a name cannot lead
 * elsewhere in between. Redirects are answers, not followed. Hosts that the
 * configuration allows may be inside, and speak http.
 */
export class OutboundClient {
  readonly #allowed: ReadonlySet<string>;
  readonly #setting: string;
  readonly #guarded: Agent;
  readonly #free: Agent;

  /** `setting` names the list of allowed hosts in messages. */
  constructor(options: { allowedHosts: string[]; setting: string }) {
    this.#allowed = new Set(
      options.allowedHosts.map(host => host.toLowerCase()),
    );
    this.#setting = options.setting;
    // Each call says how long it may take; servers of imports may think for long.
    const timeouts = { connectTimeout: TIMEOUT, headersTimeout: 300_000 };
    this.#free = new Agent(timeouts);
    this.#guarded = new Agent({
      ...timeouts,
      connect: { lookup: lookupPublic },
    });
  }

  /** Throws `InputError` when the address may not be called; names are not resolved yet. */
  check(address: string): URL {
    const url = parse(address);
    if (this.#isAllowed(url)) return url;
    if (url.protocol !== 'https:') {
      throw new InputError(
        `${
          url.origin
        } is not https. Hosts that may be called without it are named in ${
          this.#setting
        }`,
      );
    }
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !isPublic(host)) throw this.#notPublic(host);
    return url;
  }

  /** Sends; the answer's body is a stream that the caller has to read or destroy. */
  async send(
    address: string,
    options: {
      method: 'GET' | 'POST';
      headers: Record<string, string>;
      body?: string;
      /** Milliseconds for all of it, the body included; ten seconds unless given. */
      timeout?: number;
      signal?: AbortSignal;
    },
  ): Promise<Dispatcher.ResponseData> {
    const url = this.check(address);
    const limit = AbortSignal.timeout(options.timeout ?? TIMEOUT);
    try {
      return await request(url, {
        method: options.method,
        headers: options.headers,
        body: options.body,
        signal: options.signal
          ? AbortSignal.any([limit, options.signal])
          : limit,
        dispatcher: this.#isAllowed(url) ? this.#free : this.#guarded,
      });
    } catch (error) {
      if (error instanceof NotPublicError) throw this.#notPublic(url.hostname);
      throw error;
    }
  }

  /** `host` or `host:port` may stand in the configuration. */
  #isAllowed(url: URL): boolean {
    return (
      this.#allowed.has(url.host.toLowerCase()) ||
      this.#allowed.has(url.hostname.toLowerCase())
    );
  }

  #notPublic(host: string): InputError {
    return new InputError(
      `${host} is not a public address. Hosts inside that may be called are named in ${
        this.#setting
      }`,
    );
  }
}

function parse(address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new InputError(
      `'${address.slice(0, 200)}' is not an address such as https://host/path`,
    );
  }
  if (url.username || url.password) {
    throw new InputError('The address must not carry a user or a password');
  }
  return url;
}

/** Only plain unicast addresses; whatever wraps another address counts as special. */
function isPublic(address: string): boolean {
  return (
    ipaddr.isValid(address) && ipaddr.process(address).range() === 'unicast'
  );
}
