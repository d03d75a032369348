import type { AuditorService } from '@backstage/backend-plugin-api';
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
  makerOf,
  type Authorizer,
  type Call,
  type Caller,
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
import { z } from 'zod';
import { judgeEndpoint, mergeConditions } from '../domain/endpointState';
import { factsOf } from '../domain/factsOf';
import { gatewayName } from '../domain/gatewayName';
import { isPublic } from '../domain/isPublic';
import type { ServingGateway } from '../providers/ServingGateway';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { AccessDecisions } from './AccessDecisions';
import type { GatewaySync } from './GatewaySync';

type Path = { namespace: string; name: string };
type ListQuery = {
  limit: number;
  cursor?: string;
  search?: string;
  owner?: string;
  state?: Endpoint['state'] | Endpoint['state'][];
  model?: string | string[];
};
type EndpointPage = { items: Endpoint[]; nextCursor?: string };
type EndpointCounts = {
  total: number;
  states: Record<Endpoint['state'], number>;
};

const cursorSchema = z.tuple([z.string(), z.string()]);

function writeCursor({ name, namespace }: Path): string {
  return Buffer.from(JSON.stringify([name, namespace])).toString('base64url');
}

function readCursor(cursor: string): Path {
  try {
    const [name, namespace] = cursorSchema.parse(
      JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')),
    );
    return { name, namespace };
  } catch {
    throw new InputError(
      'The cursor is none that this list gave; begin without one',
    );
  }
}

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

  async list(query: ListQuery, { caller }: Call): Promise<EndpointPage> {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: mlServingReadPermission,
    });
    const { limit, cursor, search, owner, state, model } = query;
    const found = await this.#store.list({
      limit: limit + 1,
      after: cursor === undefined ? undefined : readCursor(cursor),
      search,
      owner,
      states: state === undefined ? undefined : [state].flat(),
      models: model === undefined ? undefined : [model].flat(),
      criteria,
    });
    const page = found.slice(0, limit);
    const status = await this.#status(page);
    const last = page.at(-1);
    return {
      items: page.map(endpoint => this.#view(endpoint, status)),
      ...(found.length > limit && last && { nextCursor: writeCursor(last) }),
    };
  }

  async count({ caller }: Call): Promise<EndpointCounts> {
    const criteria = await this.#authorizer.filter({
      caller,
      permission: mlServingReadPermission,
    });
    const found = await this.#store.countByState(criteria);
    const states = {
      waiting: 0,
      loading: 0,
      ready: 0,
      degraded: 0,
      failed: 0,
      ...found,
    };
    const total = Object.values(states).reduce((sum, one) => sum + one, 0);
    return { total, states };
  }

  async get(path: Path, { caller }: Call): Promise<Endpoint> {
    const record = await this.#readable(path, caller);
    return this.#view(record, await this.#status([record]));
  }

  /** Makes the endpoint of a model; the reconciler brings the production version to it. */
  async create(
    {
      modelRef,
      access = { groups: [], anonymous: false },
    }: { modelRef: string; access?: EndpointAccess },
    { caller }: Call,
  ): Promise<Endpoint> {
    const permission = mlServingChangePermission;
    await this.#authorizer.requireAny({ caller, permission });
    const { kind, namespace, name } = parseEntityRef(modelRef);
    if (kind.toLowerCase() !== 'model') {
      throw new InputError(
        `'${modelRef}' is a ${kind}; only models have endpoints`,
      );
    }
    const owner = await this.#ownerOf(modelRef, caller);
    if (!owner) {
      throw new NotFoundError(
        `The catalog has no model '${modelRef}' that you may see; register its catalog-info.yaml first`,
      );
    }
    await this.#authorizer.require({
      caller,
      permission,
      owner,
      model: stringifyEntityRef({ kind, namespace, name }),
      facts: { namespace },
    });
    const record = await this.#audited(
      'endpoint-create',
      { modelRef },
      caller,
      () =>
        this.#store.create({
          namespace,
          name,
          modelRef: stringifyEntityRef({ kind, namespace, name }),
          owner,
          access,
          createdBy: makerOf(caller),
          createdAt: this.#clock().toISOString(),
        }),
    );
    this.#nudge();
    await this.#announce({ ref: record.id, modelRef: record.modelRef });
    return this.#view(record, await this.#status([record]));
  }

  /** Changes who may ask; counts at once for the portal, and within seconds for callers the gateway knows. */
  async update(
    path: Path,
    { access }: { access: EndpointAccess },
    { caller }: Call,
  ): Promise<Endpoint> {
    const { id, modelRef } = await this.#changeable(path, caller);
    await this.#audited('endpoint-update', { modelRef }, caller, () =>
      this.#store.saveAccess(id, access),
    );
    // A gateway that does not answer now is told when it does.
    await this.#sync.push().catch(() => {});
    await this.#announce({ ref: id, modelRef });
    return this.get(path, { caller });
  }

  /** Takes an endpoint down. The prediction log stays. */
  async delete(path: Path, { caller }: Call): Promise<{ ref: string }> {
    const { id, modelRef } = await this.#changeable(path, caller);
    await this.#audited('endpoint-delete', { modelRef }, caller, () =>
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
    { caller }: Call,
  ): Promise<PredictResponse> {
    await this.#authorizer.requireAny({
      caller,
      permission: mlServingPredictPermission,
    });
    const endpoint = await this.#load(path);
    const { actor, token, decisions } = await this.#decisions.decide(
      { endpoints: [endpoint.id] },
      { caller },
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
    { caller }: Call,
  ): Promise<TrafficBucket[]> {
    const name = gatewayName(await this.#readable(path, caller));
    const { endpoints } = await this.#gateway.client().stats(name, minutes);
    return endpoints[0]?.buckets ?? [];
  }

  /** The endpoint, where the caller may see it; absent like one that is not there where not. */
  async #readable(path: Path, caller: Caller): Promise<EndpointRecord> {
    const permission = mlServingReadPermission;
    await this.#authorizer.requireAny({ caller, permission });
    const record = await this.#load(path);
    const facts = factsOf(record);
    if (await this.#authorizer.allows({ caller, permission, facts })) {
      return record;
    }
    throw this.#notFound(path);
  }

  /** The endpoint, where the caller may change it: the owner that the catalog names now, else that of its making. */
  async #changeable(path: Path, caller: Caller): Promise<EndpointRecord> {
    const permission = mlServingChangePermission;
    await this.#authorizer.requireAny({ caller, permission });
    const record = await this.#load(path);
    const { modelRef, owner } = record;
    const current = await this.#ownerOf(modelRef, caller);
    await this.#authorizer.require({
      caller,
      permission,
      owner: current ?? owner,
      model: modelRef,
      facts: factsOf(record),
    });
    return record;
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
    { credentials }: Caller,
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

  async #status(
    endpoints: EndpointRecord[],
  ): Promise<GatewayStatus | undefined> {
    try {
      return await this.#gateway.client().status(endpoints.map(gatewayName));
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
      looked: record.conditions.length > 0,
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
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    return audited(this.#auditor, { eventId, caller, meta }, work);
  }
}
