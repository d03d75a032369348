import type {
  LedgerAction,
  LedgerEntry,
} from '@downstage/plugin-ml-registry-common';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { z } from 'zod';
import { modelRefOf } from '../kernel/refs';
import { type Sql, byBytes } from '../kernel/database/sql';
import { wholeOnce, type PageRequest } from '../search/keyset';
import {
  chunks,
  optional,
  optionalNumber,
  type Database,
} from '../kernel/database/database';

/** What a change says of itself; the ledger adds the number. */
export type NewLedgerEntry = {
  /** ISO. */
  at: string;
  actor: string;
  action: LedgerAction;
  version?: number;
  from?: string;
  to?: string;
  message: string;
  details?: JsonObject;
  /** Somebody went past a gate. */
  flagged?: boolean;
  /** Of a rename alone: what the model was called before. */
  formerName?: string;
};

/** Told of every entry inside the transaction that writes it; what it throws undoes the change. */
export type LedgerHook = (
  tx: Knex.Transaction,
  entry: LedgerEntry,
) => Promise<void>;

export type LedgerFilter = {
  name?: string;
  actor?: string;
  action?: LedgerAction;
  version?: number;
  /** ISO, inclusive. */
  from?: string;
  /** ISO, exclusive. */
  to?: string;
  flagged?: boolean;
  where?: Sql[];
  /** With a name: only entries of the model that has it, not those of one that had it before. */
  own?: boolean;
};

type LedgerRow = {
  id: number;
  name: string;
  former_name: string | null;
  at: string;
  actor: string;
  action: string;
  version: number | null;
  from_stage: string | null;
  to_stage: string | null;
  message: string;
  details: string | null;
  flagged: boolean | number;
};

/** Entries that decide what was in production when; the index `ledger_production_idx` says the same. */
const movesSql =
  "(to_stage = 'production' OR from_stage = 'production' OR action IN ('renamed', 'deleted', 'version-deleted'))";

const detailsSchema = z.record(z.string(), z.unknown());

/**
 * The ledger of all models. Rows are only ever added: the database refuses anything else. A model keeps its entries
 * through renames and after it was deleted.
 */
export class LedgerStore {
  readonly #knex: Knex;
  readonly #onAppend: LedgerHook | undefined;

  constructor(knex: Knex, options: { onAppend?: LedgerHook } = {}) {
    this.#knex = knex;
    this.#onAppend = options.onAppend;
  }

  /** Writes one entry in the transaction of the change it tells of. */
  async append(
    tx: Knex.Transaction,
    name: string,
    entry: NewLedgerEntry,
  ): Promise<void> {
    const [row]: LedgerRow[] = await tx('ledger')
      .insert({
        name,
        former_name: entry.formerName ?? null,
        at: entry.at,
        actor: entry.actor,
        action: entry.action,
        version: entry.version ?? null,
        from_stage: entry.from ?? null,
        to_stage: entry.to ?? null,
        message: entry.message,
        details: entry.details ? JSON.stringify(entry.details) : null,
        flagged: entry.flagged ?? false,
      })
      .returning('*');
    await this.#onAppend?.(tx, toEntry(row));
  }

  /** Newest first, from below `before`. A model is found by every name it ever had. */
  async list(
    filter: LedgerFilter,
    page: { before?: number; limit: number },
  ): Promise<LedgerEntry[]> {
    const { query } = await this.#filtered(filter);
    if (page.before !== undefined) query.where('id', '<', page.before);
    const rows: LedgerRow[] = await query
      .orderBy('id', 'desc')
      .limit(page.limit);
    return rows.map(toEntry);
  }

  /** Newest first; the cursor is the number of the last entry shown. */
  async page(
    filter: LedgerFilter,
    { cursor, limit = wholeOnce }: PageRequest,
  ): Promise<{ items: LedgerEntry[]; nextCursor?: string }> {
    const found = await this.list(filter, {
      ...(cursor && { before: Number(cursor) }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    return {
      items,
      ...(found.length > limit && { nextCursor: String(items[limit - 1].id) }),
    };
  }

  /** Every matching entry, oldest first, a thousand at a time. */
  async *all(filter: LedgerFilter): AsyncGenerator<LedgerEntry[]> {
    let after = 0;
    for (;;) {
      const { query } = await this.#filtered(filter);
      const rows: LedgerRow[] = await query
        .where('id', '>', after)
        .orderBy('id')
        .limit(1000);
      if (!rows.length) return;
      yield rows.map(toEntry);
      after = rows[rows.length - 1].id;
    }
  }

  /**
   * The entries that say who came into production and who left it, oldest first. Every name is as it was then. The
   * renames and deletions that `productionPeriods` follows are among them.
   */
  async productionMoves(
    filter: Pick<LedgerFilter, 'name' | 'where' | 'own'> = {},
  ): Promise<{ entry: LedgerEntry; formerName?: string }[]> {
    const { query } = await this.#filtered(filter);
    const rows: LedgerRow[] = await query.whereRaw(movesSql).orderBy('id');
    return toMoves(rows);
  }

  /**
   * The same for some models, and for those whose names they had or gave up: all that decides what they were called.
   * With a span, everything that was over before it or began after it is left out. The move into production on either
   * side stays. So the answer does not grow with how long a model has been there. Models that were renamed or deleted
   * come whole.
   */
  async productionMovesOf(
    names: string[],
    span?: { from: string; to: string },
  ): Promise<{ entry: LedgerEntry; formerName?: string }[]> {
    const known = new Set(names);
    const whole = new Set(span ? [] : names);
    let fresh = names;
    while (fresh.length) {
      const found = new Set<string>();
      for (const part of chunks(fresh)) {
        const renames: { name: string; former_name: string | null }[] =
          await this.#knex('ledger')
            .whereIn('action', ['renamed', 'deleted'])
            .where(either =>
              either.whereIn('name', part).orWhereIn('former_name', part),
            )
            .select('name', 'former_name');
        for (const { name, former_name: former } of renames) {
          for (const one of former === null ? [name] : [name, former]) {
            whole.add(one);
            if (!known.has(one)) found.add(one);
          }
        }
      }
      for (const one of found) known.add(one);
      fresh = [...found];
    }
    const rows: LedgerRow[] = [];
    for (const part of chunks([...whole])) {
      const found: LedgerRow[] = await this.#knex<LedgerRow>('ledger')
        .whereIn('name', part)
        .whereRaw(movesSql);
      rows.push(...found);
    }
    if (span) {
      for (const part of chunks(names.filter(name => !whole.has(name)))) {
        rows.push(...(await this.#movesWithin(part, span)));
      }
    }
    return toMoves(rows.sort((a, b) => Number(a.id) - Number(b.id)));
  }

  /** From the last move into production before the span to the first one after it. */
  async #movesWithin(
    names: string[],
    { from, to }: { from: string; to: string },
  ): Promise<LedgerRow[]> {
    const name = byBytes(this.#knex, 'name');
    const entered = (when: string) =>
      `(SELECT id FROM ledger WHERE ${name} = asked.name AND ${movesSql} AND to_stage = 'production' AND action NOT LIKE 'promotion-%' AND ${when} LIMIT 1)`;
    return this.#knex
      .with(
        'asked',
        ['name'],
        this.#knex.raw(`VALUES ${names.map(() => '(?)').join(', ')}`, names),
      )
      .withMaterialized(
        'bounds',
        ['name', 'first', 'last'],
        // One row of the index `ledger_production_idx` for each; materialized, or PostgreSQL looks for every move.
        this.#knex.raw(
          `SELECT name, ${entered('at <= ? ORDER BY at DESC')}, ${entered(
            'at > ? ORDER BY at',
          )} FROM asked`,
          [from, to],
        ),
      )
      .from<LedgerRow>('ledger')
      .join('bounds', 'bounds.name', 'ledger.name')
      .whereRaw('ledger.id >= COALESCE(bounds.first, 0)')
      .whereRaw('ledger.id <= COALESCE(bounds.last, ledger.id)')
      .whereRaw(movesSql)
      .select<LedgerRow[]>('ledger.*');
  }

  /** Names under which some version came into production or left it before a moment, by their bytes. */
  async namesInProduction(options: {
    from?: string;
    before: string;
    after?: string;
    limit: number;
    where?: Sql[];
  }): Promise<string[]> {
    const name = byBytes(this.#knex, 'name');
    const query = this.#knex('ledger')
      .select(this.#knex.raw(`${name} AS name`))
      .whereRaw(movesSql)
      // A model that was renamed later moved under the name before.
      .where(either =>
        either
          .where('action', 'renamed')
          .orWhere(moved =>
            moved
              .where('at', '>', options.from ?? '')
              .where('at', '<=', options.before),
          ),
      )
      .groupByRaw(name)
      .orderByRaw(name)
      .limit(options.limit);
    if (options.after !== undefined) {
      query.whereRaw(`${name} > ?`, [options.after]);
    }
    for (const { sql, bindings } of options.where ?? []) {
      query.whereRaw(sql, bindings);
    }
    const rows: { name: string }[] = await query;
    return rows.map(row => row.name);
  }

  /** Versions of a model that came into production, the latest one first. */
  async enteredProduction(db: Database, name: string): Promise<number[]> {
    const deleted: { id: number } | undefined = await db('ledger')
      .where({ name, action: 'deleted' })
      .orderBy('id', 'desc')
      .first('id');
    const rows: { version: number | null }[] = await db('ledger')
      .whereRaw(...(await this.#ofModel(db, name)))
      // A model of the same name that is no more shares nothing with this one.
      .where('id', '>', deleted?.id ?? 0)
      .where('to_stage', 'production')
      .whereNot('action', 'like', 'promotion-%')
      // Nobody approved such a version, so a rollback must not bring it back.
      .whereNot('action', 'break-glass')
      .orderBy('id', 'desc')
      .select('version');
    return [
      ...new Set(
        rows.flatMap(({ version }) => (version === null ? [] : [version])),
      ),
    ];
  }

  async #filtered(filter: LedgerFilter) {
    const query = this.#knex<LedgerRow>('ledger');
    const { name, actor, action, version, from, to, flagged, own } = filter;
    if (name) query.whereRaw(...(await this.#ofModel(this.#knex, name, own)));
    if (actor) query.where({ actor });
    if (action) query.where({ action });
    if (version !== undefined) query.where({ version });
    if (from) query.where('at', '>=', from);
    if (to) query.where('at', '<', to);
    if (flagged !== undefined) query.where({ flagged });
    for (const part of filter.where ?? []) {
      query.whereRaw(part.sql, part.bindings);
    }
    // Wrapped, because awaiting a query runs it.
    return { query };
  }

  /**
   * The model under this name and under the names it had before. An earlier name counts only up to the rename, so
   * that a model which took it over afterwards stays out. The rename itself is found under both.
   */
  async #ofModel(
    db: Database,
    name: string,
    own = false,
  ): Promise<[sql: string, bindings: (string | number)[]]> {
    const parts = own
      ? [`(name = ? AND ${keepsItsName()})`]
      : ['name = ? OR former_name = ?'];
    const bindings: (string | number)[] = own ? [name] : [name, name];
    const seen = new Set([name]);
    let current = { name, below: 2_147_483_647 };
    for (;;) {
      const rename: { id: number; former_name: string | null } | undefined =
        await db('ledger')
          .where({ name: current.name, action: 'renamed' })
          .where('id', '<', current.below)
          .orderBy('id', 'desc')
          .first('id', 'former_name');
      if (!rename?.former_name || seen.has(rename.former_name)) break;
      seen.add(rename.former_name);
      parts.push(
        own
          ? `(name = ? AND id < ? AND ${keepsItsName('AND later.id < ?')})`
          : '(name = ? AND id < ?)',
      );
      bindings.push(rename.former_name, rename.id);
      if (own) bindings.push(rename.id);
      current = { name: rename.former_name, below: rename.id };
    }
    return [`(${parts.join(' OR ')})`, bindings];
  }
}

/**
 * Whether the model of an entry has the entry's name still: it was neither renamed nor deleted afterwards. Another model
 * may have the name by now, and who sees that one need not see the first.
 */
export function keepsItsName(within = ''): string {
  return `NOT EXISTS (SELECT 1 FROM ledger later WHERE later.id > ledger.id ${within} AND ((later.action = 'renamed' AND later.former_name = ledger.name) OR (later.action = 'deleted' AND later.name = ledger.name)))`;
}

function toMoves(
  rows: LedgerRow[],
): { entry: LedgerEntry; formerName?: string }[] {
  return rows
    .filter(row => !row.action.startsWith('promotion-'))
    .map(row => ({
      entry: toEntry(row),
      formerName: optional(row.former_name),
    }));
}

function toEntry(row: LedgerRow): LedgerEntry {
  return {
    id: Number(row.id),
    name: row.name,
    modelRef: modelRefOf(row.name),
    at: row.at,
    actor: row.actor,
    action: row.action,
    version: optionalNumber(row.version),
    from: optional(row.from_stage),
    to: optional(row.to_stage),
    message: row.message,
    details:
      row.details === null
        ? undefined
        : detailsSchema.parse(JSON.parse(row.details)),
    flagged: Boolean(row.flagged),
  };
}
