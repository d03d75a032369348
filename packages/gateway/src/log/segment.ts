import type { Column } from '@downstage/plugin-ml-serving-common';
import { columnSchema } from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';
import type { LogPart } from './payload';

/** What lies beside an open file and says how to read it. */
export const segmentSchema = z.object({
  endpoint: z.string(),
  version: z.number().int(),
  features: z.array(columnSchema),
  predictions: z.array(columnSchema),
});
export type Segment = z.infer<typeof segmentSchema>;

/** One line of an open file: one request. Gateways before this one wrote one line a row, without `parts`. */
export type LogLine = {
  rows: number;
  prediction_id: string;
  request_id: string;
  at: string;
  endpoint: string;
  model: string;
  version: number;
  variant: string;
  caller?: string;
  token?: string;
  latency_ms: number;
  parts: LogPart[];
  data: string;
};

const sqlTypes = {
  double: 'DOUBLE',
  long: 'BIGINT',
  boolean: 'BOOLEAN',
  string: 'VARCHAR',
} as const;

/** The typed columns of the prediction log, in order. */
export function logColumns(segment: Segment): { name: string; type: string }[] {
  const typed = (prefix: string, columns: Column[]) =>
    columns.map(({ name, type }) => ({
      name: `${prefix}.${name}`,
      type: sqlTypes[type],
    }));
  const columns = [
    { name: 'prediction_id', type: 'VARCHAR' },
    { name: 'request_id', type: 'VARCHAR' },
    { name: 'row', type: 'INTEGER' },
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'endpoint', type: 'VARCHAR' },
    { name: 'model', type: 'VARCHAR' },
    { name: 'version', type: 'INTEGER' },
    { name: 'variant', type: 'VARCHAR' },
    // Who asked, and the id of the access token; never the token itself.
    { name: 'caller', type: 'VARCHAR' },
    { name: 'token', type: 'VARCHAR' },
    { name: 'latency_ms', type: 'DOUBLE' },
    ...typed('feature', segment.features),
    ...typed('prediction', segment.predictions),
  ];
  // DuckDB's names know no case: of `Age` and `age` only the first can be a column.
  const seen = new Set<string>();
  return columns.filter(({ name }) => {
    const known = seen.has(name.toLowerCase());
    seen.add(name.toLowerCase());
    return !known;
  });
}
