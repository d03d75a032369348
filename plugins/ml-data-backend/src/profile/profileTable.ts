import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import {
  aggregatesOf,
  classOf,
  exactNumber,
  histogramEdges,
  histogramOf,
  literal,
  quantileNames,
  quoted,
  rightEdges,
  valueOf,
  type FoundColumn,
} from './columnSql';

/** Above this many rows the distinct count is an estimate (HyperLogLog, about 2 % off). */
const exactUpTo = 100_000;
/** The planning of a query grows with the square of its aggregates; so many columns at a time keep it linear. */
const batchSize = 20;

/** What a query gives back: plain numbers, text and lists of numbers, never BigInt. */
type Row = Record<string, unknown>;

/**
 * Takes all figures of all columns of a table, a few columns at a time.
 *
 * @remarks
 * The columns of a batch are read once and then asked: one query gives the figures, a second the histograms (their
 * edges need the minimum and maximum first), and one per text column the most frequent values.
 */
export async function profileTable(
  connection: DuckDBConnection,
  options: {
    paths: string[];
    onColumns: (done: number, of: number) => void;
  },
): Promise<{ rows: number; columns: ColumnProfile[] }> {
  const source = `read_parquet([${options.paths
    .map(literal)
    .join(', ')}], hive_partitioning = false)`;
  const described = await query(connection, `DESCRIBE SELECT * FROM ${source}`);
  const [{ n }] = await query(
    connection,
    `SELECT count(*)::DOUBLE AS n FROM ${source}`,
  );
  const rows = Number(n);
  const columns: ColumnProfile[] = [];
  for (let at = 0; at < described.length; at += batchSize) {
    const batch = described.slice(at, at + batchSize).map((row, i) => ({
      name: String(row.column_name),
      sql: `c${i}`,
      type: String(row.column_type),
      class: classOf(String(row.column_type)),
    }));
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE batch AS SELECT ${batch
        .map(column => `${quoted(column.name)} AS ${column.sql}`)
        .join(', ')} FROM ${source}`,
    );
    columns.push(...(await profileBatch(connection, batch, rows)));
    options.onColumns(columns.length, described.length);
  }
  await connection.run('DROP TABLE IF EXISTS batch');
  return { rows, columns };
}

async function profileBatch(
  connection: DuckDBConnection,
  batch: FoundColumn[],
  rows: number,
): Promise<ColumnProfile[]> {
  const [figures] = await query(
    connection,
    `SELECT ${batch
      .flatMap((column, i) =>
        aggregatesOf(column, i, { exactDistinct: rows <= exactUpTo }),
      )
      .join(', ')} FROM batch`,
  );
  const edges = batch.map((column, i) => {
    const min = finite(figures[`c${i}_least`]);
    const max = finite(figures[`c${i}_most`]);
    return column.class === 'number' && min !== undefined && max !== undefined
      ? histogramEdges(min, max)
      : undefined;
  });
  const counts = batch.flatMap((column, i) => {
    const own = edges[i];
    return own ? histogramOf(column, i, own) : [];
  });
  const [histograms] = counts.length
    ? await query(connection, `SELECT ${counts.join(', ')} FROM batch`)
    : [{}];
  const profiles: ColumnProfile[] = [];
  for (const [i, column] of batch.entries()) {
    const own = edges[i];
    profiles.push({
      ...toFigures(column, { rows, index: i, figures }),
      ...(own && spreadOf(own, i, histograms)),
      ...(column.class === 'category' && {
        topValues: await topValues(connection, column),
      }),
    });
  }
  return profiles;
}

function toFigures(
  column: FoundColumn,
  options: { rows: number; index: number; figures: Row },
): ColumnProfile {
  const { rows, index, figures } = options;
  const figure = (name: string) => figures[`c${index}_${name}`];
  const count = Number(figure('count'));
  const bound = (name: string) => {
    const value = figure(name);
    if (typeof value === 'number') return value;
    if (typeof value !== 'string') return undefined;
    return column.class === 'number' ? exactNumber(value) : value;
  };
  const min = bound('min');
  const max = bound('max');
  const mean = finite(figure('mean'));
  const quantiles = figure('quantiles');
  return {
    name: column.name,
    type: column.type,
    count,
    nulls: rows - count,
    distinct: Math.min(Number(figure('distinct')), count),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(mean !== undefined && { mean }),
    ...(Array.isArray(quantiles) && {
      quantiles: toQuantiles(quantiles.map(Number)),
    }),
  };
}

function toQuantiles(
  values: number[],
): NonNullable<ColumnProfile['quantiles']> {
  const [p01, p05, p25, p50, p75, p95, p99] = quantileNames.map(
    (_, i) => values[i],
  );
  return { p01, p05, p25, p50, p75, p95, p99 };
}

/** The counts of the bins, of which DuckDB leaves out those whose edges are the same. */
function spreadOf(
  edges: number[],
  index: number,
  found: Row,
): Pick<ColumnProfile, 'stddev' | 'histogram'> {
  const keys = found[`k${index}`];
  const counts = found[`h${index}`];
  const stddev = finite(found[`s${index}`]);
  const byEdge = new Map<number, number>();
  if (Array.isArray(keys) && Array.isArray(counts)) {
    keys.forEach((key, i) => byEdge.set(Number(key), Number(counts[i])));
  }
  return {
    ...(stddev !== undefined && { stddev }),
    histogram: {
      edges,
      counts: rightEdges(edges).map(right => {
        const count = byEdge.get(right) ?? 0;
        byEdge.delete(right);
        return count;
      }),
    },
  };
}

async function topValues(connection: DuckDBConnection, column: FoundColumn) {
  const rows = await query(
    connection,
    `SELECT left((${valueOf(
      column,
    )})::VARCHAR, 200) AS value, count(*)::DOUBLE AS n FROM batch
     WHERE ${
       column.sql
     } IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT 10`,
  );
  return rows.map(row => ({ value: String(row.value), count: Number(row.n) }));
}

async function query(
  connection: DuckDBConnection,
  sql: string,
): Promise<Row[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJS();
}

function finite(value: unknown) {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : undefined;
}
