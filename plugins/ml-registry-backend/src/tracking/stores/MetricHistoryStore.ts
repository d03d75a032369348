import type { Knex } from 'knex';
import type { Int64 } from '../../kernel/int64';
import { int64Bound, int64Columns } from '../../kernel/database/int64Columns';
import { readerOf, type Reader } from '../../kernel/database/Reader';
import { toMetric, type Metric, type MetricRow } from './RunStore';

type Steps = { from: Int64; to: Int64 };

const WIDE = ['timestamp', 'step'];

/** Steps whose differences, times the points asked for, still fit into 64 bits. */
const FARTHEST = 1e15;

/** A point and the run it belongs to. */
export type RunMetric = Metric & { runId: string };

/** Points of one metric in several runs, for charts. */
export class MetricHistoryStore {
  readonly #knex: Knex;
  readonly #reader: Reader;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#reader = readerOf(knex);
  }

  /** The first `limit` points by run, time, step and value. */
  async first(request: {
    runIds: string[];
    key: string;
    limit: number;
  }): Promise<RunMetric[]> {
    const rows = await this.#reader.read<MetricRow>(
      this.#knex('metrics')
        .select('run_id', 'key', 'value', 'is_nan')
        .select(int64Columns(this.#knex, 'metrics', WIDE))
        .whereIn('run_id', request.runIds)
        .where('key', request.key)
        .orderBy([
          'run_id',
          ...['metrics.timestamp', 'metrics.step', 'value', 'is_nan'],
        ])
        .limit(request.limit),
    );
    return rows.map(toRunMetric);
  }

  /**
   * At most `perRun` points of each run, spread evenly over what was logged,
   * by step. The first and the last are among them; of one point, the last.
   */
  async spread(request: {
    runIds: string[];
    key: string;
    perRun: number;
    steps?: Steps;
  }): Promise<RunMetric[]> {
    const { runIds, key, perRun, steps } = request;
    const found: RunMetric[] = [];
    const rest: string[] = [];
    for (const runId of runIds) {
      const points = await this.#atSteps({ runId, key, count: perRun, steps });
      if (points) found.push(...points);
      else rest.push(runId);
    }
    if (rest.length > 0) {
      found.push(...(await this.#spreadByCount({ ...request, runIds: rest })));
    }
    return found.sort((a, b) => compare(a.runId, b.runId));
  }

  /**
   * Looks up one point at each of `count` steps at equal distances. Where steps go up evenly, this is the same as
   * spreading by count. It takes milliseconds, however long the history is. `undefined` where steps do not go up
   * evenly.
   */
  async #atSteps(request: {
    runId: string;
    key: string;
    count: number;
    steps?: Steps;
  }): Promise<RunMetric[] | undefined> {
    const { runId, key, count, steps } = request;
    if (count < 2) return undefined;
    const from = int64Bound(steps?.from ?? -(2n ** 63n));
    const to = int64Bound(steps?.to ?? 2n ** 63n - 1n);
    const edge = (direction: 'ASC' | 'DESC') =>
      `(SELECT step FROM metrics WHERE run_id = ? AND key = ? AND step BETWEEN ? AND ? ORDER BY step ${direction} LIMIT 1)`;
    const edges = [runId, key, from, to];
    const query = this.#knex.raw(
      `WITH RECURSIVE places (place) AS (SELECT 0 UNION ALL SELECT place + 1 FROM places WHERE place < ?),
        bounds AS (SELECT ${edge('ASC')} AS low, ${edge('DESC')} AS high),
        chosen AS (SELECT DISTINCT (SELECT m.step FROM metrics m WHERE m.run_id = ? AND m.key = ?
          AND m.step >= low + (high - low) * place / ? ORDER BY m.step LIMIT 1) AS step FROM places, bounds
          WHERE low > -${FARTHEST} AND high < ${FARTHEST})
      SELECT metrics.* FROM metrics JOIN chosen ON chosen.step = metrics.step
      WHERE metrics.run_id = ? AND metrics.key = ?
      ORDER BY metrics.step, timestamp, value, is_nan LIMIT ?`,
      [
        ...[count - 1, ...edges, ...edges],
        ...[runId, key, count - 1, runId, key, count + 1],
      ],
    );
    const rows = await this.#reader.read<MetricRow>(query);
    return rows.length === count ? rows.map(toRunMetric) : undefined;
  }

  async #spreadByCount(request: {
    runIds: string[];
    key: string;
    perRun: number;
    steps?: Steps;
  }): Promise<RunMetric[]> {
    const { runIds, key, perRun, steps } = request;
    const numbered = this.#knex('metrics')
      .select('metrics.*')
      .select(
        this.#knex.raw(
          `ROW_NUMBER() OVER (PARTITION BY run_id ORDER BY step, timestamp, value, is_nan) - 1 AS place,
           COUNT(*) OVER (PARTITION BY run_id) - 1 AS last`,
        ),
      )
      .whereIn('run_id', runIds)
      .where('key', key);
    if (steps) {
      numbered.whereBetween('step', [
        int64Bound(steps.from),
        int64Bound(steps.to),
      ]);
    }
    const gaps = perRun - 1;
    const query = this.#knex
      .from(numbered.as('points'))
      .select('run_id', 'key', 'value', 'is_nan')
      .select(int64Columns(this.#knex, 'points', WIDE))
      // A point is taken when it begins another of the equal parts.
      .whereRaw(
        `place = last OR (? > 0 AND (place = 0 OR last <= ?
          OR (place * CAST(? AS BIGINT)) / last <> ((place - 1) * CAST(? AS BIGINT)) / last))`,
        [gaps, gaps, gaps, gaps],
      )
      .orderBy([
        'run_id',
        ...['points.step', 'points.timestamp', 'value', 'is_nan'],
      ]);
    const rows = await this.#reader.read<MetricRow>(query);
    return rows.map(toRunMetric);
  }
}

function toRunMetric(row: MetricRow): RunMetric {
  return { ...toMetric(row), runId: row.run_id };
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
