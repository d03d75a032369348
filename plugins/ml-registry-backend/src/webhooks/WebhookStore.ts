import { dueFrom } from '@downstage/node';
import type { Knex } from 'knex';
import type {
  DeliveryState,
  WebhookEvent,
  WebhookStatus,
} from '@downstage/plugin-ml-registry-common';
import { inOrder, readPage } from '../search/keyset';
import {
  chunks,
  optional,
  optionalNumber,
  toNumber,
  type Database,
} from '../kernel/database/database';

/** A webhook as it is stored; times are milliseconds, the secret is sealed. */
export type WebhookRecord = {
  id: string;
  name: string;
  url: string;
  description?: string;
  events: WebhookEvent[];
  /** Name of a registered model; all models when absent. */
  model?: string;
  status: WebhookStatus;
  secret?: string;
  createdBy: string;
  createdAt: number;
  updatedAt: number;
};

export type DeliveryRecord = {
  /** The order of events. */
  sequence: number;
  id: string;
  webhookId: string;
  event: string;
  model?: string;
  payload: string;
  state: DeliveryState;
  attempts: number;
  responseStatus?: number;
  reason?: string;
  createdAt: string;
  deliveredAt?: string;
  nextAttemptAt?: string;
};

type WebhookRow = {
  id: string;
  name: string;
  url: string;
  description: string | null;
  events: string;
  model: string | null;
  status: string;
  secret: string | null;
  created_by: string;
  created_at: number | string;
  updated_at: number | string;
};

type DeliveryRow = {
  id: number;
  delivery_id: string;
  webhook_id: string;
  event: string;
  model: string | null;
  payload: string;
  state: string;
  attempts: number;
  response_status: number | null;
  reason: string | null;
  created_at: string;
  delivered_at: string | null;
  next_reconcile_at: string | null;
};

/** Webhooks, and the outbox of what is on its way to them. */
export class WebhookStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async create(webhook: WebhookRecord): Promise<void> {
    await this.#knex('webhooks').insert(toRow(webhook));
  }

  async update(webhook: WebhookRecord): Promise<void> {
    await this.#knex('webhooks').where('id', webhook.id).update(toRow(webhook));
  }

  async delete(id: string): Promise<void> {
    await this.#knex('webhooks').where('id', id).delete();
  }

  async find(id: string): Promise<WebhookRecord | undefined> {
    const row = await this.#knex<WebhookRow>('webhooks')
      .where('id', id)
      .first();
    return row && toRecord(row);
  }

  /** Oldest first. */
  async page(options: {
    cursor?: string;
    limit: number;
  }): Promise<{ records: WebhookRecord[]; nextCursor?: string }> {
    const page = await readPage<WebhookRow>({
      database: this.#knex,
      query: this.#knex('webhooks').select('webhooks.*'),
      terms: inOrder(['webhooks.created_at', 'webhooks.id']),
      pageToken: options.cursor,
      limit: options.limit,
    });
    return {
      records: page.rows.map(toRecord),
      nextCursor: page.nextPageToken,
    };
  }

  /** Those that want to hear of changes of this model. */
  async active(db: Database, model: string): Promise<WebhookRecord[]> {
    const rows = await db<WebhookRow>('webhooks')
      .where('status', 'ACTIVE')
      .where(where => where.whereNull('model').orWhere('model', model))
      .orderBy('id');
    return rows.map(toRecord);
  }

  /** Puts deliveries into the outbox, due at once. */
  async enqueue(
    db: Database,
    deliveries: {
      id: string;
      webhookId: string;
      event: string;
      model: string;
      payload: string;
      at: string;
    }[],
  ): Promise<void> {
    for (const part of chunks(deliveries, 50)) {
      await db('webhook_deliveries').insert(
        part.map(delivery => ({
          delivery_id: delivery.id,
          webhook_id: delivery.webhookId,
          event: delivery.event,
          model: delivery.model,
          payload: delivery.payload,
          state: 'pending',
          created_at: delivery.at,
          next_reconcile_at: delivery.at,
        })),
      );
    }
  }

  async findDelivery(where: {
    sequence?: number;
    id?: string;
  }): Promise<DeliveryRecord | undefined> {
    const query = this.#knex<DeliveryRow>('webhook_deliveries');
    const row = await (where.sequence === undefined
      ? query.where('delivery_id', where.id ?? '').first()
      : query.where('id', where.sequence).first());
    return row && toDelivery(row);
  }

  /** Whether an older delivery of the same webhook goes first. */
  async isHeldBack(
    delivery: Pick<DeliveryRecord, 'webhookId' | 'sequence'>,
    orderedAttempts: number,
  ): Promise<boolean> {
    const older = await this.#knex('webhook_deliveries')
      .where({ webhook_id: delivery.webhookId, state: 'pending' })
      .where('id', '<', delivery.sequence)
      .where('attempts', '<', orderedAttempts)
      .first('id');
    return older !== undefined;
  }

  /** Has the first one that waits looked at now, unless an older one goes first or somebody works on it. */
  async wakeNext(
    webhookId: string,
    options: { now: string; orderedAttempts: number },
  ): Promise<void> {
    const waiting = { webhook_id: webhookId, state: 'pending', attempts: 0 };
    const next = await this.#knex('webhook_deliveries')
      .where(waiting)
      .orderBy('id')
      .first('id');
    if (!next) return;
    const delivery = { webhookId, sequence: next.id };
    if (await this.isHeldBack(delivery, options.orderedAttempts)) return;
    await this.#knex('webhook_deliveries')
      .where({ ...waiting, id: next.id })
      .whereNull('ticket')
      .update({ next_reconcile_at: options.now });
  }

  /** Newest first. */
  async listDeliveries(options: {
    webhookId: string;
    before?: number;
    limit: number;
  }): Promise<DeliveryRecord[]> {
    const query = this.#knex<DeliveryRow>('webhook_deliveries')
      .where('webhook_id', options.webhookId)
      .orderBy('id', 'desc')
      .limit(options.limit);
    if (options.before !== undefined) query.where('id', '<', options.before);
    return (await query).map(toDelivery);
  }

  /** The newest delivery of each of these webhooks. */
  async lastDeliveries(
    webhookIds: string[],
  ): Promise<Map<string, DeliveryRecord>> {
    const rows = await this.#knex<DeliveryRow>('webhook_deliveries').whereIn(
      'id',
      this.#knex('webhook_deliveries')
        .max('id')
        .whereIn('webhook_id', webhookIds)
        .groupBy('webhook_id'),
    );
    return new Map(rows.map(row => [row.webhook_id, toDelivery(row)]));
  }

  /** Starts a delivery over. */
  async redeliver(id: string, now: string): Promise<void> {
    await this.#knex('webhook_deliveries')
      .where('delivery_id', id)
      .update({
        state: 'pending',
        attempts: 0,
        reason: null,
        response_status: null,
        delivered_at: null,
        ...dueFrom(now),
      });
  }

  /** Forgets deliveries that arrived or were given up before a time. */
  async prune(before: string): Promise<void> {
    const old = this.#knex('webhook_deliveries')
      .whereNot('state', 'pending')
      .where('created_at', '<', before)
      .limit(1000)
      .select('id');
    const ids = (await old).map((row: { id: number }) => row.id);
    if (ids.length) {
      await this.#knex('webhook_deliveries').whereIn('id', ids).delete();
    }
  }

  /** What a version was made of, for the event that tells of it. */
  async versionFacts(db: Database, name: string, version: number) {
    const row = await db('model_versions').where({ name, version }).first();
    const tags = await db('model_version_tags').where({ name, version });
    return row && { row, tags: pairsOf(tags) };
  }

  async modelFacts(db: Database, name: string) {
    const row = await db('registered_models').where({ name }).first();
    const tags = await db('registered_model_tags').where({ name });
    return row && { row, tags: pairsOf(tags) };
  }

  /** Webhooks of a model go with it to its new name. */
  async renameModel(db: Database, from: string, to: string): Promise<void> {
    await db('webhooks').where('model', from).update({ model: to });
  }

  /** A model of the same name that comes later is none of theirs. */
  async closeModel(db: Database, name: string): Promise<void> {
    await db('webhooks')
      .where('model', name)
      .update({ model: `deleted/${name}` });
  }
}

function pairsOf(rows: { key: string; value: string }[]) {
  return Object.fromEntries(rows.map(({ key, value }) => [key, value]));
}

function toRow(webhook: WebhookRecord) {
  return {
    id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    description: webhook.description ?? null,
    events: JSON.stringify(webhook.events),
    model: webhook.model ?? null,
    status: webhook.status,
    secret: webhook.secret ?? null,
    created_by: webhook.createdBy,
    created_at: webhook.createdAt,
    updated_at: webhook.updatedAt,
  };
}

function toRecord(row: WebhookRow): WebhookRecord {
  return {
    id: row.id,
    name: row.name,
    url: row.url,
    description: optional(row.description),
    events: JSON.parse(row.events),
    model: optional(row.model),
    status: row.status === 'ACTIVE' ? 'ACTIVE' : 'DISABLED',
    secret: optional(row.secret),
    createdBy: row.created_by,
    createdAt: toNumber(row.created_at),
    updatedAt: toNumber(row.updated_at),
  };
}

function toDelivery(row: DeliveryRow): DeliveryRecord {
  return {
    sequence: row.id,
    id: row.delivery_id,
    webhookId: row.webhook_id,
    event: row.event,
    model: optional(row.model),
    payload: row.payload,
    state:
      row.state === 'delivered' || row.state === 'failed'
        ? row.state
        : 'pending',
    attempts: row.attempts,
    responseStatus: optionalNumber(row.response_status),
    reason: optional(row.reason),
    createdAt: row.created_at,
    deliveredAt: optional(row.delivered_at),
    nextAttemptAt: optional(row.next_reconcile_at),
  };
}
