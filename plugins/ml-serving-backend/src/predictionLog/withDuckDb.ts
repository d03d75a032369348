import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api';

/** DuckDB's calls occupy the file threads of the process, of which there are four: one at a time leaves three. */
let last: Promise<unknown> = Promise.resolve();

/**
 * Runs a task on an in-memory DuckDB of its own, after those that were asked for before.
 *
 * @param signal - the task does not begin once it is aborted: a caller who has gone holds up nobody behind them
 */
export async function withDuckDb<T>(
  task: (connection: DuckDBConnection) => Promise<T>,
  signal?: AbortSignal,
): Promise<T> {
  const run = last.then(() => runNow(task, signal));
  last = run.catch(() => {});
  return run;
}

async function runNow<T>(
  task: (connection: DuckDBConnection) => Promise<T>,
  signal: AbortSignal | undefined,
): Promise<T> {
  signal?.throwIfAborted();
  const instance = await DuckDBInstance.create(':memory:', {
    threads: '1',
    memory_limit: '512MB',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  });
  const connection = await instance.connect();
  try {
    return await task(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}
