import type { RunFields } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import type { Sql } from '../kernel/database/sql';
import { isAmong, readPage } from '../search/keyset';
import {
  chunks,
  isPostgres,
  optionalNumber,
  toNumber,
} from '../kernel/database/database';
import type { LifecycleStage } from '../tracking/stores/ExperimentStore';
import { ofExperiments } from '../tracking/stores/ofExperiments';
import { readerOf, type Reader } from '../kernel/database/Reader';
import type { RunRow } from '../tracking/stores/RunStore';
import { runOrder } from './runOrder';

/** Which runs a table shows. */
export type RunScope = {
  /** Those of every experiment that is not deleted unless given. */
  experimentIds?: string[];
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

type RunTableRequest = {
  sort: string;
  direction: 'asc' | 'desc';
  cursor?: string;
  limit: number;
};

const shown = ['run_id', 'name', 'status', 'experiment_id', 'user_id']
  .concat('start_time', 'end_time', 'job_id')
  .map(column => `runs.${column}`);

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
    page: RunTableRequest,
  ): Promise<{ rows: RunTableRow[]; nextCursor?: string }> {
    const { rows, nextPageToken } =
      (await this.#pageByMetric(scope, page)) ??
      (await readPage<RunRow>({
        database: this.#knex,
        query: this.#scoped(scope).select(shown),
        terms: runOrder(this.#knex, page.sort, page.direction),
        pageToken: page.cursor,
        limit: page.limit,
        read: slow => this.#reader.read(slow),
      }));
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

  /**
   * Runs that have the metric come first, and mostly fill the page: on PostgreSQL they are read along the metric's
   * index, which ends after a page. `undefined` when the page goes on into runs without it.
   */
  async #pageByMetric(
    scope: RunScope,
    page: RunTableRequest,
  ): Promise<{ rows: RunRow[]; nextPageToken?: string } | undefined> {
    const { sort, direction, cursor, limit } = page;
    if (!isPostgres(this.#knex) || !sort.startsWith('metrics.')) {
      return undefined;
    }
    // The order's first term says 0 for runs that have the metric; its second is the value.
    const fixed = [0];
    const terms = runOrder(this.#knex, sort, direction);
    const [, value, ...rest] = terms;
    if (cursor && !isAmong(cursor, fixed, terms.length - 1)) return undefined;
    const from = this.#knex('latest_metrics as o')
      .join('runs', 'runs.run_id', 'o.run_id')
      .where('o.key', sort.slice('metrics.'.length))
      .where('o.is_nan', false);
    const found = await readPage<RunRow>({
      database: this.#knex,
      query: this.#scoped(scope, from).select(shown),
      fixed,
      terms: [{ ...value, sql: 'o.value', bindings: [] }, ...rest],
      pageToken: cursor,
      limit,
      read: slow => this.#reader.read(slow),
    });
    return found.nextPageToken ? found : undefined;
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
    const newest = await this.#reader.read<{ run_id: string }>(
      this.#scoped(scope)
        .select('runs.run_id')
        .orderBy('runs.start_time', 'desc')
        .limit(NEWEST),
    );
    const runIds = newest.map(row => row.run_id);
    const names = async (table: string) => {
      const rows = await this.#reader.read<{ key: string }>(
        this.#knex(table).distinct('key').whereIn('run_id', runIds),
      );
      return rows.map(row => row.key).sort();
    };
    const [metrics, params, tags] = await Promise.all(
      ['latest_metrics', 'params', 'run_tags'].map(names),
    );
    return { metrics, params, tags };
  }

  #scoped(
    scope: RunScope,
    from: Knex.QueryBuilder = this.#knex('runs'),
  ): Knex.QueryBuilder {
    const query = ofExperiments(
      from.where('runs.lifecycle_stage', scope.lifecycleStage),
      scope.experimentIds,
    );
    for (const { sql, bindings } of scope.where) query.whereRaw(sql, bindings);
    return query;
  }
}
