import type {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import {
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type RegisteredOwners,
} from '@downstage/node';
import {
  mlServingChangePermission,
  mlServingPredictPermission,
  mlServingReadPermission,
  type Endpoint,
  type EndpointAccess,
  type GatewayStatus,
  type PredictRequest,
  type PredictResponse,
  type TrafficBucket,
} from '@downstage/plugin-ml-serving-common';
import { judgeEndpoint, mergeConditions } from '../domain/endpointState';
import { gatewayName } from '../domain/gatewayName';
import { isPublic } from '../domain/isPublic';
import type { ServingGateway } from '../providers/ServingGateway';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { AccessDecisions } from './AccessDecisions';
import type { GatewaySync } from './GatewaySync';

type Call = { credentials: BackstageCredentials };
type Path = { namespace: string; name: string };

/** What people do with endpoints. */
export class EndpointService {
  readonly #authorizer: Authorizer;
  readonly #auditor: AuditorService;
  readonly #catalog: CatalogService;
  readonly #registeredOwners: RegisteredOwners;
  readonly #store: EndpointStore;
  readonly #gateway: ServingGateway;
  readonly #sync: GatewaySync;
  readonly #decisions: AccessDecisions;
  readonly #granted: string[];
  readonly #clock: Clock;
  readonly #nudge: () => void;
  readonly #announce: (endpoint: {
    ref: string;
    modelRef: string;
  }) => Promise<void>;

  constructor(options: {
    authorizer: Authorizer;
    auditor: AuditorService;
    catalog: CatalogService;
    registeredOwners: RegisteredOwners;
    store: EndpointStore;
    gateway: ServingGateway;
    sync: GatewaySync;
    decisions: AccessDecisions;
    /** The endpoints that the configuration lets answer without a token. */
    granted: string[];
    clock: Clock;
    nudge: () => void;
    announce: (endpoint: { ref: string; modelRef: string }) => Promise<void>;
  }) {
    this.#authorizer = options.authorizer;
    this.#auditor = options.auditor;
    this.#catalog = options.catalog;
    this.#registeredOwners = options.registeredOwners;
    this.#store = options.store;
    this.#gateway = options.gateway;
    this.#sync = options.sync;
    this.#decisions = options.decisions;
    this.#granted = options.granted;
    this.#clock = options.clock;
    this.#nudge = options.nudge;
    this.#announce = options.announce;
  }

  async list({ credentials }: Call): Promise<Endpoint[]> {
    await this.#mayRead(credentials);
    const endpoints = await this.#store.list();
    const status = await this.#status();
    return endpoints.map(endpoint => this.#view(endpoint, status));
  }

  async get(path: Path, { credentials }: Call): Promise<Endpoint> {
    await this.#mayRead(credentials);
    return this.#view(await this.#load(path), await this.#status());
  }

  /** Makes the endpoint of a model; the reconciler brings the production version to it. */
  async create(
    {
      modelRef,
      access = { groups: [], anonymous: false },
    }: { modelRef: string; access?: EndpointAccess },
    { credentials }: Call,
  ): Promise<Endpoint> {
    const permission = mlServingChangePermission;
    await this.#authorizer.require({ credentials, permission });
    const { kind, namespace, name } = parseEntityRef(modelRef);
    if (kind.toLowerCase() !== 'model') {
      throw new InputError(
        `'${modelRef}' is a ${kind}; only models have endpoints`,
      );
    }
    const owner = await this.#ownerOf(modelRef, credentials);
    if (!owner) {
      throw new NotFoundError(
        `The catalog has no model '${modelRef}' that you may see; register its catalog-info.yaml first`,
      );
    }
    await this.#authorizer.require({
      credentials,
      permission,
      owner,
      model: stringifyEntityRef({ kind, namespace, name }),
    });
    const record = await this.#audited(
      'endpoint-create',
      { modelRef },
      credentials,
      () =>
        this.#store.create({
          namespace,
          name,
          modelRef: stringifyEntityRef({ kind, namespace, name }),
          owner,
          access,
          createdBy: this.#authorizer.actor(credentials),
          createdAt: this.#clock().toISOString(),
        }),
    );
    this.#nudge();
    await this.#announce({ ref: record.id, modelRef: record.modelRef });
    return this.#view(record, await this.#status());
  }

  /** Changes who may ask; counts at once for the portal, and within seconds for callers the gateway knows. */
  async update(
    path: Path,
    { access }: { access: EndpointAccess },
    { credentials }: Call,
  ): Promise<Endpoint> {
    const permission = mlServingChangePermission;
    await this.#authorizer.require({ credentials, permission });
    const { id, modelRef, owner } = await this.#load(path);
    const current = await this.#ownerOf(modelRef, credentials);
    await this.#authorizer.require({
      credentials,
      permission,
      owner: current ?? owner,
      model: modelRef,
    });
    await this.#audited('endpoint-update', { modelRef }, credentials, () =>
      this.#store.saveAccess(id, access),
    );
    // A gateway that does not answer now is told when it does.
    await this.#sync.push().catch(() => {});
    await this.#announce({ ref: id, modelRef });
    return this.get(path, { credentials });
  }

  /** Takes an endpoint down. The prediction log stays. */
  async delete(path: Path, { credentials }: Call): Promise<{ ref: string }> {
    const permission = mlServingChangePermission;
    await this.#authorizer.require({ credentials, permission });
    const { id, modelRef, owner } = await this.#load(path);
    const current = await this.#ownerOf(modelRef, credentials);
    await this.#authorizer.require({
      credentials,
      permission,
      owner: current ?? owner,
      model: modelRef,
    });
    await this.#audited('endpoint-delete', { modelRef }, credentials, () =>
      this.#store.delete(id),
    );
    // A gateway that does not answer now is told when it does.
    await this.#sync.push().catch(() => {});
    await this.#announce({ ref: id, modelRef });
    return { ref: id };
  }

  async predict(
    path: Path,
    request: PredictRequest,
    { credentials }: Call,
  ): Promise<PredictResponse> {
    await this.#authorizer.require({
      credentials,
      permission: mlServingPredictPermission,
      model: stringifyEntityRef({ kind: 'model', ...path }),
    });
    const endpoint = await this.#load(path);
    const { actor, token, decisions } = await this.#decisions.decide(
      { endpoints: [endpoint.id] },
      { credentials },
    );
    const [{ result, message }] = decisions;
    if (result === 'deny') throw new NotAllowedError(message);
    if (result === 'unknown') throw this.#notFound(path);
    return this.#gateway.client().predict(gatewayName(endpoint), request, {
      actor,
      ...(token && { token: token.id }),
    });
  }

  async traffic(
    path: Path,
    { minutes }: { minutes: number },
    { credentials }: Call,
  ): Promise<TrafficBucket[]> {
    await this.#mayRead(credentials);
    const name = gatewayName(await this.#load(path));
    const { endpoints } = await this.#gateway.client().stats(name, minutes);
    return endpoints[0]?.buckets ?? [];
  }

  #mayRead(credentials: BackstageCredentials) {
    return this.#authorizer.require({
      credentials,
      permission: mlServingReadPermission,
    });
  }

  async #load({ namespace, name }: Path): Promise<EndpointRecord> {
    const endpoint = await this.#store.find(`${namespace}/${name}`);
    if (endpoint) return endpoint;
    throw this.#notFound({ namespace, name });
  }

  #notFound({ namespace, name }: Path) {
    return Object.assign(
      new NotFoundError(
        `The model ${namespace}/${name} has no endpoint; create one on its Serving tab`,
      ),
      { code: 'ml-serving.endpoint-not-found' },
    );
  }

  /** The registry's owner, for a model that the caller sees; else the catalog's. */
  async #ownerOf(
    modelRef: string,
    credentials: BackstageCredentials,
  ): Promise<string | undefined> {
    const entity = await this.#catalog.getEntityByRef(modelRef, {
      credentials,
    });
    if (!entity) return undefined;
    const registered = await this.#registeredOwners.ownerOf(modelRef);
    return (
      registered ??
      entity.relations?.find(({ type }) => type === RELATION_OWNED_BY)
        ?.targetRef
    );
  }

  async #status(): Promise<GatewayStatus | undefined> {
    try {
      return await this.#gateway.client().status();
    } catch {
      return undefined; // shown as a condition
    }
  }

  /** The endpoint as it is now: the gateway's word counts more than the row the reconciler left. */
  #view(record: EndpointRecord, status: GatewayStatus | undefined): Endpoint {
    const name = gatewayName(record);
    // A problem of an earlier wish says nothing about this one.
    const problem = record.conditions.find(
      ({ type, status: is, observedGeneration }) =>
        type === 'VersionAvailable' &&
        is === 'false' &&
        observedGeneration === record.generation &&
        record.wantedVersion !== undefined,
    );
    const judged = judgeEndpoint({
      generation: record.generation,
      wantedVersion: record.wantedVersion,
      currentVersion: record.currentVersion,
      problem,
      gateway:
        status &&
        (status.endpoints.find(item => item.endpoint === name) ??
          'unknown-endpoint'),
    });
    return {
      ref: record.id,
      namespace: record.namespace,
      name: record.name,
      modelRef: record.modelRef,
      owner: record.owner,
      url: `${this.#gateway.publicUrl}/v2/models/${name}`,
      generation: record.generation,
      observedGeneration: record.observedGeneration,
      state: judged.state,
      conditions: mergeConditions(
        record.conditions,
        judged.conditions,
        this.#clock().toISOString(),
      ),
      variants: judged.variants,
      ...(record.previousVersion !== undefined && {
        previousVersion: record.previousVersion,
      }),
      access: { ...record.access, public: isPublic(record, this.#granted) },
      gateway: {
        url: this.#gateway.publicUrl,
        alive: status !== undefined,
        ...(this.#gateway.since !== undefined && {
          since: this.#gateway.since,
        }),
      },
      createdBy: record.createdBy,
      createdAt: record.createdAt,
    };
  }

  async #audited<T>(
    eventId: string,
    meta: { modelRef: string },
    credentials: BackstageCredentials,
    work: () => Promise<T>,
  ): Promise<T> {
    return audited(
      this.#auditor,
      { eventId, meta: { ...meta, ...this.#authorizer.who(credentials) } },
      work,
    );
  }
}
