import { promises as fs } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';
import { InputError, toError } from '@backstage/errors';
import type {
  ColumnProfile,
  DatasetFormat,
} from '@downstage/plugin-ml-data-common';
import {
  aggregatesOf,
  classOf,
  countsBelow,
  histogramEdges,
  literal,
  quantileNames,
  quoted,
  valueOf,
  type FoundColumn,
} from './columnSql';

/** Above this many rows the distinct count is an estimate (HyperLogLog, about 2 % off). */
const exactUpTo = 100_000;
const fileColumn = '__downstage_file';

export type Profile = {
  rows: number;
  rowsPerFile: Map<string, number>;
  columns: ColumnProfile[];
};

/** What a query gives back: plain numbers, text and lists of numbers, never BigInt. */
type Row = Record<string, unknown>;

/**
 * Reads the files once into DuckDB's table and takes all figures of all columns from it.
 *
 * @remarks
 * DuckDB works on threads of its own, so the event loop stays free. It may read the given folder and nothing else
 * on this machine: a file cannot make it open another. One aggregate query gives the figures, a second the
 * histograms (their edges need the minimum and maximum first), and one per text column the most frequent values.
 */
export async function profileFiles(options: {
  folder: string;
  files: { path: string }[];
  format: DatasetFormat;
  /** A folder DuckDB may use when the data is larger than its memory; gone afterwards. */
  scratch: string;
  threads: number;
  memoryLimit: string;
}): Promise<Profile> {
  const { folder, files, format, scratch, threads, memoryLimit } = options;
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: String(threads),
    memory_limit: memoryLimit,
    temp_directory: scratch,
  });
  try {
    const connection = await instance.connect();
    try {
      await connection.run(
        `SET allowed_directories = [${literal(`${folder}/`)}]`,
      );
      await connection.run('SET enable_external_access = false');
      await load(connection, { folder, files, format });
      return await profile(connection, { folder, files });
    } finally {
      connection.closeSync();
    }
  } finally {
    instance.closeSync();
    await fs.rm(scratch, { recursive: true, force: true });
  }
}

async function load(
  connection: DuckDBConnection,
  options: {
    folder: string;
    files: { path: string }[];
    format: DatasetFormat;
  },
) {
  const { folder, files, format } = options;
  const list = `[${files
    .map(file => literal(join(folder, file.path)))
    .join(', ')}]`;
  const reader =
    format === 'csv'
      ? `read_csv(${list}, sample_size = -1, hive_partitioning = false, filename = '${fileColumn}')`
      : `read_parquet(${list}, hive_partitioning = false, filename = '${fileColumn}')`;
  // Text is parsed once; Parquet is read column by column where it lies.
  const kind = format === 'csv' ? 'TABLE' : 'VIEW';
  try {
    await connection.run(`CREATE TEMP ${kind} data AS SELECT * FROM ${reader}`);
  } catch (error) {
    throw unreadable(error, options);
  }
}

async function profile(
  connection: DuckDBConnection,
  options: { folder: string; files: { path: string }[] },
): Promise<Profile> {
  const { folder, files } = options;
  try {
    const columns: FoundColumn[] = (await query(connection, 'DESCRIBE data'))
      .map(row => ({
        name: String(row.column_name),
        type: String(row.column_type),
        class: classOf(String(row.column_type)),
      }))
      .filter(column => column.name !== fileColumn);
    const perFile = await query(
      connection,
      `SELECT ${fileColumn} AS file, count(*)::DOUBLE AS n FROM data GROUP BY 1`,
    );
    const rowsPerFile = new Map(
      files.map(({ path }) => [
        path,
        Number(perFile.find(row => row.file === join(folder, path))?.n ?? 0),
      ]),
    );
    const rows = [...rowsPerFile.values()].reduce((a, b) => a + b, 0);
    const [figures] = await query(
      connection,
      `SELECT ${columns
        .flatMap((column, i) =>
          aggregatesOf(column, i, { exactDistinct: rows <= exactUpTo }),
        )
        .join(', ')} FROM data`,
    );
    const edges = columns.map((column, i) => {
      const min = figures[`c${i}_min`];
      const max = figures[`c${i}_max`];
      return column.class === 'number' &&
        typeof min === 'number' &&
        typeof max === 'number'
        ? histogramEdges(min, max)
        : undefined;
    });
    const below = columns.flatMap((column, i) => {
      const own = edges[i];
      return own ? countsBelow(column, i, own) : [];
    });
    const [histograms] = below.length
      ? await query(connection, `SELECT ${below.join(', ')} FROM data`)
      : [{}];
    const profiles: ColumnProfile[] = [];
    for (const [i, column] of columns.entries()) {
      profiles.push({
        ...toFigures(column, { rows, index: i, figures }),
        ...histogramOf(i, edges[i], histograms),
        ...(column.class === 'category' && {
          topValues: await topValues(connection, column),
        }),
      });
    }
    return { rows, rowsPerFile, columns: profiles };
  } catch (error) {
    throw unreadable(error, options);
  }
}

function toFigures(
  column: FoundColumn,
  options: { rows: number; index: number; figures: Row },
): ColumnProfile {
  const { rows, index, figures } = options;
  const figure = (name: string) => figures[`c${index}_${name}`];
  const count = Number(figure('count'));
  const min = scalar(figure('min'));
  const max = scalar(figure('max'));
  const mean = finite(figure('mean'));
  const stddev = finite(figure('stddev'));
  const quantiles = figure('quantiles');
  return {
    name: column.name,
    type: column.type,
    count,
    nulls: rows - count,
    distinct: Math.min(Number(figure('distinct')), count),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(mean !== undefined && { mean }),
    ...(stddev !== undefined && { stddev }),
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

function histogramOf(
  index: number,
  edges: number[] | undefined,
  figures: Row,
): Pick<ColumnProfile, 'histogram'> {
  if (!edges) return {};
  const below = [
    0,
    ...edges.slice(1, -1).map((_, i) => Number(figures[`h${index}_${i}`])),
    Number(figures[`h${index}_all`]),
  ];
  return {
    histogram: {
      edges,
      counts: below.slice(1).map((value, i) => value - below[i]),
    },
  };
}

async function topValues(connection: DuckDBConnection, column: FoundColumn) {
  const rows = await query(
    connection,
    `SELECT left((${valueOf(
      column,
    )})::VARCHAR, 200) AS value, count(*)::DOUBLE AS n FROM data
     WHERE ${quoted(
       column.name,
     )} IS NOT NULL GROUP BY 1 ORDER BY n DESC, value LIMIT 10`,
  );
  return rows.map(row => ({ value: String(row.value), count: Number(row.n) }));
}

async function query(
  connection: DuckDBConnection,
  sql: string,
): Promise<Row[]> {
  return (await connection.runAndReadAll(sql)).getRowObjectsJS();
}

function scalar(value: unknown) {
  return typeof value === 'number' || typeof value === 'string'
    ? value
    : undefined;
}

function finite(value: unknown) {
  return typeof value === 'number' && Number.isFinite(value)
    ? value
    : undefined;
}

/** DuckDB's reason, without the place on this machine; hence without a cause, which messages are joined with. */
function unreadable(
  cause: unknown,
  options: { folder: string; files: { path: string }[] },
) {
  const [reason] = toError(cause)
    .message.replaceAll(`${options.folder}/`, '')
    .split('\n\n');
  const names = options.files.slice(0, 3).map(file => file.path);
  return new InputError(
    `The data could not be read (${names.join(', ')}${
      options.files.length > 3 ? ', …' : ''
    }): ${reason}`,
  );
}
