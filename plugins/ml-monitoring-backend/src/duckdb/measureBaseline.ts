import type { DuckDBConnection } from '@duckdb/node-api';
import type { BaselineColumn } from '@downstage/plugin-ml-monitoring-common';
import { z } from 'zod';
import { countNumeric } from './countNumeric';
import { identifier, toNumber } from './openDuckDb';
import { columnTypes, isNumericType } from './columnTypes';
import { PARTS_OF_RANGE } from './singlePrecision';

/** A column to freeze: where it is in the data, and what the prediction log calls it. */
export type WantedColumn = {
  source: string;
  column: string;
  name: string;
  role: 'feature' | 'prediction';
};

/** A numeric column of no more distinct values than this is counted by value; decided here, once. */
const CATEGORICAL_UP_TO = 20;
/** More categories than this are one bin: `(other)`. */
const MOST_CATEGORIES = 50;
const DECILES = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];

const valueCountsSchema = z.array(
  z.object({
    value: z.union([z.string(), z.number()]),
    count: z.bigint().transform(Number),
  }),
);

/**
 * Freezes the columns of a relation: edges at the deciles with equal ones merged, or categories, and the
 * counts, nulls and moments that go with them. Columns the relation does not have are left out.
 */
export async function measureBaseline(
  connection: DuckDBConnection,
  relation: string,
  wanted: readonly WantedColumn[],
): Promise<{ rows: number; columns: BaselineColumn[] }> {
  const types = await columnTypes(connection, relation);
  const count = await connection.runAndReadAll(
    `SELECT count(*) FROM ${relation}`,
  );
  const rows = toNumber(count.getRowsJS()[0][0]) ?? 0;
  const columns: BaselineColumn[] = [];
  for (const column of wanted) {
    const type = types.get(column.source);
    if (type === undefined || type.endsWith(']') || /^(STRUCT|MAP)/.test(type))
      continue;
    columns.push(
      await measureColumn(connection, relation, column, { type, rows }),
    );
  }
  return { rows, columns };
}

/** Freezes the columns of a relation that the prediction log has of predictions. */
export async function measurePredictions(
  connection: DuckDBConnection,
  relation: string,
): Promise<BaselineColumn[]> {
  const types = await columnTypes(connection, relation);
  const { columns } = await measureBaseline(
    connection,
    relation,
    [...types.keys()]
      .filter(column => column.startsWith('prediction.'))
      .map(column => ({
        source: column,
        column,
        name: column.slice('prediction.'.length),
        role: 'prediction',
      })),
  );
  return columns;
}

async function measureColumn(
  connection: DuckDBConnection,
  relation: string,
  wanted: WantedColumn,
  known: { type: string; rows: number },
): Promise<BaselineColumn> {
  const numeric = isNumericType(known.type);
  const value = valueOf(wanted.source, numeric);
  const finite = numeric
    ? `CASE WHEN isinf(${value}) THEN NULL ELSE ${value} END`
    : value;
  const figures = await connection.runAndReadAll(
    `SELECT count(${value}) AS present, count(DISTINCT ${value}) AS distinct_values${
      numeric
        ? `, avg(${finite}) AS mean, stddev_samp(${finite}) AS stddev, min(${finite}) AS min, max(${finite}) AS max`
        : ''
    } FROM ${relation}`,
  );
  const [row] = figures.getRowObjectsJS();
  const distinct = toNumber(row.distinct_values) ?? 0;
  const moments = {
    mean: toNumber(row.mean),
    stddev: toNumber(row.stddev),
    min: toNumber(row.min),
    max: toNumber(row.max),
  };
  const shared = {
    column: wanted.column,
    name: wanted.name,
    role: wanted.role,
    type: known.type,
    rows: known.rows,
    nulls: known.rows - (toNumber(row.present) ?? 0),
    distinct,
  };

  if (numeric && distinct > CATEGORICAL_UP_TO) {
    const deciles = `SELECT unnest(quantile_cont(${finite}, [${DECILES.join(
      ', ',
    )}])) AS edge FROM ${relation}`;
    const found = await connection.runAndReadAll(
      wanted.role === 'prediction'
        ? betweenValues(deciles, `SELECT ${finite} AS value FROM ${relation}`)
        : deciles,
    );
    const edges = [
      ...new Set(found.getRowsJS().map(([edge]) => toNumber(edge) ?? 0)),
    ].sort((a, b) => a - b);
    const [counted] = await countNumeric(connection, relation, [
      { source: wanted.source, edges },
    ]);
    return {
      kind: 'numeric',
      ...shared,
      edges,
      counts: counted.counts,
      moments,
    };
  }

  const reader = await connection.runAndReadAll(
    `SELECT ${value} AS value, count(*) AS count FROM ${relation}
     WHERE ${value} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const values = valueCountsSchema.parse(reader.getRowObjectsJS());
  const kept = values.slice(0, MOST_CATEGORIES);
  const other = values
    .slice(MOST_CATEGORIES)
    .reduce((total, item) => total + item.count, 0);
  return {
    kind: 'categorical',
    ...shared,
    numeric,
    categories: kept.map(item => String(item.value)),
    counts: [...kept.map(item => item.count), other],
    ...(numeric && { moments }),
  };
}

/**
 * The SQL of edges that lie between values instead of on one: in the middle of the widest gap around each edge, at most a
 * ten-thousandth of the range away.
 *
 * @remarks
 * The run that recorded predictions and the gateway compute them in different ways. On an edge, a value that many rows
 * share could change its bin for that alone.
 */
function betweenValues(edges: string, values: string): string {
  const gaps = `SELECT value AS low,
      coalesce(lead(value) OVER ranked, 2 * value - lag(value) OVER ranked) AS high,
      (max(value) OVER () - min(value) OVER ()) / ${PARTS_OF_RANGE} AS reach
    FROM (SELECT DISTINCT value FROM (${values}) WHERE value IS NOT NULL)
    WINDOW ranked AS (ORDER BY value)`;
  return `SELECT arg_max(low + (high - low) / 2, high - low)
    FROM (${edges}) edges JOIN (${gaps}) gaps ON high > edge - reach AND low <= edge + reach
    GROUP BY edge`;
}

/** The SQL of a column's value: a double without NaN, or text. */
export function valueOf(source: string, numeric: boolean): string {
  const name = identifier(source);
  return numeric
    ? `(CASE WHEN isnan(${name}::DOUBLE) THEN NULL ELSE ${name}::DOUBLE END)`
    : `(${name}::VARCHAR)`;
}
