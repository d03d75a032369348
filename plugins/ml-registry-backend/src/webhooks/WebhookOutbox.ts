import type { LedgerEntry } from '@downstage/plugin-ml-registry-common';
import type { NewId } from '@downstage/common';
import type { Knex } from 'knex';
import { PROMPT_TAG } from '../kernel/tags';
import { toPayload } from './webhooks';
import { dataOf, eventOf, type Subject } from './webhookEvents';
import type { WebhookStore } from './WebhookStore';

/**
 * Writes what webhooks have to be told, in the transaction of the change: what
 * was committed is delivered, whatever the process does next, and what was
 * undone never is.
 */
export class WebhookOutbox {
  readonly #webhooks: WebhookStore;
  readonly #newId: NewId;

  constructor(options: { webhooks: WebhookStore; newId: NewId }) {
    this.#webhooks = options.webhooks;
    this.#newId = options.newId;
  }

  /** Told of every entry of the ledger. */
  async add(tx: Knex.Transaction, entry: LedgerEntry): Promise<void> {
    const store = this.#webhooks;
    if (entry.action === 'renamed') {
      const from = entry.details?.from;
      if (typeof from === 'string') {
        await store.renameModel(tx, from, entry.name);
      }
    }
    const listening = await store.active(tx, entry.name);
    if (listening.length) {
      const subject = await this.#subjectOf(tx, entry);
      const event = eventOf(entry, subject);
      const payload = toPayload({
        event,
        at: entry.at,
        data: dataOf(event, entry, subject),
      });
      await store.enqueue(
        tx,
        listening
          .filter(
            ({ events }) => events.includes(event) || events.includes('*'),
          )
          .map(({ id }) => ({
            id: this.#newId(),
            webhookId: id,
            event,
            model: entry.name,
            payload,
            at: entry.at,
          })),
      );
    }
    if (entry.action === 'deleted') await store.closeModel(tx, entry.name);
  }

  async #subjectOf(
    tx: Knex.Transaction,
    entry: LedgerEntry,
  ): Promise<Subject | undefined> {
    const model = await this.#webhooks.modelFacts(tx, entry.name);
    if (!model) return undefined;
    const isPrompt = model.tags[PROMPT_TAG] === 'true';
    const version =
      entry.version === undefined
        ? undefined
        : await this.#webhooks.versionFacts(tx, entry.name, entry.version);
    const { row, tags } = version ?? model;
    return {
      isPrompt,
      tags,
      description: row.description ?? undefined,
      source: row.source ?? undefined,
      runId: row.run_id ?? undefined,
    };
  }
}
