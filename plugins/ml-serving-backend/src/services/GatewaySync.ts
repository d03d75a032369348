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
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

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
    const endpoints = await this.#store.list();
    const wishes = await Promise.all(
      endpoints.map(item => this.#endpoint(item)),
    );
    const [servingUrl, authUrl] = await Promise.all([
      this.#discovery.getBaseUrl('ml-serving'),
      this.#discovery.getBaseUrl('auth'),
    ]);
    return {
      access: { ...this.#access, portal: { servingUrl, authUrl } },
      endpoints: wishes.flat(),
    };
  }

  async #endpoint(endpoint: EndpointRecord): Promise<GatewayEndpoint[]> {
    const { currentVersion, previousVersion } = endpoint;
    const kept = (await this.#store.versions(endpoint.id)).filter(
      ({ version }) =>
        version === currentVersion || version === previousVersion,
    );
    if (currentVersion === undefined) return [];
    if (!kept.some(({ version }) => version === currentVersion)) return [];
    return [
      {
        endpoint: gatewayName(endpoint),
        ref: endpoint.id,
        public: isPublic(endpoint, this.#granted),
        model: endpoint.modelRef,
        variant: 'champion',
        active: currentVersion,
        versions: kept.map(({ version, path, sha256, features }) => ({
          version,
          path,
          sha256,
          features,
        })),
      },
    ];
  }
}
