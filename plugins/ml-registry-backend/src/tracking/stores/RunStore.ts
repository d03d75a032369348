import type { Knex } from 'knex';
import { parseExactJson, toInt64, type Int64 } from '../../kernel/int64';
import type { Sql } from '../../kernel/database/sql';
import { isAmong, readPage, type OrderTerm } from '../../search/keyset';
import {
  chunks,
  forUpdate,
  isPostgres,
  optional,
  optionalNumber,
  toNumber,
  type Database,
} from '../../kernel/database/database';
import { int64Bound, int64Columns } from '../../kernel/database/int64Columns';
import { ofExperiments } from './ofExperiments';
import { readerOf, type Reader } from '../../kernel/database/Reader';
import { pointLines, runDataColumns } from './runDataSql';
import type { LifecycleStage } from './ExperimentStore';

export type Metric = {
  key: string;
  value: number;
  timestamp: Int64;
  step: Int64;
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

/** A run with all that belongs to it; metrics are the latest points. */
export type Run = RunInfo & {
  params: { key: string; value: string }[];
  metrics: Metric[];
  tags: { key: string; value: string }[];
  datasets: RunDataset[];
  modelInputs: string[];
  modelOutputs: { modelId: string; step: Int64 }[];
};

/**
 * A run whose params, tags and latest metrics are the JSON lists that the database made of them. The lists are in
 * MLflow's spelling, by key. Answers hand them on.
 */
export type RunText = RunInfo & {
  params: string;
  tags: string;
  metrics: string;
  datasets: RunDataset[];
  modelInputs: string[];
  modelOutputs: { modelId: string; step: Int64 }[];
};

/** The runs of a page a few at a time, read as they are asked for; the result is the token of the next page. */
export type RunPage = AsyncGenerator<RunText[], string | undefined>;

/** Runs that are found in one go; more would hold up the portal while their rows arrive. */
const FOUND_AT_ONCE = 2_000;
const MANY_RUNS = 2_000;

/** Where a history goes on: after this point. */
export type HistoryPosition = {
  timestamp: Int64;
  step: Int64;
  value: number;
  isNan: boolean;
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

/** Runs as a whole: create, read, search, change. Their logged data is in RunDataStore. */
export class RunStore {
  readonly #knex: Knex;
  readonly #reader: Reader;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#reader = readerOf(knex);
  }

  /** Stores a run with its first tags, whose keys differ; all of it or nothing. */
  async create(
    knex: Knex,
    run: RunInfo,
    tags: { key: string; value: string }[],
  ): Promise<void> {
    const insert = (db: Database) =>
      db('runs').insert({
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
    if (isPostgres(knex)) {
      // One statement, and so one round trip and one transaction.
      await knex
        .with('run', insert(knex).returning('run_id'))
        .insert(
          knex.raw(
            'SELECT run.run_id, n.key, n.value FROM run, unnest(?::text[], ?::text[]) AS n (key, value)',
            [tags.map(({ key }) => key), tags.map(({ value }) => value)],
          ),
        )
        .into(knex.raw('run_tags (run_id, key, value)'));
      return;
    }
    await knex.transaction(async tx => {
      await insert(tx);
      await tx('run_tags').insert(
        tags.map(({ key, value }) => ({ run_id: run.runId, key, value })),
      );
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
    const text = await this.findText(runId);
    return text && toRun(text);
  }

  /** The run in one statement. */
  async findText(runId: string): Promise<RunText | undefined> {
    const row = await this.#knex<RunRow>('runs')
      .select('runs.*', this.#knex.raw(runDataColumns(this.#knex)))
      .where('run_id', runId)
      .first();
    return row && toText(toInfo(row), row);
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

  async search(
    options: RunSearch,
  ): Promise<{ runs: Run[]; nextPageToken?: string }> {
    const page = this.searchText(options);
    const runs: Run[] = [];
    let part = await page.next();
    for (; !part.done; part = await page.next()) {
      runs.push(...part.value.map(toRun));
    }
    return { runs, nextPageToken: part.value };
  }

  /** The same in parts, so that a large page is never in memory as a whole. */
  async *searchText(options: RunSearch): RunPage {
    let { pageToken } = options;
    for (let left = options.limit; ; ) {
      const page = await this.#searchRows({
        ...options,
        pageToken,
        limit: Math.min(left, FOUND_AT_ONCE),
      });
      yield* this.#parts(page.rows.map(toInfo));
      left -= page.rows.length;
      pageToken = page.nextPageToken;
      if (!pageToken || left <= 0) return pageToken;
    }
  }

  async #searchRows(options: RunSearch) {
    return (
      (await this.#searchByMetric(options)) ??
      readPage<RunRow>({
        ...options,
        database: this.#knex,
        query: this.#select(this.#knex('runs'), options),
        read: query => this.#reader.read(query),
      })
    );
  }

  /**
   * Runs that have the metric come first, and mostly fill the page: they are read along the metric's index, which ends
   * after a page. `undefined` when the page goes on into runs without it.
   */
  async #searchByMetric(options: RunSearch) {
    const { byMetric, terms, pageToken, limit } = options;
    if (!byMetric) return undefined;
    // The order's first term says 0 for runs that have the metric; its second is the value.
    const fixed = [0];
    const [, value, ...rest] = terms;
    if (pageToken && !isAmong(pageToken, fixed, terms.length - 1)) {
      return undefined;
    }
    // SQLite's planner does not mind the limit of a query: it is told to walk along the index where that pays.
    const planned = isPostgres(this.#knex);
    if (!planned && !(await this.#isLarge(options))) return undefined;
    const from = this.#knex('latest_metrics as o')
      .joinRaw(`${planned ? '' : 'CROSS '}JOIN runs ON runs.run_id = o.run_id`)
      .where('o.key', byMetric)
      .where('o.is_nan', false);
    const page = await readPage<RunRow>({
      pageToken,
      limit,
      fixed,
      terms: [{ ...value, sql: 'o.value', bindings: [] }, ...rest],
      database: this.#knex,
      query: this.#select(from, options),
      read: query => this.#reader.read(query),
    });
    return page.nextPageToken ? page : undefined;
  }

  /** Whether there are so many runs that sorting them all takes longer than walking along an index. */
  async #isLarge(options: RunSearch): Promise<boolean> {
    const some = this.#select(this.#knex('runs'), { ...options, where: [] })
      .clearSelect()
      .select('runs.run_id')
      .limit(MANY_RUNS)
      .as('some');
    const [{ count }] = await this.#reader.read<{ count: number }>(
      this.#knex.from(some).select(this.#knex.raw('COUNT(*) AS count')),
    );
    return count === MANY_RUNS;
  }

  #select(from: Knex.QueryBuilder, options: RunSearch): Knex.QueryBuilder {
    const query = ofExperiments(
      from
        .select('runs.*')
        .whereIn('runs.lifecycle_stage', options.lifecycleStages),
      options.experimentIds,
    );
    for (const { sql, bindings } of options.where) {
      query.whereRaw(sql, bindings);
    }
    return query;
  }

  /** Every point of a metric by time, step and value. */
  async metricHistory(
    runId: string,
    key: string,
    page?: { limit: number; offset: number },
  ): Promise<Metric[]> {
    const query = this.#knex<MetricRow>('metrics')
      .select('key', 'value', 'is_nan')
      .select(int64Columns(this.#knex, 'metrics', ['timestamp', 'step']))
      .where({ run_id: runId, key })
      .orderBy(['metrics.timestamp', 'metrics.step', 'value', 'is_nan']);
    if (page) query.limit(page.limit).offset(page.offset);
    return (await this.#reader.read<MetricRow>(query)).map(toMetric);
  }

  /**
   * The next points of a metric by time, step and value, as the JSON list that MLflow's clients read; `last` is where
   * to go on, and absent when there were none.
   */
  async historyText(
    runId: string,
    key: string,
    page: { limit: number; after?: HistoryPosition },
  ): Promise<{ points: string; count: number; last?: HistoryPosition }> {
    const { limit, after } = page;
    const points = this.#knex('metrics')
      .select('timestamp', 'step', 'value', 'is_nan')
      .where({ run_id: runId, key })
      .orderBy(['timestamp', 'step', 'value', 'is_nan'])
      .limit(limit)
      .as('x');
    if (after) {
      points.whereRaw('(timestamp, step, value, is_nan) > (?, ?, ?, ?)', [
        int64Bound(after.timestamp),
        int64Bound(after.step),
        after.value,
        after.isNan,
      ]);
    }
    const [row] = await this.#reader.read<{
      lines: string | null;
      count: number | string;
    }>(
      this.#knex
        .from(points)
        .select(
          this.#knex.raw(`${pointLines(this.#knex)} AS lines`, [
            JSON.stringify(key),
          ]),
          this.#knex.raw('COUNT(*) AS count'),
        ),
    );
    const lines = row.lines ?? '';
    return {
      points: `[${lines}]`,
      count: toNumber(row.count),
      last: lines ? positionOf(lines) : undefined,
    };
  }

  /** Adds params, metrics, tags and inputs, in few statements for many runs. */
  async withData(infos: RunInfo[]): Promise<Run[]> {
    const runs: Run[] = [];
    for await (const part of this.#parts(infos)) runs.push(...part.map(toRun));
    return runs;
  }

  async *#parts(infos: RunInfo[]): AsyncGenerator<RunText[]> {
    const read = (part: RunInfo[]) =>
      this.#reader.read<DataRow>(
        this.#knex('runs')
          .select('run_id', this.#knex.raw(runDataColumns(this.#knex)))
          .whereIn(
            'run_id',
            part.map(info => info.runId),
          ),
      );
    for (const part of chunks(infos)) {
      const rows = new Map((await read(part)).map(row => [row.run_id, row]));
      yield part.flatMap(info => {
        const row = rows.get(info.runId);
        // Deleted for good meanwhile.
        return row ? [toText(info, row)] : [];
      });
    }
  }
}

type RunSearch = {
  /** Those of every experiment that is not deleted unless given. */
  experimentIds?: string[];
  lifecycleStages: LifecycleStage[];
  where: Sql[];
  terms: OrderTerm[];
  /** The metric whose presence and value are the first two terms, when that is how it is ordered. */
  byMetric?: string;
  pageToken?: string;
  limit: number;
};

/** What `runDataColumns` answers; null where there is nothing. */
type DataRow = {
  run_id: string;
  params: string | null;
  tags: string | null;
  metrics: string | null;
  datasets: string | null;
  models: string | null;
};

type DatasetText = {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  schema: string | null;
  profile: string | null;
  tags: string;
};

type ModelText = { modelId: string; direction: string; step: Int64 };

function toText(info: RunInfo, row: Omit<DataRow, 'run_id'>): RunText {
  const models: ModelText[] = parseExactJson(listOf(row.models));
  const datasets: DatasetText[] = JSON.parse(listOf(row.datasets));
  return {
    ...info,
    params: listOf(row.params),
    tags: listOf(row.tags),
    metrics: listOf(row.metrics),
    datasets: datasets.map(toDataset),
    modelInputs: models
      .filter(model => model.direction === 'input')
      .map(model => model.modelId),
    modelOutputs: models
      .filter(model => model.direction === 'output')
      .map(({ modelId, step }) => ({ modelId, step })),
  };
}

function listOf(items: string | null): string {
  return `[${items ?? ''}]`;
}

/** Where the last of the lines of `pointLines` stands. */
function positionOf(lines: string): HistoryPosition {
  const point: { value: number | string; timestamp: Int64; step: Int64 } =
    parseExactJson(lines.slice(lines.lastIndexOf('\n') + 1));
  const isNan = point.value === 'NaN';
  return {
    timestamp: point.timestamp,
    step: point.step,
    value: isNan ? 0 : Number(point.value),
    isNan,
  };
}

/** The same with values instead of texts. */
function toRun(text: RunText): Run {
  const metrics: (Omit<Metric, 'value'> & { value: number | string })[] =
    parseExactJson(text.metrics);
  return {
    ...text,
    params: JSON.parse(text.params),
    tags: JSON.parse(text.tags),
    metrics: metrics.map(metric => ({
      ...metric,
      value: Number(metric.value),
    })),
  };
}

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
    timestamp: toInt64(row.timestamp),
    step: toInt64(row.step),
  };
}

function toDataset(dataset: DatasetText): RunDataset {
  return {
    ...dataset,
    schema: optional(dataset.schema),
    profile: optional(dataset.profile),
    tags: JSON.parse(dataset.tags),
  };
}
