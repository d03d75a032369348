import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import type { DuckDBConnection } from '@duckdb/node-api';
import { literal, toNumber } from './openDuckDb';

/** Which predictions a window is made of. */
export type LogSlice = {
  parquetGlob: string;
  version: number;
  /** Only predictions after this time. */
  after?: string;
  /** Only the newest, this many. */
  latest?: number;
};

export type LogWindow = { rows: number; from?: string; to?: string };

const TIME = `strftime(%, '%Y-%m-%dT%H:%M:%S.%fZ')`;

/**
 * Makes the relation `logged` of the predictions of a slice.
 *
 * @remarks
 * The files are listed once, so that a file written meanwhile does not change the numbers half-way. Files of
 * earlier days and other versions are not opened. A prediction written out of order, later than a window that
 * covers its time, is missed: windows are samples, not accounts.
 */
export async function openLog(
  connection: DuckDBConnection,
  slice: LogSlice,
): Promise<LogWindow> {
  const { parquetGlob, version, after, latest } = slice;
  const listed = await connection.runAndReadAll('SELECT file FROM glob($1)', [
    parquetGlob,
  ]);
  const files = listed
    .getRowsJS()
    .map(([file]) => String(file))
    .filter(file => mayHold(file, { version, after }));
  if (!files.length) return { rows: 0 };

  const where = [
    `version = ${Math.trunc(version)}`,
    ...(after ? [`"at" > ${timestamp(after)}`] : []),
  ].join(' AND ');
  const select = `SELECT * FROM read_parquet([${files
    .map(literal)
    .join(
      ', ',
    )}], union_by_name = true, hive_partitioning = false) WHERE ${where}`;
  await connection.run(
    latest === undefined
      ? `CREATE OR REPLACE TEMP VIEW logged AS ${select}`
      : `CREATE OR REPLACE TEMP VIEW logged AS ${select} ORDER BY "at" DESC LIMIT ${Math.trunc(
          latest,
        )}`,
  );
  const figures = await connection.runAndReadAll(
    `SELECT count(*), ${TIME.replace('%', 'min("at")')}, ${TIME.replace(
      '%',
      'max("at")',
    )} FROM logged`,
  );
  const [rows, from, to] = figures.getRowsJS()[0];
  return {
    rows: toNumber(rows) ?? 0,
    ...(typeof from === 'string' && { from }),
    ...(typeof to === 'string' && { to }),
  };
}

/** Predictions of a version that are still NDJSON: a line of many rows says so first, any other is one row. */
export async function countOpenRows(
  files: readonly string[],
  version: number,
): Promise<number> {
  let rows = 0;
  for (const file of files) {
    const named = /^v(\d+)-/.exec(basename(file));
    if (named && Number(named[1]) !== version) continue;
    try {
      const lines = createInterface({ input: createReadStream(file) });
      for await (const line of lines) {
        const [, count = 1] = /^\{"rows":(\d+),/.exec(line) ?? [];
        if (line.endsWith('}')) rows += Number(count);
      }
    } catch {
      // Rolled since it was listed: its rows are in Parquet now.
    }
  }
  return rows;
}

function mayHold(
  file: string,
  wanted: { version: number; after?: string },
): boolean {
  const version = /[\\/]v(\d+)[\\/]/.exec(file);
  if (version && Number(version[1]) !== wanted.version) return false;
  const day = /[\\/]date=(\d{4}-\d{2}-\d{2})[\\/]/.exec(file);
  return !day || !wanted.after || day[1] >= wanted.after.slice(0, 10);
}

function timestamp(text: string): string {
  return `${literal(text.replace(/Z$/, ''))}::TIMESTAMP`;
}
