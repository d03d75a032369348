import type { Knex } from 'knex';
import type { Sql } from '../searchGrammar/compile';
import { readPage, type OrderTerm } from '../searchGrammar/keyset';
import {
  chunks,
  forUpdate,
  groupBy,
  optional,
  optionalNumber,
  toNumber,
  type Database,
} from './database';
import type { LifecycleStage } from './ExperimentStore';

export type Metric = {
  key: string;
  value: number;
  timestamp: number;
  step: number;
};

export type RunDataset = {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema?: string;
  profile?: string;
  tags: Record<string, string>;
};

export type RunInfo = {
  runId: string;
  experimentId: string;
  name: string;
  status: string;
  userId: string;
  startTime: number;
  endTime?: number;
  lifecycleStage: LifecycleStage;
  artifactUri: string;
  owner?: string;
  createdBy?: string;
  jobId?: string;
};

/** A run with all that hangs on it; metrics are the latest points. */
export type Run = RunInfo & {
  params: { key: string; value: string }[];
  metrics: Metric[];
  tags: { key: string; value: string }[];
  datasets: RunDataset[];
  modelInputs: string[];
  modelOutputs: { modelId: string; step: number }[];
};

export type RunRow = {
  run_id: string;
  experiment_id: number;
  name: string;
  status: string;
  user_id: string;
  start_time: number | string;
  end_time: number | string | null;
  lifecycle_stage: string;
  artifact_uri: string;
  owner: string | null;
  created_by: string | null;
  job_id: string | null;
};

export type MetricRow = {
  run_id: string;
  key: string;
  value: number;
  is_nan: boolean | number;
  timestamp: number | string;
  step: number | string;
};

/** Runs as a whole: create, read, search, change. What is logged into them is in RunDataStore. */
export class RunStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async create(db: Database, run: RunInfo): Promise<void> {
    await db('runs').insert({
      run_id: run.runId,
      experiment_id: Number(run.experimentId),
      name: run.name,
      status: run.status,
      user_id: run.userId,
      start_time: run.startTime,
      end_time: run.endTime,
      lifecycle_stage: run.lifecycleStage,
      artifact_uri: run.artifactUri,
      owner: run.owner,
      created_by: run.createdBy,
      job_id: run.jobId,
    });
  }

  /** The row alone; the cheap read before every write. */
  async findInfo(
    runId: string,
    db: Database = this.#knex,
  ): Promise<RunInfo | undefined> {
    const row = await db<RunRow>('runs').where('run_id', runId).first();
    return row && toInfo(row);
  }

  /** The row, kept from other writers until the transaction ends. */
  async lock(
    tx: Knex.Transaction,
    runId: string,
  ): Promise<RunInfo | undefined> {
    const query = tx<RunRow>('runs').where('run_id', runId);
    const [row] = await forUpdate(tx, query);
    return row && toInfo(row);
  }

  async find(runId: string): Promise<Run | undefined> {
    const row = await this.#knex<RunRow>('runs').where('run_id', runId).first();
    if (!row) return undefined;
    return (await this.withData([toInfo(row)]))[0];
  }

  async update(
    db: Database,
    runId: string,
    change: {
      status?: string;
      endTime?: number;
      name?: string;
      lifecycleStage?: LifecycleStage;
      deletedTime?: number | null;
    },
  ): Promise<void> {
    const columns = {
      status: change.status,
      end_time: change.endTime,
      name: change.name,
      lifecycle_stage: change.lifecycleStage,
      deleted_time: change.deletedTime,
    };
    if (Object.values(columns).every(value => value === undefined)) return;
    await db('runs').where('run_id', runId).update(columns);
  }

  async search(options: {
    experimentIds: string[];
    lifecycleStages: LifecycleStage[];
    where: Sql[];
    terms: OrderTerm[];
    pageToken?: string;
    limit: number;
  }): Promise<{ runs: Run[]; nextPageToken?: string }> {
    const query = this.#knex('runs')
      .select('runs.*')
      .whereIn('lifecycle_stage', options.lifecycleStages);
    query.whereIn(
      'experiment_id',
      options.experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number),
    );
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<RunRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      runs: await this.withData(page.rows.map(toInfo)),
      nextPageToken: page.nextPageToken,
    };
  }

  /** Every point of a metric by time, step and value. */
  async metricHistory(
    runId: string,
    key: string,
    page?: { limit: number; offset: number },
  ): Promise<Metric[]> {
    const query = this.#knex<MetricRow>('metrics')
      .where({ run_id: runId, key })
      .orderBy(['timestamp', 'step', 'value', 'is_nan']);
    if (page) query.limit(page.limit).offset(page.offset);
    return (await query).map(toMetric);
  }

  /** Adds params, metrics, tags and inputs, in few statements for many runs. */
  async withData(infos: RunInfo[]): Promise<Run[]> {
    const runs: Run[] = [];
    for (const part of chunks(infos, 500)) {
      const ids = part.map(info => info.runId);
      const pick = (table: string) =>
        this.#knex(table).whereIn('run_id', ids).orderBy(['run_id']);
      const params = groupBy<{ run_id: string; key: string; value: string }>(
        await pick('params').orderBy('key'),
        row => row.run_id,
      );
      const tags = groupBy<{ run_id: string; key: string; value: string }>(
        await pick('run_tags').orderBy('key'),
        row => row.run_id,
      );
      const metrics = groupBy<MetricRow>(
        await pick('latest_metrics').orderBy('key'),
        row => row.run_id,
      );
      const datasets = groupBy<DatasetRow>(
        await pick('run_datasets').join(
          'datasets',
          'datasets.dataset_id',
          'run_datasets.dataset_id',
        ),
        row => row.run_id,
      );
      const models = groupBy<RunModelRow>(
        await pick('run_models'),
        row => row.run_id,
      );
      for (const info of part) {
        const linked = models.get(info.runId) ?? [];
        runs.push({
          ...info,
          params: (params.get(info.runId) ?? []).map(keyAndValue),
          tags: (tags.get(info.runId) ?? []).map(keyAndValue),
          metrics: (metrics.get(info.runId) ?? []).map(toMetric),
          datasets: (datasets.get(info.runId) ?? []).map(toDataset),
          modelInputs: linked
            .filter(row => row.direction === 'input')
            .map(row => row.model_id),
          modelOutputs: linked
            .filter(row => row.direction === 'output')
            .map(row => ({ modelId: row.model_id, step: toNumber(row.step) })),
        });
      }
    }
    return runs;
  }
}

type DatasetRow = {
  run_id: string;
  name: string;
  digest: string;
  source_type: string;
  source: string;
  schema: string | null;
  profile: string | null;
  tags: string;
};

type RunModelRow = {
  run_id: string;
  model_id: string;
  direction: string;
  step: number | string;
};

function toInfo(row: RunRow): RunInfo {
  return {
    runId: row.run_id,
    experimentId: String(row.experiment_id),
    name: row.name,
    status: row.status,
    userId: row.user_id,
    startTime: toNumber(row.start_time),
    endTime: optionalNumber(row.end_time),
    lifecycleStage: row.lifecycle_stage === 'deleted' ? 'deleted' : 'active',
    artifactUri: row.artifact_uri,
    owner: optional(row.owner),
    createdBy: optional(row.created_by),
    jobId: optional(row.job_id),
  };
}

export function toMetric(row: Omit<MetricRow, 'run_id'>): Metric {
  return {
    key: row.key,
    value: row.is_nan ? NaN : row.value,
    timestamp: toNumber(row.timestamp),
    step: toNumber(row.step),
  };
}

function keyAndValue(row: { key: string; value: string }) {
  return { key: row.key, value: row.value };
}

function toDataset(row: DatasetRow): RunDataset {
  return {
    name: row.name,
    digest: row.digest,
    sourceType: row.source_type,
    source: row.source,
    schema: optional(row.schema),
    profile: optional(row.profile),
    tags: JSON.parse(row.tags),
  };
}
