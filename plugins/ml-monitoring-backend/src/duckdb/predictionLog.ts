import type { DuckDBConnection } from '@duckdb/node-api';
import { literal, toNumber } from './openDuckDb';

/** Which predictions a window is made of. */
export type LogSlice = {
  /** Parquet, on this machine. */
  files: readonly string[];
  version: number;
  /** Only predictions after this time. */
  after?: string;
  /** Only predictions up to this time. */
  until?: string;
  /** Only the newest, this many at least: requests of many rows are not cut, half of one is no sample. */
  latest?: number;
};

export type LogWindow = { rows: number; from?: string; to?: string };

const TIME = `strftime(%, '%Y-%m-%dT%H:%M:%S.%fZ')`;

/**
 * Makes the relation `logged` of the predictions of a slice.
 *
 * @remarks
 * Which files there are is said, so that one written meanwhile does not change the numbers half-way. A prediction
 * written out of order, later than a window that covers its time, is missed: windows are samples, not accounts.
 */
export async function openLog(
  connection: DuckDBConnection,
  slice: LogSlice,
): Promise<LogWindow> {
  const { files, version, after, until, latest } = slice;
  if (!files.length) return { rows: 0 };

  const where = [
    `version = ${Math.trunc(version)}`,
    ...(after ? [`"at" > ${timestamp(after)}`] : []),
    ...(until ? [`"at" <= ${timestamp(until)}`] : []),
  ].join(' AND ');
  const select = `SELECT * FROM read_parquet([${files
    .map(literal)
    .join(
      ', ',
    )}], union_by_name = true, hive_partitioning = false) WHERE ${where}`;
  await connection.run(
    latest === undefined
      ? `CREATE OR REPLACE TEMP VIEW logged AS ${select}`
      : `CREATE OR REPLACE TEMP VIEW logged AS ${select} AND "at" >= (SELECT min("at") FROM (SELECT "at" FROM (${select}) ORDER BY "at" DESC LIMIT ${Math.trunc(
          latest,
        )}))`,
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

/**
 * The time before the newest rows of `logged`: those after it are the newest rows, this many at least.
 *
 * @remarks
 * Rows of one request share their time, and stay together.
 */
export async function timeBefore(
  connection: DuckDBConnection,
  newest: number,
): Promise<string | undefined> {
  const oldest = 'min("at") - INTERVAL 1 MICROSECOND';
  const found = await connection.runAndReadAll(
    `SELECT ${TIME.replace(
      '%',
      oldest,
    )} FROM (SELECT "at" FROM logged ORDER BY "at" DESC LIMIT ${Math.trunc(
      newest,
    )})`,
  );
  const [time] = found.getRowsJS()[0];
  return typeof time === 'string' ? time : undefined;
}

function timestamp(text: string): string {
  return `${literal(text.replace(/Z$/, ''))}::TIMESTAMP`;
}
