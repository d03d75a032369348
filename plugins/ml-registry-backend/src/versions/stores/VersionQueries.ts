import { riskSchema, type Risk } from '@downstage/plugin-ml-catalog-common';
import {
  catalogConflictSchema,
  type CatalogConflict,
  type DatasetInput,
  type ModelCounts,
  type ModelSort,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { loggedDataset } from '../domain/datasets';
import { readPage } from '../searchGrammar/keyset';
import {
  chunks,
  groupBy,
  optional,
  optionalNumber,
  toNumber,
} from './database';
import {
  modelColumns,
  modelList,
  modelOrder,
  type ModelQuestion,
} from './modelList';
import { pickOfVersions } from './modelRows';
import { openPromotionStates } from './PromotionStore';

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
  run?: RunFacts;
};

export type RunFacts = {
  experimentId: string;
  status: string;
  jobId?: string;
  owner?: string;
  params: Record<string, string>;
  /** Finite ones only: JSON knows no others. */
  metrics: Record<string, number>;
  tags: Record<string, string>;
  datasets: DatasetInput[];
};

export type ModelFacts = {
  name: string;
  description?: string;
  owner?: string;
  createdAt: string;
  updatedAt: string;
  versionCount: number;
  latestVersion?: number;
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
type PairRow = { run_id: string; key: string; value: string };

/**
 * Reads models and versions together with their runs, a few statements for any number of versions.
 * Writing them is the tracking API's and the promotions' business.
 */
export class VersionReader {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
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
    const runs = await this.runs(
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

  /** Runs by id, those that exist. */
  async runs(runIds: string[]): Promise<Map<string, RunFacts>> {
    const found = new Map<string, RunFacts>();
    for (const ids of chunks([...new Set(runIds)])) {
      const runs: {
        run_id: string;
        experiment_id: number;
        status: string;
        job_id: string | null;
        owner: string | null;
      }[] = await this.#knex('runs').whereIn('run_id', ids);
      const params = await this.#pairs('params', ids);
      const tags = await this.#pairs('run_tags', ids);
      const metrics: {
        run_id: string;
        key: string;
        value: number;
        is_nan: boolean | number;
      }[] = await this.#knex('latest_metrics').whereIn('run_id', ids);
      const metricsOf = groupBy(metrics, row => row.run_id);
      const datasets: {
        run_id: string;
        name: string;
        digest: string;
        context: string | null;
        tags: string;
      }[] = await this.#knex('run_datasets')
        .join('datasets', 'datasets.dataset_id', 'run_datasets.dataset_id')
        .whereIn('run_datasets.run_id', ids)
        .select(
          'run_datasets.run_id',
          'datasets.name',
          'datasets.digest',
          'run_datasets.context',
          'run_datasets.tags',
        )
        .orderBy(['run_datasets.position', 'datasets.name', 'datasets.digest']);
      const datasetsOf = groupBy(datasets, row => row.run_id);
      for (const run of runs) {
        found.set(run.run_id, {
          experimentId: String(run.experiment_id),
          status: run.status,
          jobId: optional(run.job_id),
          owner: optional(run.owner),
          params: asRecord(params.get(run.run_id)),
          tags: asRecord(tags.get(run.run_id)),
          metrics: Object.fromEntries(
            (metricsOf.get(run.run_id) ?? [])
              .filter(row => !row.is_nan && isFiniteMetric(row.value))
              .map(row => [row.key, row.value]),
          ),
          datasets: (datasetsOf.get(run.run_id) ?? []).map(row =>
            loggedDataset(row, {
              ...(row.context && { 'mlflow.data.context': row.context }),
              ...JSON.parse(row.tags),
            }),
          ),
        });
      }
    }
    return found;
  }

  async #pairs(table: 'params' | 'run_tags', ids: string[]) {
    const rows: PairRow[] = await this.#knex(table).whereIn('run_id', ids);
    return groupBy(rows, row => row.run_id);
  }
}

function readConflict(text: string | null): CatalogConflict | undefined {
  return text === null
    ? undefined
    : catalogConflictSchema.parse(JSON.parse(text));
}

/** MLflow stores infinity as the largest double; neither is a figure to compare. */
function isFiniteMetric(value: number) {
  return Number.isFinite(value) && Math.abs(value) < Number.MAX_VALUE;
}

function asRecord(rows: PairRow[] = []): Record<string, string> {
  return Object.fromEntries(rows.map(row => [row.key, row.value]));
}

function isoOf(milliseconds: number | string) {
  return new Date(Number(milliseconds)).toISOString();
}
