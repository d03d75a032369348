import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  getCompoundEntityRef,
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import {
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
} from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Clock } from '@downstage/common';
import {
  audited,
  catalogRef,
  makerOf,
  ownerOf,
  type Authorizer,
  type Call,
  type Caller,
  visiblePage,
  type RegisteredOwners,
} from '@downstage/node';
import {
  mlServingChangePermission,
  mlServingPredictPermission,
  type Endpoint,
  type EndpointAccess,
  type PredictRequest,
  type PredictResponse,
  type TrafficBucket,
} from '@downstage/plugin-ml-serving-common';
import { hasPredict, hasTraffic } from '@downstage/plugin-ml-serving-node';
import { z } from 'zod';
import {
  judgeEndpoint,
  mergeConditions,
  withEngineConditions,
  type Facts,
} from '../domain/endpointState';
import { factsOf } from '../domain/factsOf';
import { gatewayName } from '../domain/gatewayName';
import { neededVersionsOf } from '../domain/neededVersionsOf';
import { isPublic } from '../domain/isPublic';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { AccessDecisions } from './AccessDecisions';
import type { EndpointReads } from './EndpointReads';
import type { Engines } from './Engines';
import { sayToEngine } from './sayToEngine';

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
  readonly #engines: Engines;
  readonly #decisions: AccessDecisions;
  readonly #reads: EndpointReads;
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
    engines: Engines;
    decisions: AccessDecisions;
    reads: EndpointReads;
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
    this.#engines = options.engines;
    this.#decisions = options.decisions;
    this.#reads = options.reads;
    this.#granted = options.granted;
    this.#clock = options.clock;
    this.#nudge = options.nudge;
    this.#announce = options.announce;
  }

  async list(query: ListQuery, { caller }: Call): Promise<EndpointPage> {
    const criteria = await this.#reads.filterOfLists(caller);
    const { limit, cursor, search, owner, state, model } = query;
    const from = cursor === undefined ? undefined : readCursor(cursor);
    const { items, last } = await visiblePage<EndpointRecord>({
      limit,
      read: (after, count) =>
        this.#store.list({
          limit: count,
          after: after ?? from,
          search,
          owner,
          states: state === undefined ? undefined : [state].flat(),
          models: model === undefined ? undefined : [model].flat(),
          criteria,
        }),
      visible: rows => this.#reads.visible(rows, caller),
    });
    const observed = await this.#engines.observe(items);
    return {
      items: items.map(endpoint =>
        this.#view(endpoint, observed.get(endpoint.id)),
      ),
      ...(last && { nextCursor: writeCursor(last) }),
    };
  }

  async count(_request: {}, { caller }: Call): Promise<EndpointCounts> {
    const found = await this.#reads.countByState(caller);
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
    return this.#viewNow(record);
  }

  /** Makes the endpoint of a model; the reconciler brings the production version to it. */
  async create(
    {
      modelRef,
      access = { groups: [], anonymous: false },
      engine,
    }: { modelRef: string; access?: EndpointAccess; engine?: string },
    { caller }: Call,
  ): Promise<Endpoint> {
    const permission = mlServingChangePermission;
    await this.#authorizer.requireAny({ caller, permission });
    const { kind } = parseEntityRef(modelRef);
    if (kind.toLowerCase() !== 'model') {
      throw new InputError(
        `'${modelRef}' is a ${kind}; only models have endpoints`,
      );
    }
    const chosen = this.#engines.choose(engine);
    const { entity, owner } = await this.#find(modelRef, caller);
    if (!entity || !owner) {
      throw new NotFoundError(
        `The catalog has no model '${modelRef}' that you may see; register its catalog-info.yaml first`,
      );
    }
    // As the catalog spells it, so that capital letters in a ref make no second endpoint.
    const { namespace, name } = getCompoundEntityRef(entity);
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
          engine: chosen,
          access,
          createdBy: makerOf(caller),
          createdAt: this.#clock().toISOString(),
        }),
    );
    this.#nudge();
    await this.#announce({ ref: record.id, modelRef: record.modelRef });
    return this.#viewNow(record);
  }

  /** Changes who may ask; counts at once for the portal, and within seconds for callers the gateway knows. */
  async update(
    request: Path & { access: EndpointAccess },
    { caller }: Call,
  ): Promise<Endpoint> {
    const record = await this.#changeable(request, caller);
    const { id, modelRef } = record;
    await this.#audited('endpoint-update', { modelRef }, caller, () =>
      this.#store.saveAccess(id, request.access),
    );
    await sayToEngine(record, {
      engines: this.#engines,
      store: this.#store,
      clock: this.#clock,
    });
    await this.#announce({ ref: id, modelRef });
    return this.get(request, { caller });
  }

  /** Takes an endpoint down. The prediction log stays. */
  async delete(path: Path, { caller }: Call): Promise<{ ref: string }> {
    const record = await this.#changeable(path, caller);
    const { id, modelRef } = record;
    await this.#audited('endpoint-delete', { modelRef }, caller, () =>
      this.#store.delete(id),
    );
    // An engine that does not answer now is told when it does.
    await this.#engines.push(record).catch(() => {});
    await this.#announce({ ref: id, modelRef });
    return { ref: id };
  }

  async predict(
    { namespace, name, ...rows }: Path & PredictRequest,
    { caller }: Call,
  ): Promise<PredictResponse> {
    const path = { namespace, name };
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
    const engine = this.#engines.of(endpoint);
    if (!hasPredict(engine)) {
      throw new NotImplementedError(
        `The engine '${
          engine.id
        }' takes no rows from the portal; ask ${engine.urlOf(
          gatewayName(endpoint),
        )}`,
      );
    }
    return engine.predict(gatewayName(endpoint), rows, {
      actor,
      ...(token && { token: token.id }),
    });
  }

  async traffic(
    request: Path & { minutes: number },
    { caller }: Call,
  ): Promise<TrafficBucket[]> {
    const record = await this.#readable(request, caller);
    const engine = this.#engines.of(record);
    if (!hasTraffic(engine)) return [];
    const { buckets } = await engine.traffic(
      gatewayName(record),
      request.minutes,
    );
    return buckets;
  }

  /** The endpoint, where the caller may see it; absent like one that is not there where not. */
  async #readable(path: Path, caller: Caller): Promise<EndpointRecord> {
    const record = await this.#reads.find(path, caller);
    if (record) return record;
    throw this.#notFound(path);
  }

  /** The endpoint, where the caller may change it: the owner that the catalog names now, else that of its making. */
  async #changeable(path: Path, caller: Caller): Promise<EndpointRecord> {
    const permission = mlServingChangePermission;
    await this.#authorizer.requireAny({ caller, permission });
    // A caller who changes an endpoint has to see it.
    const record = await this.#readable(path, caller);
    const { modelRef, owner } = record;
    const { owner: current } = await this.#find(modelRef, caller);
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

  /** A model that the caller sees, with the registry's owner; else the catalog's. */
  async #find(
    modelRef: string,
    { credentials }: Caller,
  ): Promise<{ entity?: Entity; owner?: string }> {
    const entity = await this.#catalog.getEntityByRef(catalogRef(modelRef), {
      credentials,
    });
    if (!entity) return {};
    const registered = await this.#registeredOwners.ownerOf(modelRef);
    return { entity, owner: registered ?? ownerOf(entity) };
  }

  async #viewNow(record: EndpointRecord): Promise<Endpoint> {
    const observed = await this.#engines.observe([record]);
    return this.#view(record, observed.get(record.id));
  }

  /** The endpoint as it is now: the engine's word counts more than the row the reconciler left. */
  #view(record: EndpointRecord, observed: Facts['gateway']): Endpoint {
    const name = gatewayName(record);
    const engine = this.#engines.of(record);
    // A problem of an earlier desired state says nothing about this one.
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
      variants: record.variants,
      problem,
      gateway: observed,
      whyNone: this.#engines.whyNone(record),
    });
    return {
      ref: record.id,
      namespace: record.namespace,
      name: record.name,
      modelRef: record.modelRef,
      owner: record.owner,
      engine: record.engine,
      url: engine.urlOf(name),
      generation: record.generation,
      observedGeneration: record.observedGeneration,
      state: judged.state,
      conditions: mergeConditions(
        record.conditions,
        withEngineConditions({
          judged: judged.conditions,
          before: record.conditions,
          said: undefined,
          generation: record.generation,
        }),
        this.#clock().toISOString(),
      ),
      variants: judged.variants,
      ...(record.previousVersion !== undefined && {
        previousVersion: record.previousVersion,
      }),
      neededVersions: neededVersionsOf(record),
      access: { ...record.access, public: isPublic(record, this.#granted) },
      gateway: {
        url: engine.publicUrl,
        alive: observed !== undefined && observed !== 'none',
        ...(engine.since !== undefined && { since: engine.since }),
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
