import type {
  GatewayDesiredState,
  GatewayEndpoint,
  GatewayStatus,
} from '@downstage/plugin-ml-serving-common';
import { gatewayName } from '../domain/gatewayName';
import type { ServingGateway } from '../providers/ServingGateway';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

/** Tells the gateway the whole wish, one time after another, so that an older wish never overtakes a newer one. */
export class GatewaySync {
  readonly #store: EndpointStore;
  readonly #gateway: ServingGateway;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { store: EndpointStore; gateway: ServingGateway }) {
    this.#store = options.store;
    this.#gateway = options.gateway;
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
    return { endpoints: wishes.flat() };
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
