import type { Knex } from 'knex';

/** Either the database or a transaction on it. */
export type Database = Knex | Knex.Transaction;

export function isPostgres(database: Database): boolean {
  return database.client.config.client === 'pg';
}

/** PostgreSQL hands bigints out as strings; both engines end here as numbers. */
export function toNumber(value: unknown): number {
  return Number(value);
}

/** An absent column as `undefined`. */
export function optional<T>(value: T | null | undefined): T | undefined {
  return value ?? undefined;
}

export function optionalNumber(value: unknown): number | undefined {
  return value === null || value === undefined ? undefined : Number(value);
}

/** Both engines limit what one statement may bind; 200 rows stay below. */
export function chunks<T>(items: T[], size = 200): T[][] {
  const result: T[][] = [];
  for (let at = 0; at < items.length; at += size) {
    result.push(items.slice(at, at + size));
  }
  return result;
}

/** Ids of experiments as their column has them; what is no id is left out. */
export function experimentNumbers(experimentIds: string[]): number[] {
  return experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number);
}

/** Groups rows by a key, in order. */
export function groupBy<T>(
  items: T[],
  key: (item: T) => string,
): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const name = key(item);
    const group = groups.get(name);
    if (group) group.push(item);
    else groups.set(name, [item]);
  }
  return groups;
}

/** Locks rows where the engine has row locks. SQLite has one writer at a time. */
export function forUpdate<Q extends Knex.QueryBuilder>(
  tx: Knex.Transaction,
  query: Q,
): Q {
  if (isPostgres(tx)) query.forUpdate();
  return query;
}
