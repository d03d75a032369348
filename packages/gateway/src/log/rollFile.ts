import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import {
  DuckDBDataChunk,
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBAppender,
  type DuckDBConnection,
  type DuckDBValue,
} from '@duckdb/node-api';
import { predictionIdOf } from '@downstage/plugin-ml-serving-common';
import type { Scalar } from '../tensors/tensors';
import { fromPayload } from './payload';
import {
  logColumns,
  segmentSchema,
  type LogLine,
  type Segment,
} from './segment';

const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
const identifier = (value: string) => `"${value.replaceAll('"', '""')}"`;
const chunkRows = 2048;

/**
 * Turns one closed file of the log into Parquet, one file a day, and removes it.
 *
 * @remarks
 * It may run twice, because the Parquet file is named after the open file. After a crash between writing and removing,
 * the same rows are written to the same place again. A torn last line, left by a crash, is skipped.
 */
export async function rollFile(options: {
  logDir: string;
  file: string;
}): Promise<void> {
  const { logDir, file } = options;
  const sidecar = file.replace(/\.ndjson$/, '.columns.json');
  if ((await stat(file)).size > 0) {
    const segment = segmentSchema.parse(
      JSON.parse(await readFile(sidecar, 'utf8')),
    );
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '512MB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    try {
      await loadLines(connection, segment, file);
      await writeDays(connection, segment, { logDir, file });
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
  await rm(file, { force: true });
  await rm(sidecar, { force: true });
}

async function loadLines(
  connection: DuckDBConnection,
  segment: Segment,
  file: string,
) {
  const columns = logColumns(segment);
  await connection.run(
    `CREATE TABLE logged (${columns
      .map(({ name, type }) => `${identifier(name)} ${type}`)
      .join(', ')})`,
  );
  const appender = await connection.createAppender('logged');
  let table = columns.map((): Scalar[] => []);
  let rows = 0;
  const add = (count: number, valuesOf: (name: string) => Scalar[]) => {
    columns.forEach(({ name }, index) => {
      const values = valuesOf(name);
      for (let row = 0; row < count; row++) {
        table[index].push(values[row] ?? null);
      }
    });
    rows += count;
  };
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Infinity,
  });
  for await (const line of lines) {
    const parsed = parseLine(line);
    if (!parsed) continue;
    const { count, valuesOf } = columnsOf(parsed, segment);
    add(count, valuesOf);
    if (rows < chunkRows) continue;
    append(appender, columns, table);
    table = columns.map(() => []);
    rows = 0;
  }
  append(appender, columns, table);
  appender.closeSync();
}

function parseLine(line: string): Record<string, Scalar> | LogLine | undefined {
  if (!line.trim()) return undefined;
  try {
    const parsed = JSON.parse(line);
    return Number.isNaN(Date.parse(parsed.at)) ? undefined : parsed;
  } catch {
    return undefined; // torn by a crash
  }
}

/** A line of today is a request with its tensors; a line of earlier gateways is a row. */
function columnsOf(
  line: Record<string, Scalar> | LogLine,
  segment: Segment,
): { count: number; valuesOf: (name: string) => Scalar[] } {
  if (!Array.isArray(line.parts)) {
    const row = line as Record<string, Scalar>;
    return { count: 1, valuesOf: name => [row[name] ?? null] };
  }
  const { parts, data, rows, prediction_id: id, ...common } = line as LogLine;
  const tensors = fromPayload({
    features: segment.features,
    parts,
    payload: Buffer.from(data, 'base64'),
    rows,
  });
  const shared: Record<string, Scalar> = { ...common };
  return {
    count: rows,
    valuesOf: name => {
      const values = tensors.get(name);
      if (values) return values;
      if (name === 'row') return Array.from({ length: rows }, (_, row) => row);
      if (name === 'prediction_id') {
        return Array.from({ length: rows }, (_, row) =>
          predictionIdOf(id, row),
        );
      }
      return new Array<Scalar>(rows).fill(
        Object.hasOwn(shared, name) ? shared[name] : null,
      );
    },
  };
}

function append(
  appender: DuckDBAppender,
  columns: { name: string; type: string }[],
  table: Scalar[][],
) {
  const total = table[0].length;
  const types = columns.map((_, index) => appender.columnType(index));
  for (let from = 0; from < total; from += chunkRows) {
    const chunk = DuckDBDataChunk.create(types);
    chunk.setColumns(
      columns.map(({ type }, index) =>
        table[index]
          .slice(from, from + chunkRows)
          .map(value => toDuckDb(type, value)),
      ),
    );
    appender.appendDataChunk(chunk);
  }
}

const largestBig = 2n ** 63n - 1n;

/** A value that the type cannot hold is missing, never another value. */
function toDuckDb(type: string, value: Scalar): DuckDBValue {
  if (value === null) return null;
  switch (type) {
    case 'TIMESTAMP':
      return new DuckDBTimestampValue(
        BigInt(Date.parse(String(value))) * 1000n,
      );
    case 'BIGINT': {
      if (typeof value === 'boolean') return BigInt(value);
      if (typeof value === 'number' && !Number.isInteger(value)) return null;
      const big = /^-?\d+$/.test(String(value))
        ? BigInt(String(value))
        : BigInt(Number(value));
      return big > largestBig || big < -largestBig ? null : big;
    }
    case 'BOOLEAN':
      return Boolean(value);
    case 'VARCHAR':
      return String(value);
    default:
      return Number(value);
  }
}

async function writeDays(
  connection: DuckDBConnection,
  segment: Segment,
  { logDir, file }: { logDir: string; file: string },
) {
  const days = await connection.runAndReadAll(
    `SELECT DISTINCT strftime("at", '%Y-%m-%d') AS day FROM logged`,
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
      `COPY (SELECT * FROM logged WHERE strftime("at", '%Y-%m-%d') = ${text(
        String(day),
      )} ORDER BY "at") TO ${text(
        temporary,
      )} (FORMAT parquet, COMPRESSION zstd)`,
    );
    await rename(temporary, target);
  }
}
