import type { RunFields } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import type { Sql } from '../searchGrammar/compile';
import { readPage } from '../searchGrammar/keyset';
import { chunks, optionalNumber, toNumber } from './database';
import type { LifecycleStage } from './ExperimentStore';
import { readerOf, type Reader } from './Reader';
import type { RunRow } from './RunStore';
import { runOrder } from './runOrder';

/** Which runs a table shows. */
export type RunScope = {
  experimentIds: string[];
  lifecycleStage: LifecycleStage;
  where: Sql[];
};

export type RunTableRow = {
  runId: string;
  name: string;
  status: string;
  experimentId: string;
  userId: string;
  startTime: number;
  endTime?: number;
  jobId?: string;
};

/** A value of a keyed thing: of a param, a tag, or a metric's latest point. */
export type RunValue = { runId: string; key: string; value: string | number };

/** So many of the newest runs tell which names there are; a scan of all would hold up everybody else. */
const NEWEST = 500;

/** Runs as rows of a table: only the columns that are shown are read. */
export class RunTableStore {
  readonly #knex: Knex;
  readonly #reader: Reader;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#reader = readerOf(knex);
  }

  async page(
    scope: RunScope,
    page: {
      sort: string;
      direction: 'asc' | 'desc';
      cursor?: string;
      limit: number;
    },
  ): Promise<{ rows: RunTableRow[]; nextCursor?: string }> {
    const query = this.#scoped(scope).select(
      ['run_id', 'name', 'status', 'experiment_id', 'user_id']
        .concat('start_time', 'end_time', 'job_id')
        .map(column => `runs.${column}`),
    );
    const { rows, nextPageToken } = await readPage<RunRow>({
      database: this.#knex,
      query,
      terms: runOrder(this.#knex, page.sort, page.direction),
      pageToken: page.cursor,
      limit: page.limit,
      read: slow => this.#reader.read(slow),
    });
    return {
      rows: rows.map(row => ({
        runId: row.run_id,
        name: row.name,
        status: row.status,
        experimentId: String(row.experiment_id),
        userId: row.user_id,
        startTime: toNumber(row.start_time),
        endTime: optionalNumber(row.end_time),
        jobId: row.job_id ?? undefined,
      })),
      nextCursor: nextPageToken,
    };
  }

  async count(scope: RunScope): Promise<number> {
    const [row] = await this.#reader.read<{ count: number | string }>(
      this.#scoped(scope).count({ count: '*' }),
    );
    return Number(row.count);
  }

  /** Values of some params, tags or metrics of some runs. NaN and infinity are left out. */
  async values(
    table: 'params' | 'run_tags' | 'latest_metrics',
    runIds: string[],
    keys: string[],
  ): Promise<RunValue[]> {
    const values: RunValue[] = [];
    if (keys.length === 0) return values;
    for (const part of chunks(runIds, 500)) {
      const query = this.#knex(table)
        .select('run_id', 'key', 'value')
        .whereIn('run_id', part)
        .whereIn('key', keys);
      if (table === 'latest_metrics') query.where('is_nan', false);
      const rows = await this.#reader.read<{
        run_id: string;
        key: string;
        value: string | number;
      }>(query);
      for (const row of rows) {
        values.push({ runId: row.run_id, key: row.key, value: row.value });
      }
    }
    return values;
  }

  async datasets(
    runIds: string[],
  ): Promise<{ runId: string; name: string; digest: string }[]> {
    const found: { runId: string; name: string; digest: string }[] = [];
    for (const part of chunks(runIds, 500)) {
      const rows = await this.#reader.read<{
        run_id: string;
        name: string;
        digest: string;
      }>(
        this.#knex('run_datasets')
          .join(
            'datasets',
            'datasets.dataset_id',
            '=',
            'run_datasets.dataset_id',
          )
          .select(
            'run_datasets.run_id as run_id',
            'datasets.name as name',
            'datasets.digest as digest',
          )
          .whereIn('run_datasets.run_id', part)
          .orderBy(['datasets.name', 'datasets.digest']),
      );
      for (const { run_id: runId, name, digest } of rows) {
        found.push({ runId, name, digest });
      }
    }
    return found;
  }

  /** Names of metrics, params and tags of the newest runs, by name. */
  async fields(scope: RunScope): Promise<RunFields> {
    const newest: { run_id: string }[] = await this.#scoped(scope)
      .select('runs.run_id')
      .orderBy('runs.start_time', 'desc')
      .limit(NEWEST);
    const runIds = newest.map(row => row.run_id);
    const names = async (table: string) => {
      const rows = await this.#reader.read<{ key: string }>(
        this.#knex(table).distinct('key').whereIn('run_id', runIds),
      );
      return rows.map(row => row.key).sort();
    };
    return {
      metrics: await names('latest_metrics'),
      params: await names('params'),
      tags: await names('run_tags'),
    };
  }

  #scoped(scope: RunScope): Knex.QueryBuilder {
    const query = this.#knex('runs')
      .where('runs.lifecycle_stage', scope.lifecycleStage)
      .whereIn(
        'runs.experiment_id',
        scope.experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number),
      );
    for (const { sql, bindings } of scope.where) query.whereRaw(sql, bindings);
    return query;
  }
}
