import type { Authorizer, Call } from '@downstage/node';
import {
  mlRegistryReadPermission,
  type LedgerAction,
  type LedgerEntry,
  type ProductionAt,
  type ProductionChange,
} from '@downstage/plugin-ml-registry-common';
import { ledgerCsvHeader, ledgerCsvLine } from '../domain/ledgerCsv';
import {
  inProduction,
  productionChanges,
  productionPeriods,
  spanOf,
} from '../domain/productionPeriods';
import { nameOfModelRef } from '../domain/refs';
import type { LedgerFilter, LedgerStore } from '../stores/LedgerStore';

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
  readonly #authorizer: Authorizer;
  readonly #ledger: LedgerStore;

  constructor(options: { authorizer: Authorizer; ledger: LedgerStore }) {
    this.#authorizer = options.authorizer;
    this.#ledger = options.ledger;
  }

  async list(
    request: LedgerQuestion & { cursor?: string; limit: number },
    call: Call,
  ): Promise<{ items: LedgerEntry[]; nextCursor?: string }> {
    await this.#require(call);
    const { cursor, limit, ...question } = request;
    const found = await this.#ledger.list(filterOf(question), {
      ...(cursor && { before: Number(cursor) }),
      limit: limit + 1,
    });
    const items = found.slice(0, limit);
    return {
      items,
      ...(found.length > limit && { nextCursor: String(items[limit - 1].id) }),
    };
  }

  /** A day names everything that was in production at any time of it, in UTC. */
  async productionOn(
    request: { at: string; model?: string },
    call: Call,
  ): Promise<{ items: ProductionAt[] }> {
    await this.#require(call);
    const periods = await this.#periods(request.model);
    return { items: inProduction(periods, spanOf(request.at)) };
  }

  async productionChanges(
    request: { from: string; to: string; model?: string },
    call: Call,
  ): Promise<{ items: ProductionChange[] }> {
    await this.#require(call);
    const periods = await this.#periods(request.model);
    return {
      items: productionChanges(periods, {
        from: spanOf(request.from).from,
        to: spanOf(request.to).from,
      }),
    };
  }

  /** The whole answer as text, oldest first, never held in memory at once. */
  async export(
    request: LedgerQuestion & { format: 'csv' | 'json' },
    call: Call,
  ): Promise<AsyncIterable<string>> {
    await this.#require(call);
    const { format, ...question } = request;
    const pages = this.#ledger.all(filterOf(question));
    return format === 'csv' ? asCsv(pages) : asJson(pages);
  }

  async #periods(model: string | undefined) {
    const moves = await this.#ledger.productionMoves({
      ...(model && { name: nameOfModelRef(model) }),
    });
    return productionPeriods(
      moves.map(({ entry, formerName }) => ({ ...entry, formerName })),
    );
  }

  async #require({ caller }: Call) {
    await this.#authorizer.require({
      caller,
      permission: mlRegistryReadPermission,
    });
  }
}

function filterOf({
  model,
  from,
  to,
  ...others
}: LedgerQuestion): LedgerFilter {
  return {
    ...others,
    ...(model && { name: nameOfModelRef(model) }),
    ...(from && { from: spanOf(from).from }),
    ...(to && { to: spanOf(to).from }),
  };
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
