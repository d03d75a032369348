import type { ServerResponse } from 'node:http';
import { NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import {
  PREDICTION_ID_HEADER,
  gatewayAccessSchema,
  type GatewayDesiredState,
} from '@downstage/plugin-ml-serving-common';
import { askPortal, type AskPortal } from './askPortal';
import { checkContentType, checkHost, checkOrigin } from './browserRules';
import { Decisions, type Caller } from './Decisions';
import { RefusedError, UnauthenticatedError } from './errors';
import { Identities, type Identity } from './Identities';
import { Limits } from './Limits';
import { PortalKeys, type FetchKeys } from './PortalKeys';

/** What access control sees of a request. */
export type GuardedRequest = {
  method: string;
  /** Below any prefix: `/v2/models/x/infer`, `/metrics`. */
  path: string;
  /** Whether it is the protocol's; everything else has a door of its own. */
  isProtocol: boolean;
  remoteAddress: string;
  header(name: string): string | undefined;
  response: ServerResponse;
};

/** Somebody who was let in. */
export type Visitor = {
  caller: Caller;
  /** Those of the endpoints, by their names, that this visitor may ask. */
  visible(endpoints: string[]): Promise<string[]>;
};

type Known = { ref: string; public: boolean };

const openPaths = /^\/v2(\/health\/(live|ready))?$/;
const modelPath = /^\/v2\/models\/([^/]+)/;
const everybody = (caller: Caller): Visitor => ({
  caller,
  visible: async endpoints => endpoints,
});
/** For trying tokens that nobody knows, of one address. */
const strangers = { perSecond: 20, burst: 200 };

/**
 * Decides who may ask the gateway: the one call in the path of every request.
 *
 * @remarks
 * The checks have an order. The first are the name the gateway was called by, the calling web page, and the content
 * type. The next check is who the caller is. The last are the portal's permission for this endpoint, and the amount
 * that the caller has asked. Server metadata and health are open. A model that the caller may not see is answered as
 * one that is not there.
 */
export class AccessControl {
  readonly #open: boolean;
  readonly #keys: PortalKeys;
  readonly #identities: Identities;
  readonly #decisions: Decisions;
  readonly #limits: Limits;
  readonly #names: string[];
  #access = gatewayAccessSchema.parse({});
  #known = new Map<string, Known>();

  constructor(options: {
    clock: Clock;
    adminToken: string;
    /** Answers everybody. For benchmarks, and networks that only trusted programs reach. */
    open: boolean;
    /** The name it listens on, which is always one of its own. */
    host: string;
    ask?: AskPortal;
    fetchKeys?: FetchKeys;
  }) {
    const { clock, adminToken } = options;
    this.#open = options.open;
    this.#names = [options.host];
    this.#keys = new PortalKeys({ clock, fetch: options.fetchKeys });
    this.#identities = new Identities({ keys: this.#keys, clock, adminToken });
    this.#decisions = new Decisions({ clock, ask: options.ask ?? askPortal });
    this.#limits = new Limits({ clock });
  }

  /** Takes the desired state, as the host of models does. */
  apply(desired: GatewayDesiredState): void {
    const access = desired.access ?? gatewayAccessSchema.parse({});
    if (access.portal?.authUrl !== this.#access.portal?.authUrl) {
      this.#identities.clear();
    }
    this.#access = access;
    this.#keys.use(access.portal?.authUrl);
    this.#decisions.use({
      servingUrl: access.portal?.servingUrl,
      graceSeconds: access.graceSeconds,
    });
    this.#known = new Map(
      desired.endpoints.map(item => [
        item.endpoint,
        { ref: item.ref ?? item.endpoint, public: item.public ?? false },
      ]),
    );
  }

  /**
   * Lets a request in.
   *
   * @returns the visitor; `undefined` when the request has been answered here
   * @throws an error of the status to answer with
   */
  async admit(request: GuardedRequest): Promise<Visitor | undefined> {
    const { method, path, header, response } = request;
    checkHost(header('host'), [...this.#names, ...this.#access.hosts]);
    const origin = checkOrigin(
      { origin: header('origin'), site: header('sec-fetch-site') },
      this.#access.origins,
    );
    if (origin !== undefined && allowPage(request, origin)) return undefined;
    if (!request.isProtocol || openPaths.test(path)) {
      return everybody({ actor: 'anonymous' });
    }
    if (method !== 'GET' && method !== 'HEAD') {
      checkContentType(header('content-type'));
    }
    const name = decode(modelPath.exec(path)?.[1]);
    const visitor = await this.#visitor(request, name);
    this.#count(visitor.caller, request, name, response);
    return visitor;
  }

  async #visitor(request: GuardedRequest, name: string | undefined) {
    const anonymous = { actor: 'anonymous' };
    if (this.#open) return everybody(anonymous);
    const known = name === undefined ? undefined : this.#known.get(name);
    const identity = await this.#identityOf(request, known?.public === true);
    if (!identity) {
      return { caller: anonymous, visible: this.#publicOnes };
    }
    if (identity.portal) return everybody(identity.caller);
    const { bearer } = identity;
    const visible = async (endpoints: string[]) => {
      const refs = new Map(
        endpoints.map(item => [this.#known.get(item)?.ref ?? item, item]),
      );
      const seen = await this.#decisions.visible(bearer, [...refs.keys()]);
      return seen.flatMap(ref => refs.get(ref) ?? []);
    };
    if (!this.#decisions.knows(bearer, known?.ref ?? '')) {
      // A door that is tried with ever new tokens is not tried for long.
      this.#limits.take(
        `stranger ${request.remoteAddress}`,
        strangers,
        `The address ${request.remoteAddress}`,
      )();
    }
    const decision = await this.#decisions
      .of(bearer, known?.ref ?? '')
      .catch(error => {
        // An open endpoint answers also while nobody can say who this is.
        if (known?.public) return undefined;
        throw error;
      });
    if (!decision) return { caller: anonymous, visible };
    switch (decision.result) {
      case 'allow':
        return { caller: decision.caller, visible };
      case 'deny':
        if (known?.public) return { caller: anonymous, visible };
        throw new RefusedError(decision.message);
      case 'unknown':
        if (known?.public) return { caller: decision.caller, visible };
        throw new NotFoundError(
          `There is no model '${name?.slice(
            0,
            200,
          )}' here, or none that you may see`,
        );
      default:
        throw new UnauthenticatedError(decision.message, {
          invalidToken: true,
        });
    }
  }

  /** Public endpoints need no token; what is sent with the request counts all the same. */
  async #identityOf(
    request: GuardedRequest,
    isPublic: boolean,
  ): Promise<Identity | undefined> {
    const identity = await this.#identities.of(request.header);
    if (identity || isPublic) return identity;
    throw new UnauthenticatedError(
      "Send 'Authorization: Bearer' with an access token of the scope predict (portal: Settings, Access tokens), or a token of the portal",
    );
  }

  readonly #publicOnes = async (endpoints: string[]) =>
    endpoints.filter(endpoint => this.#known.get(endpoint)?.public);

  #count(
    caller: Caller,
    request: GuardedRequest,
    name: string | undefined,
    response: ServerResponse,
  ) {
    const { limits } = this.#access;
    const who =
      caller.actor === 'anonymous'
        ? `anonymous ${request.remoteAddress}`
        : `${caller.actor} ${caller.token ?? ''}`;
    const ends = [this.#limits.take(`caller ${who}`, limits.caller, who)];
    response.once('close', () => ends.forEach(end => end()));
    if (name === undefined || !this.#known.has(name)) return;
    ends.push(
      this.#limits.take(
        `endpoint ${name}`,
        limits.endpoint,
        `The endpoint '${name}'`,
      ),
    );
  }
}

/** Answers what a web page asks before it asks; whether that was all. */
function allowPage(request: GuardedRequest, origin: string): boolean {
  const { response } = request;
  response.setHeader('access-control-allow-origin', origin);
  response.setHeader('vary', 'Origin');
  response.setHeader(
    'access-control-expose-headers',
    `inference-header-content-length, retry-after, www-authenticate, ${PREDICTION_ID_HEADER}`,
  );
  if (request.method !== 'OPTIONS') return false;
  response.writeHead(204, {
    'access-control-allow-methods': 'GET, HEAD, POST',
    'access-control-allow-headers':
      'authorization, content-type, inference-header-content-length, x-request-id',
    'access-control-max-age': '600',
  });
  response.end();
  return true;
}

function decode(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
