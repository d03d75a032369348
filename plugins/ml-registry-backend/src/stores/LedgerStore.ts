import type {
  LedgerAction,
  LedgerEntry,
} from '@downstage/plugin-ml-registry-common';
import type { JsonObject } from '@backstage/types';
import type { Knex } from 'knex';
import { z } from 'zod';
import { modelRefOf } from '../domain/refs';
import { optional, optionalNumber, type Database } from './database';

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
    if (entry.version !== undefined) {
      // Whatever is worth an entry may change what gates say. Without its ticket a look under way is repeated.
      await tx('version_checks')
        .where({ name, version: entry.version })
        .update({ next_reconcile_at: entry.at, ticket: null });
    }
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
   * The entries that say who came into production and who left it, oldest first, with every name as it was then and
   * the renames and deletions that `productionPeriods` follows.
   */
  async productionMoves(
    filter: { name?: string } = {},
  ): Promise<{ entry: LedgerEntry; formerName?: string }[]> {
    const { query } = await this.#filtered(filter);
    const rows: LedgerRow[] = await query
      .where(builder =>
        builder
          .where('to_stage', 'production')
          .orWhere('from_stage', 'production')
          .orWhereIn('action', ['renamed', 'deleted', 'version-deleted']),
      )
      .orderBy('id');
    return rows
      .filter(row => !row.action.startsWith('promotion-'))
      .map(row => ({
        entry: toEntry(row),
        formerName: optional(row.former_name),
      }));
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
    const { name, actor, action, version, from, to, flagged } = filter;
    if (name) query.whereRaw(...(await this.#ofModel(this.#knex, name)));
    if (actor) query.where({ actor });
    if (action) query.where({ action });
    if (version !== undefined) query.where({ version });
    if (from) query.where('at', '>=', from);
    if (to) query.where('at', '<', to);
    if (flagged !== undefined) query.where({ flagged });
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
  ): Promise<[sql: string, bindings: (string | number)[]]> {
    const parts = ['name = ? OR former_name = ?'];
    const bindings: (string | number)[] = [name, name];
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
      parts.push('(name = ? AND id < ?)');
      bindings.push(rename.former_name, rename.id);
      current = { name: rename.former_name, below: rename.id };
    }
    return [`(${parts.join(' OR ')})`, bindings];
  }
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
