import type { DuckDBConnection } from '@duckdb/node-api';
import { z } from 'zod';

const describedSchema = z.array(
  z.object({ column_name: z.string(), column_type: z.string() }),
);

/** The columns of a relation and their types, in order. */
export async function columnTypes(
  connection: DuckDBConnection,
  relation: string,
): Promise<Map<string, string>> {
  const reader = await connection.runAndReadAll(
    `DESCRIBE SELECT * FROM ${relation}`,
  );
  const rows = describedSchema.parse(reader.getRowObjectsJS());
  return new Map(rows.map(row => [row.column_name, row.column_type]));
}

/** Whether values of a DuckDB type are compared as numbers. */
export function isNumericType(type: string): boolean {
  return /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|FLOAT|DOUBLE|REAL|DECIMAL)/.test(
    type,
  );
}
