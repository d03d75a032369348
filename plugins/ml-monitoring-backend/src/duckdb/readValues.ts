import type { DuckDBConnection } from '@duckdb/node-api';
import type { LabelValue } from '@downstage/plugin-ml-monitoring-common';
import { columnTypes, isNumericType } from './columnTypes';
import { identifier } from './openDuckDb';

/** The values of some columns of a window, row by row. */
export type ReadValues = {
  /** All columns of the roles, also those that were not read. */
  names: string[];
  rows: number;
  columns: Record<string, (LabelValue | null)[]>;
  /** One entry a row; none of rows that were logged by a release without them. */
  predictionIds: (string | undefined)[];
};

/** What a detector holds in memory at once. */
const MOST_ROWS = 50_000;
const MOST_BYTES = 32_000_000;
/** A number in memory, and the least that a text takes. */
const BYTES_OF_VALUE = 8;
/** Rows are fewer where there are many columns: this is known before anything is read. */
const MOST_VALUES = MOST_BYTES / BYTES_OF_VALUE;
/** A class has a short name; a longer text is cut. */
const MOST_OF_TEXT = 500;

/**
 * Reads the values of columns, the newest rows first where there are more than may be read.
 *
 * @param wanted - the roles of columns, which stand before the dot in their name; `only` names some of these
 */
export async function readValues(
  connection: DuckDBConnection,
  relation: string,
  wanted: { roles: readonly string[]; only?: readonly string[] },
): Promise<ReadValues> {
  const types = await columnTypes(connection, relation);
  const { roles, only } = wanted;
  const names = [...types.keys()].filter(name =>
    roles.some(role => name.startsWith(`${role}.`)),
  );
  const read = only ? names.filter(name => only.includes(name)) : names;
  const hasIds = types.has('prediction_id');
  const selected = read.map(name => {
    const column = identifier(name);
    const type = types.get(name) ?? '';
    if (isNumericType(type)) return `CAST(${column} AS DOUBLE)`;
    if (type === 'BOOLEAN') return column;
    return `left(CAST(${column} AS VARCHAR), ${MOST_OF_TEXT})`;
  });
  const mostRows = Math.min(
    MOST_ROWS,
    Math.floor(MOST_VALUES / Math.max(1, read.length)),
  );
  const stream = await connection.stream(
    `SELECT ${[hasIds ? 'prediction_id' : 'NULL', ...selected].join(
      ', ',
    )} FROM ${relation} ORDER BY "at" DESC LIMIT ${mostRows}`,
  );
  const columns = read.map((): (LabelValue | null)[] => []);
  const predictionIds: (string | undefined)[] = [];
  let bytes = 0;
  while (bytes <= MOST_BYTES) {
    const chunk = await stream.fetchChunk();
    if (!chunk?.rowCount) break;
    const [ids, ...vectors] = Array.from(
      { length: chunk.columnCount },
      (_, at) => chunk.getColumnVector(at),
    );
    // Row by row: a chunk of many columns with long texts is larger than what may be held.
    for (let row = 0; row < chunk.rowCount && bytes <= MOST_BYTES; row += 1) {
      const id = ids.getItem(row);
      predictionIds.push(typeof id === 'string' ? id : undefined);
      for (const [at, vector] of vectors.entries()) {
        const kept = keep(vector.getItem(row));
        columns[at].push(kept);
        bytes += typeof kept === 'string' ? kept.length * 2 : BYTES_OF_VALUE;
      }
    }
  }
  return {
    names,
    rows: predictionIds.length,
    columns: Object.fromEntries(read.map((name, at) => [name, columns[at]])),
    predictionIds,
  };
}

/** A number that is none says nothing of a prediction. */
function keep(value: unknown): LabelValue | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  return null;
}
