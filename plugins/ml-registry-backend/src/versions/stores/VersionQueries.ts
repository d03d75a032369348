import { riskSchema, type Risk } from '@downstage/plugin-ml-catalog-common';
import {
  catalogConflictSchema,
  type CatalogConflict,
  type ModelCounts,
  type ModelSort,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { readPage } from '../../search/keyset';
import {
  chunks,
  groupBy,
  optional,
  optionalNumber,
  toNumber,
} from '../../kernel/database/database';
import {
  modelColumns,
  modelList,
  modelOrder,
  type ModelQuestion,
} from './modelList';
import { pickOfVersions } from './modelRows';
import type { RunFact, RunFacts } from '../RunFacts';
import type { ModelFacts } from '../../access/ModelReads';
import { openPromotionStates } from '../domain/openPromotionStates';

/** A version with everything its run knows, as the portal shows it. */
export type VersionFacts = {
  name: string;
  version: number;
  stage: Stage;
  createdAt: string;
  createdBy?: string;
  description?: string;
  source: string;
  storageLocation: string;
  status: string;
  runId?: string;
  aliases: string[];
  tags: Record<string, string>;
  /** Entered production past gates and approvals. */
  breakGlass?: { at: string; by: string; reason: string };
  run?: RunFact;
};

/** A model as lists show it: the registry's facts beside the copy of its entity. */
export type ListedModel = ModelFacts & {
  title?: string;
  risk: Risk;
  hasEntity: boolean;
  catalogConflict?: CatalogConflict;
};

type EntityRow = {
  has_entity: boolean | number | null;
  title: string | null;
  conflict: string | null;
  model_risk: string | null;
  entity_description: string | null;
  model_owner: string | null;
};
type ModelRow = {
  name: string;
  description: string | null;
  owner: string | null;
  creation_time: number | string;
  last_updated_time: number | string;
};
type VersionRow = {
  name: string;
  version: number;
  stage: Stage;
  creation_time: number | string;
  created_by: string | null;
  description: string | null;
  source: string;
  storage_location: string;
  status: string;
  run_id: string | null;
};

/**
 * Reads models and versions together with their runs, a few statements for any number of versions.
 * Writing them is the tracking API's and the promotions' business.
 */
export class VersionQueries {
  readonly #knex: Knex;
  readonly #runFacts: RunFacts;

  constructor(knex: Knex, runFacts: RunFacts) {
    this.#knex = knex;
    this.#runFacts = runFacts;
  }

  /** One page of a list of models, with what the catalog says of them. */
  async listModels(options: {
    question: ModelQuestion;
    sort: ModelSort;
    cursor?: string;
    limit: number;
  }): Promise<{ models: ListedModel[]; nextCursor?: string }> {
    const { question, sort, cursor, limit } = options;
    const page = await readPage<ModelRow & EntityRow>({
      database: this.#knex,
      query: modelList(this.#knex, question).select('registered_models.*'),
      terms: modelOrder(this.#knex, sort),
      pageToken: cursor,
      limit,
    });
    const facts = await this.#withCounts(page.rows);
    return {
      models: page.rows.map((row, index) => ({
        ...facts[index],
        owner: optional(row.model_owner),
        description: optional(row.entity_description ?? row.description),
        title: optional(row.title),
        risk: riskSchema.catch('minimal').parse(row.model_risk),
        hasEntity: Boolean(row.has_entity),
        catalogConflict: readConflict(row.conflict),
      })),
      nextCursor: page.nextPageToken,
    };
  }

  /** Counts by the database, over the same query as the list. */
  async countModels(question: ModelQuestion): Promise<ModelCounts> {
    const db = this.#knex;
    const flag = (sql: string) => `SUM(CASE WHEN ${sql} THEN 1 ELSE 0 END)`;
    // Joined once each: a question per model would be asked twenty thousand times.
    const inStage = (stage: Stage, as: string) =>
      db('model_versions').distinct('name').where({ stage }).as(as);
    const waiting = db('promotions')
      .select('name')
      .count({ open: '*' })
      .whereIn('state', openPromotionStates)
      .groupBy('name')
      .as('w');
    const [row]: Record<string, number | string | null>[] = await modelList(
      db,
      question,
    )
      .leftJoin(inStage('production', 'p'), 'p.name', modelColumns.name)
      .leftJoin(inStage('candidate', 'c'), 'c.name', modelColumns.name)
      .leftJoin(waiting, 'w.name', modelColumns.name)
      .select(
        db.raw('COUNT(*) AS total'),
        db.raw(`${flag('p.name IS NOT NULL')} AS in_production`),
        db.raw(`${flag('c.name IS NOT NULL')} AS with_candidate`),
        db.raw(`${flag('w.name IS NOT NULL')} AS waiting`),
        db.raw('SUM(COALESCE(w.open, 0)) AS pending'),
        db.raw(`${flag(`${modelColumns.owner} IS NULL`)} AS unowned`),
      );
    const owners: { owner: string; count: number | string }[] = await modelList(
      db,
      question,
    )
      .select(db.raw(`${modelColumns.owner} AS owner`))
      .count({ count: '*' })
      .whereRaw(`${modelColumns.owner} IS NOT NULL`)
      .groupByRaw(modelColumns.owner)
      .orderBy([{ column: 'count', order: 'desc' }, { column: 'owner' }])
      .limit(200);
    return {
      total: toNumber(row.total),
      inProduction: toNumber(row.in_production),
      withCandidate: toNumber(row.with_candidate),
      waiting: toNumber(row.waiting),
      pendingPromotions: toNumber(row.pending),
      unowned: toNumber(row.unowned),
      owners: owners.map(({ owner, count }) => ({
        owner,
        count: toNumber(count),
      })),
    };
  }

  /** The model of this name, else the only one that capital letters tell from it: refs of the catalog have none. */
  async findModelInAnyCase(name: string): Promise<ModelFacts | undefined> {
    const exact = await this.findModel(name);
    if (exact) return exact;
    const [other, ...more] = await this.#knex<ModelRow>('registered_models')
      .whereRaw('LOWER(name) = LOWER(?)', [name])
      .limit(2)
      .select('name');
    return other && !more.length ? this.findModel(other.name) : undefined;
  }

  async findModel(name: string): Promise<ModelFacts | undefined> {
    const rows: ModelRow[] = await this.#knex('registered_models').where({
      name,
    });
    const [model] = await this.#withCounts(rows);
    return model;
  }

  async #withCounts(rows: ModelRow[]): Promise<ModelFacts[]> {
    if (!rows.length) return [];
    const counts: {
      name: string;
      count: number | string;
      latest: number | string;
    }[] = await this.#knex('model_versions')
      .select('name')
      .count({ count: '*' })
      .max({ latest: 'version' })
      .whereIn(
        'name',
        rows.map(row => row.name),
      )
      .groupBy('name');
    const byName = new Map(counts.map(row => [row.name, row]));
    return rows.map(row => {
      const count = byName.get(row.name);
      return {
        name: row.name,
        description: optional(row.description),
        owner: optional(row.owner),
        createdAt: isoOf(row.creation_time),
        updatedAt: isoOf(row.last_updated_time),
        versionCount: toNumber(count?.count ?? 0),
        latestVersion: optionalNumber(count?.latest),
      };
    });
  }

  /** Newest first, from below `before`. */
  async listVersions(
    name: string,
    page: { before?: number; limit: number },
  ): Promise<VersionFacts[]> {
    const query = this.#knex('model_versions').where({ name });
    if (page.before !== undefined) query.where('version', '<', page.before);
    const rows: VersionRow[] = await query
      .orderBy('version', 'desc')
      .limit(page.limit);
    return this.#withRuns(rows);
  }

  async findVersion(
    name: string,
    version: number,
  ): Promise<VersionFacts | undefined> {
    const rows: VersionRow[] = await this.#knex('model_versions').where({
      name,
      version,
    });
    const [facts] = await this.#withRuns(rows);
    return facts;
  }

  /** Those of these versions that are there, in no order. */
  async findVersions(
    keys: { name: string; version: number }[],
  ): Promise<VersionFacts[]> {
    const rows: VersionRow[] = [];
    for (const part of chunks(keys)) {
      const found: VersionRow[] = await this.#knex('model_versions').whereIn(
        ['name', 'version'],
        part.map(({ name, version }) => [name, version]),
      );
      rows.push(...found);
    }
    return this.#withRuns(rows);
  }

  /** The versions of these models that are in one of these stages. */
  async inStages(names: string[], stages: Stage[]): Promise<VersionFacts[]> {
    if (!names.length) return [];
    const rows: VersionRow[] = await this.#knex('model_versions')
      .whereIn('name', names)
      .whereIn('stage', stages)
      .orderBy('version', 'desc');
    return this.#withRuns(rows);
  }

  /** Of each of these models, the newest version in a stage. Older ones are not read, however many there are. */
  async newestInStage(names: string[], stage: Stage): Promise<VersionFacts[]> {
    if (!names.length) return [];
    const newest = this.#knex('model_versions')
      .select('name')
      .max({ version: 'version' })
      .whereIn('name', names)
      .where({ stage })
      .groupBy('name')
      .as('newest');
    const rows: VersionRow[] = await this.#knex('model_versions')
      .join(newest, join =>
        join
          .on('newest.name', 'model_versions.name')
          .andOn('newest.version', 'model_versions.version'),
      )
      .select('model_versions.*');
    return this.#withRuns(rows);
  }

  async #withRuns(rows: VersionRow[]): Promise<VersionFacts[]> {
    if (!rows.length) return [];
    const id = (row: { name: string; version: number }) =>
      `${row.name}@${row.version}`;
    const aliases = groupBy<{ name: string; alias: string; version: number }>(
      await pickOfVersions(
        this.#knex,
        'registered_model_aliases',
        rows,
        'alias',
      ),
      id,
    );
    const tags = groupBy<{
      name: string;
      version: number;
      key: string;
      value: string;
    }>(await pickOfVersions(this.#knex, 'model_version_tags', rows, 'key'), id);
    const runs = await this.#runFacts.of(
      rows.flatMap(row => (row.run_id ? [row.run_id] : [])),
    );
    const broken: {
      name: string;
      version: number;
      at: string;
      actor: string;
      reason: string;
    }[] = await pickOfVersions(this.#knex, 'break_glass', rows, 'id');
    const glass = new Map(
      broken.map(({ at, actor, reason, ...key }) => [
        id(key),
        { at, by: actor, reason },
      ]),
    );
    return rows.map(row => ({
      name: row.name,
      version: row.version,
      stage: row.stage,
      createdAt: isoOf(row.creation_time),
      createdBy: optional(row.created_by),
      description: optional(row.description),
      source: row.source,
      storageLocation: row.storage_location,
      status: row.status,
      runId: optional(row.run_id),
      aliases: (aliases.get(id(row)) ?? []).map(({ alias }) => alias),
      tags: Object.fromEntries(
        (tags.get(id(row)) ?? []).map(({ key, value }) => [key, value]),
      ),
      breakGlass: glass.get(id(row)),
      run: row.run_id ? runs.get(row.run_id) : undefined,
    }));
  }
}

function readConflict(text: string | null): CatalogConflict | undefined {
  return text === null
    ? undefined
    : catalogConflictSchema.parse(JSON.parse(text));
}

function isoOf(milliseconds: number | string) {
  return new Date(Number(milliseconds)).toISOString();
}
