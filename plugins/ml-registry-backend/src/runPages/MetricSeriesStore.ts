import type { Knex } from 'knex';
import { toNumber } from '../kernel/database/database';
import { int64Columns } from '../kernel/database/int64Columns';
import { readerOf, type Reader } from '../kernel/database/Reader';
import type { MetricRow } from '../tracking/stores/RunStore';

type PointRow = Pick<MetricRow, 'timestamp' | 'step' | 'value' | 'is_nan'>;

/** A logged point; `value` is undefined where it was NaN or infinite. */
export type SeriesPoint = { step: number; timestamp: number; value?: number };

/** So many rows are in memory at once, and the event loop waits for no more than so many. */
const CHUNK = 10_000;

/** The points of a metric one chunk after the other. So a history of any length passes through little memory. */
export class MetricSeriesStore {
  readonly #knex: Knex;
  readonly #reader: Reader;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#reader = readerOf(knex);
  }

  /** Points by time, step and value; of a window of one of the two when it is given, ends included. */
  async *points(request: {
    runId: string;
    key: string;
    window?: { column: 'step' | 'timestamp'; from?: number; to?: number };
  }): AsyncGenerator<SeriesPoint[]> {
    const { runId, key, window } = request;
    let after: PointRow | undefined;
    for (;;) {
      const query = this.#knex<MetricRow>('metrics')
        .select('value', 'is_nan')
        .select(int64Columns(this.#knex, 'metrics', ['timestamp', 'step']))
        .where({ run_id: runId, key })
        .orderBy(['metrics.timestamp', 'metrics.step', 'value', 'is_nan'])
        .limit(CHUNK);
      if (window?.from !== undefined) {
        query.where(window.column, '>=', Math.floor(window.from));
      }
      if (window?.to !== undefined) {
        query.where(window.column, '<=', Math.ceil(window.to));
      }
      if (after) {
        query.whereRaw('(timestamp, step, value, is_nan) > (?, ?, ?, ?)', [
          after.timestamp,
          after.step,
          after.value,
          after.is_nan,
        ]);
      }
      const rows = await this.#reader.read<PointRow>(query);
      if (rows.length > 0) yield rows.map(toPoint);
      if (rows.length < CHUNK) return;
      after = rows[rows.length - 1];
      // A database in memory answers within the call; others get their turn here.
      await new Promise(resolve => setImmediate(resolve));
    }
  }
}

function toPoint(row: PointRow): SeriesPoint {
  const isFigure = !row.is_nan && Math.abs(row.value) < Number.MAX_VALUE;
  return {
    step: toNumber(row.step),
    timestamp: toNumber(row.timestamp),
    ...(isFigure && { value: row.value }),
  };
}
