import type { Knex } from 'knex';
import { isPostgres } from './database';

/** The file behind a SQLite database; `undefined` for PostgreSQL and for a database in memory. */
export function sqliteFileOf(knex: Knex): string | undefined {
  if (isPostgres(knex)) return undefined;
  const connection: unknown = knex.client.config.connection;
  if (typeof connection !== 'object' || connection === null) return undefined;
  const file = 'filename' in connection ? connection.filename : undefined;
  return typeof file === 'string' && file !== '' && file !== ':memory:'
    ? file
    : undefined;
}

/**
 * Makes readers and the writer of a SQLite file independent of each other. Gives the planner figures where there are
 * none. A commit is still on disk when it is answered: `synchronous` stays FULL. Does nothing on PostgreSQL.
 */
export async function tuneSqlite(knex: Knex): Promise<void> {
  if (!sqliteFileOf(knex)) return;
  await knex.raw('PRAGMA journal_mode = WAL');
  await knex.raw('PRAGMA busy_timeout = 20000');
  await knex.raw('PRAGMA cache_size = -65536');
  await knex.raw('PRAGMA analysis_limit = 1000');
  await knex.raw('PRAGMA optimize = 0x10002');
}
