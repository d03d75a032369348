import type { Knex } from 'knex';

/**
 * The end of a condition on a value that is one of many. It has one binding however many there are: databases count them.
 *
 * @example
 * ```ts
 * const { sql, binding } = oneOfMany(knex, names);
 * query.whereRaw(`name ${sql}`, [binding]);
 * ```
 */
export function oneOfMany(
  database: { client: { config: { client: unknown } } },
  values: readonly string[],
): { sql: string; binding: Knex.RawBinding } {
  return String(database.client.config.client) === 'pg'
    ? { sql: '= ANY(?::text[])', binding: [...values] }
    : {
        sql: 'IN (SELECT value FROM json_each(?))',
        binding: JSON.stringify(values),
      };
}
