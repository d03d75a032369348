import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import { z } from 'zod';

/** One term of an order; its value is never null. */
export type OrderTerm = {
  sql: string;
  bindings: Knex.RawBinding[];
  descending: boolean;
};

type Key = (string | number)[];

/** What a list is asked for: where the answer before ended, and how many. */
export type PageRequest = { cursor?: string; limit?: number };

/** How many a list answers that is not told; it once came whole. */
export const wholeOnce = 500;

/** Columns that are never null, in one direction. The last one has to identify a row. */
export function inOrder(
  columns: string[],
  direction: 'asc' | 'desc' = 'asc',
): OrderTerm[] {
  return columns.map(sql => ({
    sql,
    bindings: [],
    descending: direction === 'desc',
  }));
}

const tokenSchema = z.array(
  z.union([z.string(), z.number(), z.object({ infinity: z.number() })]),
);

/**
 * Reads one page in the given order, going on after the row that `pageToken`
 * names. The terms together must identify a row. Nothing is then skipped or
 * shown twice, however many rows share a value. `query` selects the columns.
 */
export async function readPage<Row extends object>(options: {
  database: Knex;
  query: Knex.QueryBuilder;
  terms: OrderTerm[];
  pageToken?: string;
  limit: number;
  /** What the terms before `terms` are for every row of the query; they stand in tokens and nowhere else. */
  fixed?: number[];
  /** Runs the query; searches that may take long bring their own. */
  read?: (
    query: Knex.QueryBuilder,
  ) => Promise<(Row & Record<string, string | number>)[]>;
}): Promise<{ rows: Row[]; nextPageToken?: string }> {
  const { database, query, terms, pageToken, limit, fixed = [] } = options;
  terms.forEach((term, index) => {
    query.select(
      database.raw(`${term.sql} AS page_key_${index}`, term.bindings),
    );
    query.orderByRaw(
      `${term.sql} ${term.descending ? 'DESC' : 'ASC'}`,
      term.bindings,
    );
  });
  if (pageToken) {
    const key = decode(pageToken, fixed.length + terms.length);
    const { sql, bindings } = after(terms, key.slice(fixed.length));
    query.whereRaw(sql, bindings);
  }
  query.limit(limit + 1);
  const rows: (Row & Record<string, string | number>)[] = options.read
    ? await options.read(query)
    : await query;
  const page = rows.slice(0, limit);
  const last = page[page.length - 1];
  if (rows.length <= limit || !last) return { rows: page };
  return {
    rows: page,
    nextPageToken: encode([
      ...fixed,
      ...terms.map((_, index) => last[`page_key_${index}`]),
    ]),
  };
}

/** Whether the token goes on among rows that begin with these values. */
export function isAmong(pageToken: string, fixed: number[], terms: number) {
  const key = decode(pageToken, fixed.length + terms);
  return fixed.every((value, index) => key[index] === value);
}

/**
 * (a, b, c) after (x, y, z), spelled out because directions may differ. That a is not before x follows, and is said
 * nevertheless: it lets an index begin in the right place.
 */
function after(terms: OrderTerm[], key: Key) {
  const alternatives: string[] = [];
  const bindings: Knex.RawBinding[] = [];
  terms.forEach((term, index) => {
    const equal = terms.slice(0, index).map((earlier, at) => {
      bindings.push(...earlier.bindings, key[at]);
      return `${earlier.sql} = ?`;
    });
    bindings.push(...term.bindings, key[index]);
    alternatives.push(
      `(${[...equal, `${term.sql} ${term.descending ? '<' : '>'} ?`].join(
        ' AND ',
      )})`,
    );
  });
  const [first] = terms;
  return {
    sql: `(${first.sql} ${
      first.descending ? '<=' : '>='
    } ? AND (${alternatives.join(' OR ')}))`,
    bindings: [...first.bindings, key[0], ...bindings],
  };
}

function encode(key: Key): string {
  const json = key.map(value =>
    typeof value === 'number' && !Number.isFinite(value)
      ? { infinity: Math.sign(value) }
      : value,
  );
  return Buffer.from(JSON.stringify(json)).toString('base64url');
}

function decode(token: string, length: number): Key {
  const invalid = new InputError(
    `Invalid page token, could not base64-decode '${token.slice(0, 80)}'`,
  );
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(token, 'base64url').toString('utf8'));
  } catch {
    throw invalid;
  }
  const parsed = tokenSchema.safeParse(json);
  if (!parsed.success || parsed.data.length !== length) throw invalid;
  return parsed.data.map(value =>
    typeof value === 'object' ? value.infinity * Infinity : value,
  );
}
