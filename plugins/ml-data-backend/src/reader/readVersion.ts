import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { InputError, toError } from '@backstage/errors';
import type {
  ColumnProfile,
  DatasetDialect,
  DatasetFormat,
} from '@downstage/plugin-ml-data-common';
import { listed } from '@downstage/common';
import { literal } from '../profile/columnSql';
import { profileTable } from '../profile/profileTable';
import { findPartitions, type Partitions } from './partitions';
import { readCsv } from './readCsv';
import { readParquet } from './readParquet';

/** How far a reading is. */
export type ReadProgress = {
  step: 'reading' | 'profiling';
  done: number;
  /** Bytes while reading, columns while profiling. */
  of: number;
};

/** What is to be read, and how somebody said that it is written. */
export type ReadOptions = {
  /** Everything that is read lies below. */
  folder: string;
  files: {
    path: string;
    size?: number;
    /** Only its beginning is there; a record that is cut off at its end is left out. */
    truncated?: boolean;
  }[];
  format: DatasetFormat;
  dialect?: DatasetDialect;
  /** The columns as the entity declares them. */
  fields: { name: string; type?: string }[];
  /** A folder to write in; gone afterwards. */
  scratch: string;
  /** Where the table goes, when the files are not the table themselves. Made when it is needed. */
  tableFolder: string;
  threads: number;
  memoryLimit: string;
};

/** What the readers of the formats get. */
export type ReadRequest = ReadOptions & {
  partitions: Partitions;
  onBytes: (count: number) => void;
};

/** A table on its way: the queries that give its rows, one after the other; none when the files are the table. */
export type TableParts = {
  parts: string[] | undefined;
  rows: number;
  rowsPerFile: Record<string, number>;
  /** How many values each column must have, in their order; `undefined` where any text is one. */
  values?: (number | undefined)[];
  dialect?: DatasetDialect;
  notes: string[];
};

/** A version as it was read. Plain data: it crosses from one process to another. */
export type ReadResult = {
  rows: number;
  rowsPerFile: Record<string, number>;
  columns: ColumnProfile[];
  /** How the text was found to be written. */
  dialect?: DatasetDialect;
  /** What a person should know: columns joined, lines left out, digits that do not fit. */
  notes: string[];
  /** The files of the table in `tableFolder`; none when the files of the version are the table. */
  tables: string[];
};

/**
 * Reads the files of a version into one table and takes the figures of all columns from it.
 *
 * @remarks
 * This is the only place where the files of a dataset are understood. It makes a table of them, in Parquet, with every
 * value in its type. Profiles, checks, baselines and jobs read that table afterwards: nobody else has to know a
 * delimiter. DuckDB may read and write the given folders and nothing else on this machine.
 *
 * @throws InputError with file, line, what was found and what is allowed
 */
export async function readVersion(
  options: ReadOptions & { onProgress?: (progress: ReadProgress) => void },
): Promise<ReadResult> {
  const { tableFolder, onProgress } = options;
  await fs.rm(tableFolder, { recursive: true, force: true });
  await fs.mkdir(tableFolder, { recursive: true });
  try {
    return await onDuckDb(options, connection => read(connection, options));
  } finally {
    const empty = await fs.readdir(tableFolder);
    if (!empty.length) await fs.rmdir(tableFolder);
    onProgress?.({ step: 'profiling', done: 1, of: 1 });
  }
}

/**
 * Runs a task on a DuckDB of its own. This DuckDB may read and write the folders of the options and nothing else.
 *
 * @throws InputError with DuckDB's reason, without the place on this machine
 */
export async function onDuckDb<T>(
  options: ReadOptions,
  task: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const { folder, scratch, tableFolder } = options;
  await fs.rm(scratch, { recursive: true, force: true });
  await fs.mkdir(scratch, { recursive: true });
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: String(options.threads),
    memory_limit: options.memoryLimit,
    temp_directory: join(scratch, 'spill'),
  });
  try {
    const connection = await instance.connect();
    try {
      const places = [folder, scratch, tableFolder];
      await connection.run(
        `SET allowed_directories = [${places
          .map(place => literal(`${place}/`))
          .join(', ')}]`,
      );
      await connection.run("SET TimeZone = 'UTC'");
      // A wide table is opened once for every batch of its columns.
      await connection.run('SET parquet_metadata_cache = true');
      await connection.run('SET enable_external_access = false');
      return await task(connection);
    } catch (error) {
      throw explained(error, options);
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

async function read(
  connection: DuckDBConnection,
  options: ReadOptions & { onProgress?: (progress: ReadProgress) => void },
): Promise<ReadResult> {
  const { folder, files, format, tableFolder, onProgress } = options;
  const bytes = files.reduce((sum, file) => sum + (file.size ?? 0), 0);
  let done = 0;
  const request: ReadRequest = {
    ...options,
    partitions: findPartitions(files.map(file => file.path)),
    onBytes: count => {
      done += count;
      onProgress?.({ step: 'reading', done: Math.min(done, bytes), of: bytes });
    },
  };
  const { parts, values, ...found } =
    format === 'csv'
      ? await readCsv(connection, request)
      : await readParquet(connection, request);
  const tables: string[] = [];
  for (const [i, sql] of (parts ?? []).entries()) {
    const name = `part-${String(i).padStart(5, '0')}.parquet`;
    await connection.run(
      `COPY (${sql}) TO ${literal(
        join(tableFolder, name),
      )} (FORMAT parquet, COMPRESSION zstd)`,
    );
    tables.push(name);
  }
  const paths = parts
    ? tables.map(name => join(tableFolder, name))
    : files.map(file => join(folder, file.path));
  const { rows, columns } = await profileTable(connection, {
    paths,
    onColumns: (count, of) =>
      onProgress?.({ step: 'profiling', done: count, of }),
  });
  if (rows !== found.rows) {
    throw new InputError(
      `The files have ${found.rows} rows, but ${rows} were read: this is a fault of the reader, and nothing is registered`,
    );
  }
  columns.forEach(({ name, count }, i) => {
    const expected = values?.[i];
    if (expected !== undefined && expected !== count) {
      throw new InputError(
        `Column '${name}' has ${expected} values in the files, but ${count} were read: this is a fault of the reader, and nothing is registered`,
      );
    }
  });
  return { ...found, columns, tables };
}

/** DuckDB's reason, without the place on this machine; hence without a cause, which messages are joined with. */
function explained(cause: unknown, options: ReadOptions) {
  const error = toError(cause);
  if (error.name === 'InputError') return error;
  const [reason] = [options.folder, options.scratch, options.tableFolder]
    .reduce(
      (text, place) => text.replaceAll(`${place}/`, '').replaceAll(place, ''),
      error.message,
    )
    .split('\n\n');
  const names = options.files.map(file => file.path);
  return Object.assign(
    new InputError(
      `The data could not be read (${listed(names, { most: 3 })}): ${reason}`,
    ),
    { code: 'ml-data.unreadable' },
  );
}
