import { oneOfMany } from '@downstage/node';
import type { Knex } from 'knex';
import { isPostgres } from './database';

/** A piece of SQL and what is bound to its question marks. */
export type Sql = { sql: string; bindings: Knex.RawBinding[] };

/** Text sorts by bytes on every database, as clients expect. */
export function byBytes(database: Knex, sql: string): string {
  return isPostgres(database) ? `(${sql}) COLLATE "C"` : sql;
}

/** One binding however many values there are: databases count them. */
export function oneOf(knex: Knex, expression: string, values: string[]): Sql {
  const { sql, binding } = oneOfMany(knex, values);
  return { sql: `(${expression} ${sql})`, bindings: [binding] };
}

/** The same of names in small letters, whatever the case of those in the table. */
export function isOneOf(knex: Knex, expression: string, names: string[]): Sql {
  return oneOf(knex, `LOWER(${expression})`, names);
}
