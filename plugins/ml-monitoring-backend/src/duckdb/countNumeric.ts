import { DuckDBMapValue, type DuckDBConnection } from '@duckdb/node-api';
import { InputError } from '@backstage/errors';
import { identifier, toNumber } from './openDuckDb';

export type NumericCounts = {
  counts: number[];
  present: number;
  infinite: number;
};

/**
 * Counts columns between frozen edges, all of them in one pass over the data.
 *
 * @remarks
 * A bin holds `edge before < value <= edge`; the first and last are open, so nothing falls outside. NaN counts
 * as missing, ±Infinity is in the outer bins.
 */
export async function countNumeric(
  connection: DuckDBConnection,
  relation: string,
  columns: readonly { source: string; edges: readonly number[] }[],
): Promise<NumericCounts[]> {
  if (!columns.length) return [];
  const aggregates = columns.flatMap(({ source, edges }) => {
    const value = `CASE WHEN isnan(${identifier(
      source,
    )}::DOUBLE) THEN NULL ELSE ${identifier(source)}::DOUBLE END`;
    return [
      `histogram(${value}, [${edges.map(sqlDouble).join(', ')}]::DOUBLE[])`,
      `count(*) FILTER (WHERE isinf(${identifier(source)}::DOUBLE))`,
    ];
  });
  const reader = await connection.runAndReadAll(
    `SELECT ${aggregates.join(',\n')} FROM ${relation}`,
  );
  const row = reader.getRows()[0];
  return columns.map(({ edges }, index) => {
    const counts = new Array<number>(edges.length + 1).fill(0);
    const histogram = row[2 * index];
    if (histogram instanceof DuckDBMapValue) {
      for (const { key, value } of histogram.entries) {
        const bin = edges.indexOf(toNumber(key) ?? Infinity);
        counts[bin === -1 ? edges.length : bin] += toNumber(value) ?? 0;
      }
    }
    return {
      counts,
      present: counts.reduce((total, count) => total + count, 0),
      infinite: toNumber(row[2 * index + 1]) ?? 0,
    };
  });
}

function sqlDouble(value: number): string {
  if (!Number.isFinite(value)) {
    throw new InputError(`Not an edge: ${value}`);
  }
  // Quoted: a bare 0.1 would be a DECIMAL first and could lose its last bit on the way.
  return `'${value}'::DOUBLE`;
}
