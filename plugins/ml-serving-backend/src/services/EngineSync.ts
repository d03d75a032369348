import type { DiscoveryService } from '@backstage/backend-plugin-api';
import { unlessAborted } from '@downstage/common';
import {
  leadingVariant,
  type GatewayAccess,
} from '@downstage/plugin-ml-serving-common';
import type {
  DesiredEndpoint,
  EngineCondition,
  EngineDesiredState,
  ServingEngine,
} from '@downstage/plugin-ml-serving-node';
import { gatewayName } from '../domain/gatewayName';
import { isPublic } from '../domain/isPublic';
import type {
  EndpointRecord,
  EndpointStore,
  ServedVersion,
} from '../stores/EndpointStore';

/** An engine that takes a desired state longer than this is told to give it up. The gateway is given ten seconds. */
const applyMs = 25_000;

/**
 * Tells one engine everything that it has to serve, one time after another. So an older desired state never overtakes a
 * newer one. A caller that asks while one waits its turn shares that one: the state is read when its turn comes.
 *
 * @remarks
 * An engine that never answers holds nobody up for ever: after a limit its call is aborted, and the next turn comes.
 */
export class EngineSync {
  readonly #store: EndpointStore;
  readonly #engine: ServingEngine;
  readonly #discovery: DiscoveryService;
  readonly #access: Omit<GatewayAccess, 'portal'>;
  readonly #granted: string[];
  readonly #timeLimit: (ms: number) => AbortSignal;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<EngineCondition[]> | undefined;

  constructor(options: {
    store: EndpointStore;
    engine: ServingEngine;
    discovery: DiscoveryService;
    access: Omit<GatewayAccess, 'portal'>;
    /** The endpoints that the configuration lets answer without a token. */
    granted: string[];
    /** When an engine that takes a desired state has to give it up. */
    timeLimit?: (ms: number) => AbortSignal;
  }) {
    this.#store = options.store;
    this.#engine = options.engine;
    this.#discovery = options.discovery;
    this.#access = options.access;
    this.#granted = options.granted;
    this.#timeLimit = options.timeLimit ?? (ms => AbortSignal.timeout(ms));
  }

  /**
   * @returns what the engine says of its endpoints
   * @throws the reason of the limit where the engine takes longer
   */
  push(): Promise<EngineCondition[]> {
    if (this.#waiting) return this.#waiting;
    const next = this.#last
      .catch(() => {})
      .then(() => {
        this.#waiting = undefined;
        const signal = this.#timeLimit(applyMs);
        return unlessAborted(this.#apply(signal), signal);
      });
    this.#last = next;
    this.#waiting = next;
    return next;
  }

  async #apply(signal: AbortSignal): Promise<EngineCondition[]> {
    const desired = await this.#desired();
    // Given up before it was sent: the next turn has a newer one.
    signal.throwIfAborted();
    return this.#engine.apply(desired, { signal });
  }

  async #desired(): Promise<EngineDesiredState> {
    const [served, servingUrl, authUrl] = await Promise.all([
      this.#store.served(this.#engine.id),
      this.#discovery.getBaseUrl('ml-serving'),
      this.#discovery.getBaseUrl('auth'),
    ]);
    return {
      access: { ...this.#access, portal: { servingUrl, authUrl } },
      endpoints: served.flatMap(item => this.#endpoint(item)),
    };
  }

  #endpoint({
    endpoint,
    versions,
  }: {
    endpoint: EndpointRecord;
    versions: ServedVersion[];
  }): DesiredEndpoint[] {
    const { variants } = endpoint;
    if (!leadingVariant(variants)) return [];
    return [
      {
        endpoint: gatewayName(endpoint),
        ref: endpoint.id,
        public: isPublic(endpoint, this.#granted),
        model: endpoint.modelRef,
        variants,
        versions: versions.map(({ version, path, sha256, features }) => ({
          version,
          path,
          sha256,
          features,
        })),
      },
    ];
  }
}
