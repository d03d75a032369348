import type { DuckDBConnection } from '@duckdb/node-api';
import type {
  BaselineColumn,
  CategoricalBaseline,
  NumericBaseline,
} from '@downstage/plugin-ml-monitoring-common';
import { z } from 'zod';
import type { ColumnCounts } from '@downstage/plugin-ml-monitoring-node';
import { columnTypes, isNumericType } from './columnTypes';
import { countNumeric } from './countNumeric';
import { valueOf } from './measureBaseline';
import {
  countOverNumbers,
  edgeFor32,
  floorFor32,
  PARTS_OF_RANGE,
} from './singlePrecision';

const MOST_UNSEEN = 1000;

const valueCountsSchema = z.array(
  z.object({
    value: z.union([z.string(), z.number()]).nullable(),
    count: z.bigint().transform(Number),
  }),
);

/** Counts a window's rows over the frozen bins of each baseline column, in the order of the columns. */
export async function countWindow(
  connection: DuckDBConnection,
  relation: string,
  baseline: readonly BaselineColumn[],
  rows: number,
): Promise<ColumnCounts[]> {
  const types = await columnTypes(connection, relation);
  const numeric = baseline.filter(
    (column): column is NumericBaseline =>
      column.kind === 'numeric' &&
      isNumericType(types.get(column.column) ?? ''),
  );
  const counted = await countBetweenEdges(connection, relation, numeric, rows);
  const result: ColumnCounts[] = [];
  for (const column of baseline) {
    const type = types.get(column.column);
    const found = counted.get(column.column);
    if (found) result.push(found);
    else if (type === undefined) result.push({ state: 'missing' });
    else if (
      column.kind === 'numeric' ||
      (column.numeric && !isNumericType(type))
    )
      result.push({ state: 'type-changed', found: type });
    else result.push(await countCategories(connection, relation, column));
  }
  return result;
}

async function countBetweenEdges(
  connection: DuckDBConnection,
  relation: string,
  columns: readonly NumericBaseline[],
  rows: number,
): Promise<Map<string, ColumnCounts>> {
  // The range is counted in the same pass, by two more edges that are merged away again.
  const ranges = columns.map(({ role, moments: { min, max } }) => {
    if (min === undefined || max === undefined) return undefined;
    // The run and the gateway compute predictions in different ways; features are given.
    const slack = role === 'prediction' ? (max - min) / PARTS_OF_RANGE : 0;
    return { min: floorFor32(min - slack), max: edgeFor32(max + slack) };
  });
  const edges = columns.map(column => column.edges.map(edgeFor32));
  const wanted = columns.map((column, index) => {
    const range = ranges[index];
    const bounds = range ? [justBelow(range.min), range.max] : [];
    return {
      source: column.column,
      edges: [...new Set([...edges[index], ...bounds])].sort((a, b) => a - b),
    };
  });
  const counted = await countNumeric(connection, relation, wanted);
  return new Map(
    columns.map((column, index) => {
      const { counts: fine, present, infinite } = counted[index];
      const fineEdges = wanted[index].edges;
      const counts = new Array<number>(column.edges.length + 1).fill(0);
      let below = 0;
      let above = 0;
      const range = ranges[index];
      fine.forEach((count, bin) => {
        const right = fineEdges[bin] ?? Infinity;
        const target = edges[index].findIndex(edge => right <= edge);
        counts[target === -1 ? column.edges.length : target] += count;
        if (range && right < range.min) below += count;
        if (range && right > range.max) above += count;
      });
      return [
        column.column,
        {
          state: 'counted',
          counts,
          nulls: rows - present,
          infinite,
          below,
          above,
          unseen: [],
        },
      ];
    }),
  );
}

async function countCategories(
  connection: DuckDBConnection,
  relation: string,
  column: CategoricalBaseline,
): Promise<ColumnCounts> {
  const value = valueOf(column.column, column.numeric);
  const reader = await connection.runAndReadAll(
    `SELECT ${value} AS value, count(*) AS count FROM ${relation} GROUP BY 1 ORDER BY 2 DESC, 1`,
  );
  const values: { value: string | number; count: number }[] = [];
  let nulls = 0;
  for (const { value: found, count } of valueCountsSchema.parse(
    reader.getRowObjectsJS(),
  )) {
    if (found === null) nulls += count;
    else values.push({ value: found, count });
  }
  const { counts, unseen } = column.numeric
    ? countOverNumbers(
        column.categories,
        column.counts,
        values.map(item => ({ ...item, value: Number(item.value) })),
        { computed: column.role === 'prediction' },
      )
    : countOverWords(column.categories, values);
  return {
    state: 'counted',
    counts,
    nulls,
    infinite: 0,
    below: 0,
    above: 0,
    // A baseline that itself keeps an "(other)" cannot tell what it never saw.
    unseen: column.counts[column.categories.length]
      ? []
      : unseen
          .slice(0, MOST_UNSEEN)
          .map(item => ({ ...item, value: String(item.value) })),
  };
}

function countOverWords(
  categories: readonly string[],
  values: readonly { value: string | number; count: number }[],
) {
  const bins = new Map(categories.map((text, bin) => [text, bin]));
  const counts = new Array<number>(categories.length + 1).fill(0);
  const unseen: { value: string | number; count: number }[] = [];
  for (const item of values) {
    const bin = bins.get(String(item.value));
    counts[bin ?? categories.length] += item.count;
    if (bin === undefined) unseen.push(item);
  }
  return { counts, unseen };
}

/** The greatest double less than `value`. */
function justBelow(value: number): number {
  if (value === 0) return -Number.MIN_VALUE;
  const bits = new BigInt64Array(new Float64Array([value]).buffer);
  bits[0] += value > 0 ? -1n : 1n;
  return new Float64Array(bits.buffer)[0];
}
