import type { DuckDBConnection } from '@duckdb/node-api';
import type { ColumnProfile } from '@downstage/plugin-ml-data-common';
import {
  aggregatesOf,
  classOf,
  edgesOf,
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
/** So many values are asked for at once: what the queries hold does not grow with the table. */
const mostValues = 1_000_000;
const mostColumns = 250;

/** What a query gives back: plain numbers, text and lists of numbers, never BigInt. */
type Row = Record<string, unknown>;

/**
 * Takes all figures of all columns of a table, a bounded number of values at a time.
 *
 * @remarks
 * To plan a query costs more the more columns it names. Columns of one type are therefore read into one column of
 * values, beside the number of their column. Every query names that one column, however many stand in it. So the work
 * is linear in the columns. One query gives the figures. A second gives the histograms, because their edges need the
 * minimum and maximum first. One more gives the most frequent values of text.
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
  const names = described.map(row => String(row.column_name));
  const types = described.map(row => String(row.column_type));
  const columns = new Array<ColumnProfile>(names.length);
  let done = 0;
  for (const { type, at } of batchesOf(types, rows)) {
    const values = at.map(place => quoted(names[place]));
    await connection.run(
      `CREATE OR REPLACE TEMP TABLE batch AS SELECT ${
        values.length === 1
          ? `0::DOUBLE AS i, ${values} AS v`
          : `unnest(range(${at.length}))::DOUBLE AS i,
             unnest([${values.join(', ')}]) AS v`
      } FROM ${source}`,
    );
    const found = await profileBatch(connection, {
      column: { sql: 'v', type, class: classOf(type) },
      names: at.map(place => names[place]),
      rows,
    });
    found.forEach((profile, i) => {
      columns[at[i]] = profile;
    });
    done += at.length;
    options.onColumns(done, names.length);
  }
  await connection.run('DROP TABLE IF EXISTS batch');
  return { rows, columns };
}

/** The places of columns of one type, as many at a time as their values allow. */
function batchesOf(types: string[], rows: number) {
  const size = Math.min(
    mostColumns,
    Math.max(1, Math.floor(mostValues / Math.max(1, rows))),
  );
  const byType = new Map<string, number[]>();
  types.forEach((type, place) => {
    byType.set(type, [...(byType.get(type) ?? []), place]);
  });
  return [...byType].flatMap(([type, places]) =>
    Array.from({ length: Math.ceil(places.length / size) }, (_, i) => ({
      type,
      at: places.slice(i * size, (i + 1) * size),
    })),
  );
}

async function profileBatch(
  connection: DuckDBConnection,
  options: { column: FoundColumn; names: string[]; rows: number },
): Promise<ColumnProfile[]> {
  const { column, names, rows } = options;
  // One column alone is one group, and needs no grouping, which long tables would pay for.
  const [i, grouped] = names.length === 1 ? ['0', ''] : ['i', 'GROUP BY i'];
  const figures = await byColumn(
    connection,
    `SELECT ${i} AS i, ${aggregatesOf(column, {
      exactDistinct: rows <= exactUpTo,
    }).join(', ')} FROM batch ${grouped}`,
  );
  const edges = names.map((_, at) => {
    const min = finite(figures.get(at)?.least);
    const max = finite(figures.get(at)?.most);
    return column.class === 'number' && min !== undefined && max !== undefined
      ? histogramEdges(min, max)
      : undefined;
  });
  const known = edges.flatMap((own, at) =>
    own ? [`(${at}::DOUBLE, ${edgesOf(own)})`] : [],
  );
  const histograms = known.length
    ? await byColumn(
        connection,
        `SELECT ${i} AS i, ${histogramOf(column).join(', ')}
         FROM batch JOIN (VALUES ${known.join(', ')}) AS e(i, bins, unit)
         USING (i) ${grouped}`,
      )
    : new Map<number, Row>();
  const top =
    column.class === 'category'
      ? await topValues(connection, column)
      : undefined;
  return names.map((name, at) => {
    const own = edges[at];
    return {
      ...toFigures(column, { name, rows, figures: figures.get(at) ?? {} }),
      ...(own && spreadOf(own, histograms.get(at) ?? {})),
      ...(top && { topValues: top.get(at) ?? [] }),
    };
  });
}

function toFigures(
  column: FoundColumn,
  options: { name: string; rows: number; figures: Row },
): ColumnProfile {
  const { name, rows, figures } = options;
  const count = Number(figures.count ?? 0);
  const bound = (which: 'min' | 'max') => {
    const value = figures[which];
    if (typeof value === 'number') return value;
    if (typeof value !== 'string') return undefined;
    return column.class === 'number' ? exactNumber(value) : value;
  };
  const min = bound('min');
  const max = bound('max');
  const mean = finite(figures.mean);
  const { quantiles } = figures;
  return {
    name,
    type: column.type,
    count,
    nulls: rows - count,
    distinct: Math.min(Number(figures.distinct_values ?? 0), count),
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
  found: Row,
): Pick<ColumnProfile, 'stddev' | 'histogram'> {
  const { keys, counts } = found;
  const stddev = finite(found.stddev);
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
    `SELECT i, value, n FROM (
       SELECT i, left((${valueOf(
         column,
       )})::VARCHAR, 200) AS value, count(*)::DOUBLE AS n
       FROM batch WHERE ${column.sql} IS NOT NULL GROUP BY ALL)
     QUALIFY row_number() OVER (PARTITION BY i ORDER BY n DESC, value) <= 10
     ORDER BY i, n DESC, value`,
  );
  const found = new Map<number, { value: string; count: number }[]>();
  for (const { i, value, n } of rows) {
    const own = found.get(Number(i)) ?? [];
    own.push({ value: String(value), count: Number(n) });
    found.set(Number(i), own);
  }
  return found;
}

/** The rows of a query by the number of their column. */
async function byColumn(connection: DuckDBConnection, sql: string) {
  const rows = await query(connection, sql);
  return new Map(rows.map(row => [Number(row.i), row]));
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
