import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { DuckDBConnection } from '@duckdb/node-api';
import type { Column } from '@downstage/plugin-ml-serving-common';
import { columnSchema } from '@downstage/plugin-ml-serving-common';
import { z } from 'zod';

/** What lies beside an open NDJSON file and says how to read it. */
export const segmentSchema = z.object({
  endpoint: z.string(),
  version: z.number().int(),
  features: z.array(columnSchema),
  predictions: z.array(columnSchema),
});
export type Segment = z.infer<typeof segmentSchema>;

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
    { name: 'request_id', type: 'VARCHAR' },
    { name: 'at', type: 'TIMESTAMP' },
    { name: 'endpoint', type: 'VARCHAR' },
    { name: 'model', type: 'VARCHAR' },
    { name: 'version', type: 'INTEGER' },
    { name: 'variant', type: 'VARCHAR' },
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

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;

/**
 * Turns one closed NDJSON file into Parquet, one file a day, and removes it.
 *
 * @remarks
 * May run twice: the Parquet file is named after the NDJSON file, so a crash between writing and removing
 * writes the same rows to the same place again. A torn last line, left by a crash, is skipped.
 */
export async function rollFile(
  connection: DuckDBConnection,
  options: { logDir: string; file: string },
): Promise<void> {
  const { logDir, file } = options;
  const sidecar = file.replace(/\.ndjson$/, '.columns.json');
  if ((await stat(file)).size > 0) {
    const segment = segmentSchema.parse(
      JSON.parse(await readFile(sidecar, 'utf8')),
    );
    const columns = logColumns(segment)
      .map(({ name, type }) => `${text(name)}: ${text(type)}`)
      .join(', ');
    const source = `read_json(${text(
      file,
    )}, format = 'newline_delimited', columns = {${columns}}, ignore_errors = true)`;
    const days = await connection.runAndReadAll(
      `SELECT DISTINCT strftime("at", '%Y-%m-%d') AS day FROM ${source} WHERE "at" IS NOT NULL`,
    );
    for (const [day] of days.getRows()) {
      const folder = join(
        logDir,
        segment.endpoint,
        `v${segment.version}`,
        `date=${String(day)}`,
      );
      await mkdir(folder, { recursive: true });
      const target = join(folder, `${basename(file, '.ndjson')}.parquet`);
      const temporary = `${target}.tmp`;
      await connection.run(
        `COPY (SELECT * FROM ${source} WHERE strftime("at", '%Y-%m-%d') = ${text(
          String(day),
        )} ORDER BY "at") TO ${text(
          temporary,
        )} (FORMAT parquet, COMPRESSION zstd)`,
      );
      await rename(temporary, target);
    }
  }
  await rm(file, { force: true });
  await rm(sidecar, { force: true });
}
