import type { DiscoveryService } from '@backstage/backend-plugin-api';
import type {
  GatewayAccess,
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';
import { gatewayName } from '../domain/gatewayName';
import { isPublic } from '../domain/isPublic';
import type { ServingGateway } from '../providers/ServingGateway';
import type {
  EndpointRecord,
  EndpointStore,
  ServedVersion,
} from '../stores/EndpointStore';

/** Tells the gateway the whole wish, one time after another, so that an older wish never overtakes a newer one. */
export class GatewaySync {
  readonly #store: EndpointStore;
  readonly #gateway: ServingGateway;
  readonly #discovery: DiscoveryService;
  readonly #access: Omit<GatewayAccess, 'portal'>;
  readonly #granted: string[];
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: {
    store: EndpointStore;
    gateway: ServingGateway;
    discovery: DiscoveryService;
    access: Omit<GatewayAccess, 'portal'>;
    /** The endpoints that the configuration lets answer without a token. */
    granted: string[];
  }) {
    this.#store = options.store;
    this.#gateway = options.gateway;
    this.#discovery = options.discovery;
    this.#access = options.access;
    this.#granted = options.granted;
  }

  push(): Promise<GatewayStatus> {
    const next = this.#last
      .catch(() => {})
      .then(async () => this.#gateway.client().putState(await this.#wish()));
    this.#last = next;
    return next;
  }

  async #wish(): Promise<GatewayDesiredState> {
    const [served, servingUrl, authUrl] = await Promise.all([
      this.#store.served(),
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
  }): GatewayEndpoint[] {
    const { currentVersion } = endpoint;
    if (currentVersion === undefined) return [];
    if (!versions.some(({ version }) => version === currentVersion)) return [];
    return [
      {
        endpoint: gatewayName(endpoint),
        ref: endpoint.id,
        public: isPublic(endpoint, this.#granted),
        model: endpoint.modelRef,
        variant: 'champion',
        active: currentVersion,
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
