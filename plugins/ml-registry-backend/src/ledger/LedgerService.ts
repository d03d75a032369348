import { InputError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import type {
  LedgerAction,
  LedgerEntry,
  ProductionAt,
  ProductionChange,
} from '@downstage/plugin-ml-registry-common';
import { ledgerCsvHeader, ledgerCsvLine } from './ledgerCsv';
import {
  inProduction,
  productionChanges,
  productionPeriods,
  spanOf,
  type ProductionPeriod,
} from './productionPeriods';
import { nameOfModelRef } from '../kernel/refs';
import type { Sql } from '../kernel/database/sql';
import { wholeOnce, type PageRequest } from '../search/keyset';
import {
  keepsItsName,
  type LedgerFilter,
  type LedgerStore,
} from './LedgerStore';
import type { ModelReads } from '../access/ModelReads';

/** As people ask: models by ref or name, moments as days or instants. */
export type LedgerQuestion = {
  model?: string;
  actor?: string;
  action?: LedgerAction;
  version?: number;
  from?: string;
  to?: string;
  flagged?: boolean;
};

/** Questions to the ledger: what happened, who was in production when, and all of it as a file. */
export class LedgerService {
  readonly #reads: Pick<ModelReads, 'rowsOf' | 'sees'>;
  readonly #ledger: LedgerStore;

  constructor(options: {
    reads: Pick<ModelReads, 'rowsOf' | 'sees'>;
    ledger: LedgerStore;
  }) {
    this.#reads = options.reads;
    this.#ledger = options.ledger;
  }

  async list(
    request: LedgerQuestion & { cursor?: string; limit: number },
    call: Call,
  ): Promise<{ items: LedgerEntry[]; nextCursor?: string }> {
    const readable = await this.#readable(request, call);
    const { cursor, limit, ...question } = request;
    return this.#ledger.page(
      { ...filterOf(question), ...readable },
      { cursor, limit },
    );
  }

  /** A day names everything that was in production at any time of it, in UTC. */
  async productionOn(
    request: { at: string; model?: string } & PageRequest,
    call: Call,
  ): Promise<{ items: ProductionAt[]; nextCursor?: string }> {
    const readable = await this.#readable(request, call);
    const span = spanOf(request.at);
    return this.#byModel(
      request,
      { before: span.to, span, ...readable },
      periods => inProduction(periods, span),
    );
  }

  async productionChanges(
    request: { from: string; to: string; model?: string } & PageRequest,
    call: Call,
  ): Promise<{ items: ProductionChange[]; nextCursor?: string }> {
    const readable = await this.#readable(request, call);
    const from = spanOf(request.from).from;
    const to = spanOf(request.to).from;
    requireOrder(request);
    const span = { from, to };
    return this.#byModel(
      request,
      { from, before: to, span, ...readable },
      periods => productionChanges(periods, span),
    );
  }

  /** The whole answer as text, oldest first, never held in memory at once. */
  async export(
    request: LedgerQuestion & { format: 'csv' | 'json' },
    call: Call,
  ): Promise<AsyncIterable<string>> {
    const readable = await this.#readable(request, call);
    const { format, ...question } = request;
    const pages = this.#ledger.all({ ...filterOf(question), ...readable });
    return format === 'csv' ? asCsv(pages) : asJson(pages);
  }

  /**
   * Answers about the periods of one page of models after another, until there is enough. A page may be shorter than
   * asked for, even empty: its cursor goes on all the same.
   */
  async #byModel<Item extends { name: string }>(
    { model, cursor, limit = wholeOnce }: { model?: string } & PageRequest,
    moved: {
      from?: string;
      before: string;
      span: { from: string; to: string };
      where?: Sql[];
      own?: boolean;
    },
    answer: (periods: ProductionPeriod[]) => Item[],
  ): Promise<{ items: Item[]; nextCursor?: string }> {
    if (model) {
      const moves = await this.#ledger.productionMoves({
        name: nameOfModelRef(model),
        where: moved.where,
        own: moved.own,
      });
      return { items: answer(periodsOf(moves)) };
    }
    const items: Item[] = [];
    let after = cursor && nameIn(cursor);
    for (let round = 0; round < 3; round += 1) {
      const names = await this.#ledger.namesInProduction({
        ...moved,
        after,
        limit: limit - items.length + 1,
      });
      const shown = names.slice(0, limit - items.length);
      const own = new Set(shown);
      const all = await this.#ledger.productionMovesOf(shown, moved.span);
      const moves = moved.where ? ofPresentModels(all) : all;
      const found = answer(
        periodsOf(moves).filter(({ name }) => own.has(name)),
      );
      // The database orders names by their bytes.
      const place = new Map(shown.map((name, index) => [name, index]));
      found.sort((a, b) => (place.get(a.name) ?? 0) - (place.get(b.name) ?? 0));
      items.push(...found);
      if (names.length === shown.length) return { items };
      after = shown.at(-1);
      if (items.length >= limit) break;
    }
    return {
      items,
      nextCursor: cursorAt(after ?? ''),
    };
  }

  /**
   * What narrows the entries to those of models that the caller sees; empty for who sees everything. Without a model,
   * entries under the names that these have now. With a model, all of its entries, also those under its former names.
   * Entries of another model that had its name before are left out.
   */
  async #readable(
    { model }: { model?: string },
    { caller }: Call,
  ): Promise<Pick<LedgerFilter, 'where' | 'own'>> {
    const narrowed = await this.#reads.rowsOf('ledger.name', caller);
    if (!narrowed.length) return {};
    if (!model) {
      // Under a name that was given up stand entries of a model that has another name now, or is no more.
      return { where: [...narrowed, { sql: keepsItsName(), bindings: [] }] };
    }
    const seen = await this.#reads.sees(nameOfModelRef(model), caller);
    return seen ? { own: true } : { where: [{ sql: '1 = 0', bindings: [] }] };
  }
}

function filterOf({
  model,
  from,
  to,
  ...others
}: LedgerQuestion): LedgerFilter {
  requireOrder({ from, to });
  return {
    ...others,
    ...(model && { name: nameOfModelRef(model) }),
    ...(from && { from: spanOf(from).from }),
    ...(to && { to: spanOf(to).from }),
  };
}

/** A time that ends before it begins is a mistake of the caller: an answer without entries would hide it. */
function requireOrder({ from, to }: { from?: string; to?: string }) {
  if (!from || !to || spanOf(from).from <= spanOf(to).from) return;
  throw new InputError(
    `'from' is after 'to': ${from} and ${to}; expected the earlier moment in 'from'`,
  );
}

function periodsOf(
  moves: { entry: LedgerEntry; formerName?: string }[],
): ProductionPeriod[] {
  return productionPeriods(
    moves.map(({ entry, formerName }) => ({ ...entry, formerName })),
  );
}

/** Without the entries of models that were deleted: another model may have their name by now. */
function ofPresentModels<
  Move extends { entry: LedgerEntry; formerName?: string },
>(moves: Move[]): Move[] {
  const gone = new Set<string>();
  return moves
    .toReversed()
    .filter(({ entry: { name, action }, formerName }) => {
      if (action === 'deleted') gone.add(name);
      const isGone = gone.has(name);
      if (action === 'renamed' && formerName) {
        // Older entries stand under the former name; older entries under this name were another model's.
        gone.delete(name);
        if (isGone) gone.add(formerName);
        else gone.delete(formerName);
      }
      return !isGone;
    })
    .toReversed();
}

function nameIn(cursor: string): string {
  const name = Buffer.from(cursor, 'base64url').toString('utf8');
  if (cursorAt(name) === cursor) return name;
  throw new InputError(
    `Not a cursor: '${cursor}'; expected the nextCursor of the page before`,
  );
}

function cursorAt(name: string): string {
  return Buffer.from(name).toString('base64url');
}

async function* asCsv(pages: AsyncIterable<LedgerEntry[]>) {
  yield ledgerCsvHeader;
  for await (const page of pages) yield page.map(ledgerCsvLine).join('');
}

async function* asJson(pages: AsyncIterable<LedgerEntry[]>) {
  let before = '[\n';
  for await (const page of pages) {
    yield `${before}${page.map(entry => JSON.stringify(entry)).join(',\n')}`;
    before = ',\n';
  }
  yield before === '[\n' ? '[]\n' : '\n]\n';
}
