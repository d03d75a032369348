import type { Knex } from 'knex';
import { toMetric, type Metric, type MetricRow } from './RunStore';

/** A point and the run it belongs to. */
export type RunMetric = Metric & { runId: string };

/** Points of one metric in several runs, for charts. */
export class MetricHistoryStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** The first `limit` points by run, time, step and value. */
  async first(request: {
    runIds: string[];
    key: string;
    limit: number;
  }): Promise<RunMetric[]> {
    const rows: MetricRow[] = await this.#knex('metrics')
      .whereIn('run_id', request.runIds)
      .where('key', request.key)
      .orderBy(['run_id', 'timestamp', 'step', 'value', 'is_nan'])
      .limit(request.limit);
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
    steps?: { from: number; to: number };
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
    if (steps) numbered.whereBetween('step', [steps.from, steps.to]);
    const gaps = perRun - 1;
    const rows: MetricRow[] = await this.#knex
      .from(numbered.as('points'))
      // A point is taken when it begins another of the equal parts.
      .whereRaw(
        `place = last OR (? > 0 AND (place = 0 OR last <= ?
          OR (place * CAST(? AS BIGINT)) / last <> ((place - 1) * CAST(? AS BIGINT)) / last))`,
        [gaps, gaps, gaps, gaps],
      )
      .orderBy(['run_id', 'step', 'timestamp', 'value', 'is_nan']);
    return rows.map(toRunMetric);
  }
}

function toRunMetric(row: MetricRow): RunMetric {
  return { ...toMetric(row), runId: row.run_id };
}
