import { ConflictError } from '@backstage/errors';
import { conditionSchema, type Condition } from '@downstage/common';
import {
  commitWithLease,
  dueFrom,
  whereFacts,
  type FactCriteria,
  type Lease,
} from '@downstage/node';
import {
  columnSchema,
  endpointAccessSchema,
  endpointStates,
  leadingVariant,
  servedVariantSchema,
  type Column,
  type Endpoint,
  type EndpointAccess,
  type ServedVariant,
} from '@downstage/plugin-ml-serving-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import {
  isJudged,
  mergeConditions,
  withEngineConditions,
} from '../domain/endpointState';

export type EndpointRecord = {
  id: string;
  namespace: string;
  name: string;
  modelRef: string;
  owner: string;
  /** Id of the serving engine that answers for it. */
  engine: string;
  generation: number;
  observedGeneration: number;
  wantedVersion: number | undefined;
  /** What its engine is told to let answer. */
  variants: ServedVariant[];
  /** The version of the variant that leads. */
  currentVersion: number | undefined;
  /** The version that stays loaded for the way back. */
  previousVersion: number | undefined;
  /** What the rollout that runs goes to; none where none runs. */
  ahead: ServedVariant[];
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

const conditionsOf = (text: string): Condition[] =>
  z.array(conditionSchema).parse(JSON.parse(text));

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
    engine: z.string(),
    generation: z.number(),
    observed_generation: z.number(),
    wanted_version: optionalInteger,
    previous_version: optionalInteger,
    ahead: z.string().nullable(),
    state: z.enum(endpointStates),
    conditions: z.string(),
    access: z.string().nullable(),
    created_by: z.string(),
    created_at: z.string(),
  })
  .transform(
    (row): Omit<EndpointRecord, 'variants' | 'currentVersion'> => ({
      id: row.id,
      namespace: row.namespace,
      name: row.name,
      modelRef: row.model_ref,
      owner: row.owner,
      engine: row.engine,
      generation: row.generation,
      observedGeneration: row.observed_generation,
      wantedVersion: row.wanted_version,
      previousVersion: row.previous_version,
      ahead: z.array(servedVariantSchema).parse(JSON.parse(row.ahead ?? '[]')),
      state: row.state,
      conditions: conditionsOf(row.conditions),
      access: endpointAccessSchema.parse(JSON.parse(row.access ?? '{}')),
      createdBy: row.created_by,
      createdAt: row.created_at,
    }),
  );

const variantRowSchema = z
  .object({
    variant: z.string(),
    version: z.number(),
    weight: z.number(),
    mode: z.string(),
  })
  .transform(
    ({ variant, ...row }): ServedVariant =>
      servedVariantSchema.parse({ ...row, name: variant }),
  );

function recordOf(row: unknown, variants: ServedVariant[]): EndpointRecord {
  const currentVersion = leadingVariant(variants)?.version;
  return { ...rowSchema.parse(row), variants, currentVersion };
}

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
    const select = this.#endpoints()
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
    return this.#records(rows);
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

  /** The state of each, for callers from whom the catalog hides some models. */
  async states(
    criteria?: FactCriteria,
  ): Promise<{ modelRef: string; state: Endpoint['state'] }[]> {
    const select: Knex.QueryBuilder = this.#knex('endpoints').select(
      { modelRef: 'model_ref' },
      'state',
    );
    return whereFacts(select, criteria, factColumns);
  }

  async count(): Promise<number> {
    const [row] = await this.#knex('endpoints').count({ number: '*' });
    return Number(row.number);
  }

  /** Every endpoint of an engine that has a version here, with the versions to keep loaded: what the engine is told. */
  async served(
    engine: string,
  ): Promise<{ endpoint: EndpointRecord; versions: ServedVersion[] }[]> {
    const [endpoints, versions] = await Promise.all([
      this.#endpoints()
        .where({ engine })
        .whereIn('id', this.#knex('endpoint_variants').select('endpoint_id'))
        .orderBy(['name', 'namespace']),
      this.#knex('endpoint_versions')
        .join('endpoints', 'endpoints.id', 'endpoint_versions.endpoint_id')
        .leftJoin('endpoint_variants', on => {
          on.on(
            'endpoint_variants.endpoint_id',
            'endpoint_versions.endpoint_id',
          ).on('endpoint_variants.version', 'endpoint_versions.version');
        })
        .where({ engine })
        .where(part => {
          part
            .whereNotNull('endpoint_variants.variant')
            .orWhere('endpoint_versions.kept_for_rollback', true);
        })
        .orderBy(['endpoint_versions.version', 'endpoint_variants.variant'])
        .select('endpoint_versions.*', 'variant', 'weight', 'mode'),
    ]);
    type Held = {
      versions: Map<number, ServedVersion>;
      variants: ServedVariant[];
    };
    const byEndpoint = new Map<string, Held>();
    for (const row of versions) {
      const held: Held = byEndpoint.get(row.endpoint_id) ?? {
        versions: new Map(),
        variants: [],
      };
      byEndpoint.set(row.endpoint_id, held);
      held.versions.set(row.version, versionRowSchema.parse(row));
      if (row.variant !== null) held.variants.push(variantRowSchema.parse(row));
    }
    return endpoints.map((row: { id: string }) => {
      const held = byEndpoint.get(row.id);
      return {
        endpoint: recordOf(row, held?.variants ?? []),
        versions: [...(held?.versions.values() ?? [])],
      };
    });
  }

  async find(id: string): Promise<EndpointRecord | undefined> {
    return (await this.findMany([id])).at(0);
  }

  async findMany(ids: string[]): Promise<EndpointRecord[]> {
    if (!ids.length) return [];
    return this.#records(await this.#endpoints().whereIn('id', ids));
  }

  #endpoints(): Knex.QueryBuilder {
    return this.#knex('endpoints').select(
      'endpoints.*',
      this.#knex('endpoint_versions')
        .whereRaw('endpoint_id = endpoints.id')
        .where('kept_for_rollback', true)
        .max('version')
        .as('previous_version'),
      // At most one runs for an endpoint.
      this.#knex('rollouts')
        .whereRaw('endpoint_id = endpoints.id')
        .whereNull('ended_at')
        .select('to_variants')
        .as('ahead'),
    );
  }

  /** Endpoints with their variants, which one question brings for all. */
  async #records(rows: { id: string }[]): Promise<EndpointRecord[]> {
    if (!rows.length) return [];
    const found = await this.#knex('endpoint_variants')
      .whereIn(
        'endpoint_id',
        rows.map(({ id }) => id),
      )
      .orderBy(['endpoint_id', 'version', 'variant']);
    const variants = new Map<string, ServedVariant[]>();
    for (const row of found) {
      const list = variants.get(row.endpoint_id) ?? [];
      list.push(variantRowSchema.parse(row));
      variants.set(row.endpoint_id, list);
    }
    return rows.map(row => recordOf(row, variants.get(row.id) ?? []));
  }

  /** @throws ConflictError when the model has an endpoint */
  async create(endpoint: {
    namespace: string;
    name: string;
    modelRef: string;
    owner: string;
    engine: string;
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
        engine: endpoint.engine,
        generation: 1,
        observed_generation: 0,
        // Whether there is a production version has not been looked up yet.
        state: 'loading',
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
      // Held first, as by every change of what answers.
      await tx('endpoints').where({ id }).update({ next_reconcile_at: null });
      for (const table of [
        'endpoint_variants',
        'rollouts',
        'endpoint_versions',
      ]) {
        await tx(table).where({ endpoint_id: id }).delete();
      }
      return (await tx('endpoints').where({ id }).delete()) === 1;
    });
  }

  /**
   * Makes the endpoints of a model, or all, due now, and the rollouts that run for them.
   *
   * @remarks
   * A step of a rollout under way keeps its ticket, and leaves the rollout due.
   */
  async markDue(now: string, modelRef?: string): Promise<void> {
    const which = modelRef === undefined ? {} : { model_ref: modelRef };
    // Rows of endpoints are held before those of rollouts, as by all who write both.
    await this.#knex.transaction(async tx => {
      await tx('endpoints').where(which).update(dueFrom(now));
      await tx('rollouts')
        .whereNull('ended_at')
        .whereIn('endpoint_id', tx('endpoints').where(which).select('id'))
        .update({ next_reconcile_at: now });
    });
  }

  /**
   * Keeps what its engine says of an endpoint among the conditions. A step under way would write what it saw before, so
   * its result is dropped.
   */
  async keepSaid(
    id: string,
    said: Parameters<typeof withEngineConditions>[0]['said'],
    now: string,
  ): Promise<void> {
    await this.#knex.transaction(async tx => {
      const select = tx('endpoints').where({ id });
      if (String(tx.client.config.client) === 'pg') select.forUpdate();
      const row = await select.first('conditions', 'generation');
      if (!row) return;
      const before = conditionsOf(row.conditions);
      const conditions = JSON.stringify(
        mergeConditions(
          before,
          withEngineConditions({
            judged: before.filter(isJudged),
            ...{ before, said, generation: row.generation },
          }),
          now,
        ),
      );
      if (conditions === row.conditions) return;
      await tx('endpoints')
        .where({ id })
        .update({ conditions, ...dueFrom(now) });
    });
  }

  /**
   * Writes down what the registry wants now, where nothing that answers changes.
   *
   * @returns whether the lease was still ours
   */
  async saveDesired(
    lease: Lease,
    desired: Pick<EndpointRecord, 'wantedVersion' | 'generation'>,
  ): Promise<boolean> {
    return commitWithLease(this.#knex, {
      table: 'endpoints',
      lease,
      patch: {
        wanted_version: desired.wantedVersion ?? null,
        generation: desired.generation,
      },
    });
  }

  /** The versions that lie here, by endpoint. */
  async versionsOf(ids: string[]): Promise<Map<string, ServedVersion[]>> {
    const found = new Map<string, ServedVersion[]>();
    if (!ids.length) return found;
    const rows = await this.#knex('endpoint_versions')
      .whereIn('endpoint_id', ids)
      .orderBy('version');
    for (const row of rows) {
      const list = found.get(row.endpoint_id) ?? [];
      list.push(versionRowSchema.parse(row));
      found.set(row.endpoint_id, list);
    }
    return found;
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
