import { ConflictError } from '@backstage/errors';
import { conditionSchema, type Condition } from '@downstage/common';
import {
  commitWithLease,
  whereFacts,
  type FactCriteria,
  type Lease,
} from '@downstage/node';
import {
  columnSchema,
  endpointAccessSchema,
  endpointStates,
  type Column,
  type Endpoint,
  type EndpointAccess,
} from '@downstage/plugin-ml-serving-common';
import type { Knex } from 'knex';
import { z } from 'zod';

export type EndpointRecord = {
  id: string;
  namespace: string;
  name: string;
  modelRef: string;
  owner: string;
  generation: number;
  observedGeneration: number;
  wantedVersion: number | undefined;
  currentVersion: number | undefined;
  previousVersion: number | undefined;
  state: Endpoint['state'];
  conditions: Condition[];
  access: EndpointAccess;
  createdBy: string;
  createdAt: string;
};

/** A version whose files are here. */
export type ServedVersion = {
  version: number;
  path: string;
  sha256: string;
  features: Column[];
  predictions: Column[];
};

const optionalInteger = z
  .number()
  .int()
  .nullable()
  .transform(value => value ?? undefined);

const rowSchema = z
  .object({
    id: z.string(),
    namespace: z.string(),
    name: z.string(),
    model_ref: z.string(),
    owner: z.string(),
    generation: z.number(),
    observed_generation: z.number(),
    wanted_version: optionalInteger,
    current_version: optionalInteger,
    previous_version: optionalInteger,
    state: z.enum(endpointStates),
    conditions: z.string(),
    access: z.string().nullable(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .transform(
    (row): EndpointRecord => ({
      id: row.id,
      namespace: row.namespace,
      name: row.name,
      modelRef: row.model_ref,
      owner: row.owner,
      generation: row.generation,
      observedGeneration: row.observed_generation,
      wantedVersion: row.wanted_version,
      currentVersion: row.current_version,
      previousVersion: row.previous_version,
      state: row.state,
      conditions: z.array(conditionSchema).parse(JSON.parse(row.conditions)),
      access: endpointAccessSchema.parse(JSON.parse(row.access ?? '{}')),
      createdBy: row.created_by,
      createdAt: row.created_at,
    }),
  );

const versionRowSchema = z
  .object({
    version: z.number(),
    path: z.string(),
    sha256: z.string(),
    features: z.string(),
    predictions: z.string(),
  })
  .transform(
    (row): ServedVersion => ({
      version: row.version,
      path: row.path,
      sha256: row.sha256,
      features: z.array(columnSchema).parse(JSON.parse(row.features)),
      predictions: z.array(columnSchema).parse(JSON.parse(row.predictions)),
    }),
  );

/** Where the facts stand that a permission policy may ask about. */
const factColumns = {
  owner: 'owner',
  namespace: 'namespace',
  model: 'model_ref',
};

/** Endpoints and the versions that lie here for them. */
export class EndpointStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** A page of endpoints by name, and where the next one begins. */
  async list(query: {
    limit: number;
    after?: { name: string; namespace: string };
    search?: string;
    owner?: string;
    states?: Endpoint['state'][];
    models?: string[];
    /** What the caller may see; everything unless given. */
    criteria?: FactCriteria;
  }): Promise<EndpointRecord[]> {
    const { limit, after, search, owner, states, models, criteria } = query;
    const select = this.#knex('endpoints')
      .orderBy(['name', 'namespace'])
      .limit(limit);
    if (after) {
      select.where(part => {
        part.where('name', '>', after.name).orWhere(same => {
          same
            .where('name', after.name)
            .andWhere('namespace', '>', after.namespace);
        });
      });
    }
    if (search) {
      const pattern = search.toLowerCase().replace(/[\\%_]/g, '\\$&');
      select.whereRaw("lower(name) LIKE ? ESCAPE '\\'", [`%${pattern}%`]);
    }
    if (owner) select.where({ owner });
    if (states) select.whereIn('state', states);
    if (models) select.whereIn('model_ref', models);
    const rows = await whereFacts(select, criteria, factColumns);
    return rows.map(row => rowSchema.parse(row));
  }

  /** How many endpoints are in which state. */
  async countByState(
    criteria?: FactCriteria,
  ): Promise<Partial<Record<Endpoint['state'], number>>> {
    const select = this.#knex('endpoints')
      .select('state')
      .count({ number: '*' })
      .groupBy('state');
    const rows: { state?: string; number?: string | number }[] =
      await whereFacts(select, criteria, factColumns);
    return Object.fromEntries(
      rows.map(row => [String(row.state), Number(row.number)]),
    );
  }

  async count(): Promise<number> {
    const [row] = await this.#knex('endpoints').count({ number: '*' });
    return Number(row.number);
  }

  /** Every endpoint that has a version here, with the versions to keep loaded: what the gateway is told. */
  async served(): Promise<
    { endpoint: EndpointRecord; versions: ServedVersion[] }[]
  > {
    const [endpoints, versions] = await Promise.all([
      this.#knex('endpoints')
        .whereNotNull('current_version')
        .orderBy(['name', 'namespace']),
      this.#knex('endpoint_versions')
        .join('endpoints', 'endpoints.id', 'endpoint_versions.endpoint_id')
        .where(part => {
          part
            .whereRaw('endpoint_versions.version = endpoints.current_version')
            .orWhereRaw(
              'endpoint_versions.version = endpoints.previous_version',
            );
        })
        .orderBy('endpoint_versions.version')
        .select('endpoint_versions.*'),
    ]);
    const byEndpoint = new Map<string, ServedVersion[]>();
    for (const row of versions) {
      const list = byEndpoint.get(row.endpoint_id) ?? [];
      list.push(versionRowSchema.parse(row));
      byEndpoint.set(row.endpoint_id, list);
    }
    return endpoints.map(row => {
      const endpoint = rowSchema.parse(row);
      return { endpoint, versions: byEndpoint.get(endpoint.id) ?? [] };
    });
  }

  async find(id: string): Promise<EndpointRecord | undefined> {
    const row = await this.#knex('endpoints').where({ id }).first();
    return row && rowSchema.parse(row);
  }

  async findMany(ids: string[]): Promise<EndpointRecord[]> {
    if (!ids.length) return [];
    const rows = await this.#knex('endpoints').whereIn('id', ids);
    return rows.map(row => rowSchema.parse(row));
  }

  /** @throws ConflictError when the model has an endpoint */
  async create(endpoint: {
    namespace: string;
    name: string;
    modelRef: string;
    owner: string;
    access: EndpointAccess;
    createdBy: string;
    createdAt: string;
  }): Promise<EndpointRecord> {
    const id = `${endpoint.namespace}/${endpoint.name}`;
    const inserted = await this.#knex('endpoints')
      .insert({
        id,
        namespace: endpoint.namespace,
        name: endpoint.name,
        model_ref: endpoint.modelRef,
        owner: endpoint.owner,
        generation: 1,
        observed_generation: 0,
        state: 'waiting',
        conditions: '[]',
        access: JSON.stringify(endpoint.access),
        created_by: endpoint.createdBy,
        created_at: endpoint.createdAt,
        next_reconcile_at: endpoint.createdAt,
      })
      .onConflict('id')
      .ignore()
      .returning('id');
    if (!inserted.length) {
      throw new ConflictError(`${endpoint.modelRef} already has an endpoint`);
    }
    const created = await this.find(id);
    if (!created) throw new ConflictError(`${id} was deleted meanwhile`);
    return created;
  }

  /** Whether there was such an endpoint. */
  async saveAccess(id: string, access: EndpointAccess): Promise<boolean> {
    const changed = await this.#knex('endpoints')
      .where({ id })
      .update({ access: JSON.stringify(access) });
    return changed === 1;
  }

  async delete(id: string): Promise<boolean> {
    return this.#knex.transaction(async tx => {
      await tx('endpoint_versions').where({ endpoint_id: id }).delete();
      return (await tx('endpoints').where({ id }).delete()) === 1;
    });
  }

  /**
   * Makes the endpoints of a model, or all, due now.
   *
   * @remarks
   * Takes the ticket from a step under way: what it saw is older than the reason to look again, and its result
   * must not push the next look away.
   */
  async markDue(now: string, modelRef?: string): Promise<void> {
    const query = this.#knex('endpoints').update({
      next_reconcile_at: now,
      ticket: null,
    });
    await (modelRef === undefined
      ? query
      : query.where({ model_ref: modelRef }));
  }

  /**
   * Writes down a new wish, before the gateway is told of it.
   *
   * @returns whether the lease was still ours
   */
  async saveWish(
    lease: Lease,
    wish: Pick<
      EndpointRecord,
      'wantedVersion' | 'currentVersion' | 'previousVersion' | 'generation'
    >,
  ): Promise<boolean> {
    return commitWithLease(this.#knex, {
      table: 'endpoints',
      lease,
      patch: {
        wanted_version: wish.wantedVersion ?? null,
        current_version: wish.currentVersion ?? null,
        previous_version: wish.previousVersion ?? null,
        generation: wish.generation,
      },
    });
  }

  async versions(endpointId: string): Promise<ServedVersion[]> {
    const rows = await this.#knex('endpoint_versions')
      .where({ endpoint_id: endpointId })
      .orderBy('version');
    return rows.map(row => versionRowSchema.parse(row));
  }

  async saveVersion(endpointId: string, version: ServedVersion): Promise<void> {
    await this.#knex('endpoint_versions')
      .insert({
        endpoint_id: endpointId,
        version: version.version,
        path: version.path,
        sha256: version.sha256,
        features: JSON.stringify(version.features),
        predictions: JSON.stringify(version.predictions),
      })
      .onConflict(['endpoint_id', 'version'])
      .merge();
  }

  async forgetVersion(endpointId: string, version: number): Promise<void> {
    await this.#knex('endpoint_versions')
      .where({ endpoint_id: endpointId, version })
      .delete();
  }
}
