import type { Knex } from 'knex';
import type { Int64 } from '../int64';

/**
 * Columns of 64 bits as text, because SQLite's driver hands out numbers, which lose digits beyond 2^53. Order by the
 * columns with their table's name before them: bare names would mean these texts.
 */
export function int64Columns(
  database: Knex,
  table: string,
  columns: readonly string[],
): Knex.Raw[] {
  return columns.map(column =>
    database.raw('CAST(??.?? AS TEXT) AS ??', [table, column, column]),
  );
}

/** What both engines' drivers bind without losing a digit: knex knows no bigint, the columns read digits. */
export function int64Bound(value: Int64): number | string {
  return typeof value === 'bigint' ? String(value) : value;
}
