import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/** DuckDB's calls occupy the file threads of the process, of which there are four: one at a time leaves three. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a task on an in-memory DuckDB of its own, after those that were asked for before.
 *
 * @remarks
 * DuckDB works on its own threads, so the portal goes on answering meanwhile. Memory is capped: a window
 * that does not fit spills or fails, it does not take the portal with it.
 */
export async function withDuckDb<T>(
  task: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const before = last;
  const run = before.then(() => runNow(task));
  last = run.catch(() => {});
  return run;
}

async function runNow<T>(
  task: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '2',
    memory_limit: '1GB',
  });
  const connection = await instance.connect();
  try {
    return await task(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** A column or table name as SQL wants it. */
export function identifier(name: string): string {
  return `"${name.replace(/"/g, '""')}"`;
}

/** Text as SQL wants it, for the few places that take no bound value. */
export function literal(text: string): string {
  return `'${text.replace(/'/g, "''")}'`;
}

/** A number out of DuckDB: BIGINT comes as bigint, a missing value as null. */
export function toNumber(value: unknown): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'bigint') return Number(value);
  return undefined;
}
