import { randomBytes } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type Caller,
  type Call,
} from '@downstage/node';
import {
  mlRegistryWebhooksPermission,
  type Webhook,
  type WebhookDelivery,
  type WebhookEvent,
  type WebhookStatus,
  type WebhookTest,
} from '@downstage/plugin-ml-registry-common';
import { modelRefOf, nameOfModelRef } from '../kernel/refs';
import { exampleOf, toPayload } from './webhooks';
import { wholeOnce, type PageRequest } from '../search/keyset';
import type {
  DeliveryRecord,
  WebhookRecord,
  WebhookStore,
} from './WebhookStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';
import { purposeOf, type WebhookSender } from './WebhookSender';

/** So often a page reads on past webhooks that the caller may not administer. */
const mostRounds = 20;

/** What somebody may set of a webhook. */
export type WebhookFields = {
  name: string;
  url: string;
  description?: string;
  events: WebhookEvent[];
  status?: WebhookStatus;
  secret?: string;
};

export type WebhookServiceDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  webhooks: WebhookStore;
  sender: WebhookSender;
  client: OutboundClient;
  secrets: SecretBox;
  /** Who owns the registered model, in the catalog or in the registry. */
  ownerOf: (model: string) => Promise<string | undefined>;
  /** Called when something became due. */
  onDue: () => void;
  clock: Clock;
  newId: NewId;
};

/**
 * Webhooks: of one model for its owners, of all models for administrators.
 * Secrets go in, are sealed, and come out once, to the maker of the webhook.
 */
export class WebhookService {
  readonly #deps: WebhookServiceDeps;

  constructor(deps: WebhookServiceDeps) {
    this.#deps = deps;
  }

  /** Those the caller may administer. A page may be short, even empty, although others follow. */
  async list(
    { cursor, limit = wholeOnce }: PageRequest,
    { caller }: Call,
  ): Promise<{ items: Webhook[]; nextCursor?: string; mayAddForAll: boolean }> {
    await this.#require(caller);
    const { webhooks } = this.#deps;
    // Owners are asked for once per model, however many webhooks it has.
    const decided = new Map<string | undefined, boolean>();
    const shown: WebhookRecord[] = [];
    let next = cursor;
    for (let round = 0; round < mostRounds; round += 1) {
      const page = await webhooks.page({
        cursor: next,
        limit: limit - shown.length,
      });
      for (const record of page.records) {
        const { model } = record;
        const may = decided.get(model) ?? (await this.#may(caller, model));
        decided.set(model, may);
        if (may) shown.push(record);
      }
      next = page.nextCursor;
      if (!next || shown.length === limit) break;
    }
    const last = await webhooks.lastDeliveries(shown.map(({ id }) => id));
    return {
      items: shown.map(record => toWebhook(record, last.get(record.id))),
      nextCursor: next,
      mayAddForAll: await this.#may(caller, undefined),
    };
  }

  async get(id: string, { caller }: Call): Promise<Webhook> {
    const record = await this.#find(caller, id);
    const [last] = await this.#deps.webhooks.listDeliveries({
      webhookId: id,
      limit: 1,
    });
    return toWebhook(record, last);
  }

  /** Makes a webhook; an absent secret is made up, unless `unsigned`. */
  async create(
    request: WebhookFields & { model?: string; unsigned?: boolean },
    { caller }: Call,
  ): Promise<{ webhook: Webhook; secret: string }> {
    const { webhooks, client, secrets, clock, newId } = this.#deps;
    await this.#require(caller);
    const model = request.model && nameOfModelRef(request.model);
    await this.#requireFor(caller, model);
    client.check(request.url);
    const id = newId();
    const secret =
      request.secret ??
      (request.unsigned ? '' : randomBytes(32).toString('base64url'));
    const now = clock().getTime();
    const record: WebhookRecord = {
      id,
      name: request.name,
      url: request.url,
      description: request.description || undefined,
      events: checkEvents(request.events),
      model,
      status: request.status ?? 'ACTIVE',
      secret: secret ? secrets.seal(secret, purposeOf(id)) : undefined,
      createdBy: caller.actor,
      createdAt: now,
      updatedAt: now,
    };
    await this.#audited(caller, 'webhook-create', record, () =>
      webhooks.create(record),
    );
    return { webhook: toWebhook(record), secret };
  }

  async update(
    { id, ...change }: { id: string } & Partial<WebhookFields>,
    { caller }: Call,
  ): Promise<Webhook> {
    const { webhooks, client, secrets, clock } = this.#deps;
    const record = await this.#find(caller, id);
    if (change.url !== undefined) client.check(change.url);
    const changed: WebhookRecord = {
      ...record,
      name: change.name ?? record.name,
      url: change.url ?? record.url,
      description: change.description ?? record.description,
      events: change.events ? checkEvents(change.events) : record.events,
      status: change.status ?? record.status,
      secret: change.secret
        ? secrets.seal(change.secret, purposeOf(id))
        : record.secret,
      updatedAt: clock().getTime(),
    };
    await this.#audited(caller, 'webhook-update', changed, () =>
      webhooks.update(changed),
    );
    return this.get(id, { caller });
  }

  async delete(id: string, { caller }: Call): Promise<void> {
    const record = await this.#find(caller, id);
    await this.#audited(caller, 'webhook-delete', record, () =>
      this.#deps.webhooks.delete(id),
    );
  }

  /** Sends an example at once and once; it is not kept among the deliveries. */
  async test(
    { id, event }: { id: string; event?: WebhookEvent },
    { caller }: Call,
  ): Promise<WebhookTest> {
    const { sender, clock, newId } = this.#deps;
    const record = await this.#find(caller, id);
    const named = [event, ...record.events].find(name => name && name !== '*');
    const tested = named ?? 'registered_model.created';
    const payload = toPayload({
      event: tested,
      at: clock().toISOString(),
      data: exampleOf(tested),
    });
    return this.#audited(caller, 'webhook-test', record, async () => {
      const { success, responseStatus, responseBody, message } =
        await sender.send(record, { id: newId(), payload });
      return { success, responseStatus, responseBody, message };
    });
  }

  async listDeliveries(
    request: { id: string; cursor?: string; limit: number },
    { caller }: Call,
  ): Promise<{ items: WebhookDelivery[]; nextCursor?: string }> {
    await this.#find(caller, request.id);
    const before = request.cursor ? Number(request.cursor) : undefined;
    if (before !== undefined && !Number.isSafeInteger(before)) {
      throw new InputError(`'${request.cursor}' is not a cursor of this list`);
    }
    const found = await this.#deps.webhooks.listDeliveries({
      webhookId: request.id,
      before,
      limit: request.limit + 1,
    });
    const page = found.slice(0, request.limit);
    return {
      items: page.map(toDelivery),
      nextCursor:
        found.length > page.length
          ? String(page[page.length - 1].sequence)
          : undefined,
    };
  }

  /** Sends a delivery again, under its old id. */
  async redeliver(
    request: { id: string; deliveryId: string },
    { caller }: Call,
  ): Promise<WebhookDelivery> {
    const { webhooks, clock, onDue } = this.#deps;
    const record = await this.#find(caller, request.id);
    const delivery = await this.#delivery(request);
    if (record.status !== 'ACTIVE') {
      throw new InputError(
        `${record.name} is disabled; enable it before it is sent something`,
      );
    }
    if (delivery.state !== 'pending') {
      await this.#audited(caller, 'webhook-redeliver', record, () =>
        webhooks.redeliver(delivery.id, clock().toISOString()),
      );
      onDue();
    }
    return toDelivery(await this.#delivery(request));
  }

  async #delivery(request: { id: string; deliveryId: string }) {
    const delivery = await this.#deps.webhooks.findDelivery({
      id: request.deliveryId,
    });
    if (delivery?.webhookId === request.id) return delivery;
    throw new NotFoundError(
      `The webhook has no delivery ${request.deliveryId}; they are kept for a month`,
    );
  }

  async #find(caller: Caller, id: string): Promise<WebhookRecord> {
    await this.#require(caller);
    const record = await this.#deps.webhooks.find(id);
    if (!record) throw new NotFoundError(`Webhook with ID ${id} not found.`);
    await this.#requireFor(caller, record.model);
    return record;
  }

  async #require(caller: Caller): Promise<void> {
    if (caller.kind === 'job') {
      throw new NotAllowedError(
        `The token of ${caller.job.subject} may not administer webhooks; use a person's token`,
      );
    }
    await this.#deps.authorizer.require({
      caller,
      permission: mlRegistryWebhooksPermission,
    });
  }

  async #may(caller: Caller, model: string | undefined): Promise<boolean> {
    const { authorizer } = this.#deps;
    if (await authorizer.isAdministrator(caller)) return true;
    if (caller.kind === 'service') return true;
    if (!model) return false;
    const owner = await this.#deps.ownerOf(model);
    return owner !== undefined && (await authorizer.owns(caller, owner));
  }

  async #requireFor(caller: Caller, model: string | undefined): Promise<void> {
    if (await this.#may(caller, model)) return;
    throw new NotAllowedError(
      model
        ? `${caller.actor} may not administer webhooks of ${model}: that is for its owners and for administrators`
        : `${caller.actor} may not administer webhooks of all models: that is for administrators. Name a model of your own`,
    );
  }

  #audited<T>(
    caller: Caller,
    eventId: string,
    record: WebhookRecord,
    work: () => Promise<T>,
  ): Promise<T> {
    const meta = {
      actor: caller.actor,
      webhook: record.id,
      name: record.name,
      // Addresses may carry keys in their query.
      host: new URL(record.url).host,
      events: record.events,
      ...(record.model && { model: record.model }),
    };
    return audited(this.#deps.auditor, { eventId, caller, meta }, work);
  }
}

function checkEvents(events: WebhookEvent[]): WebhookEvent[] {
  if (!events.length)
    throw new InputError('A webhook needs at least one event');
  return [...new Set(events)];
}

function toWebhook(record: WebhookRecord, last?: DeliveryRecord): Webhook {
  return {
    id: record.id,
    name: record.name,
    url: record.url,
    description: record.description,
    events: record.events,
    model: record.model && modelRefOf(record.model),
    status: record.status,
    signed: record.secret !== undefined,
    createdBy: record.createdBy,
    createdAt: new Date(record.createdAt).toISOString(),
    updatedAt: new Date(record.updatedAt).toISOString(),
    lastDelivery: last && toDelivery(last),
  };
}

function toDelivery(record: DeliveryRecord): WebhookDelivery {
  return {
    id: record.id,
    event: record.event,
    model: record.model && modelRefOf(record.model),
    state: record.state,
    attempts: record.attempts,
    responseStatus: record.responseStatus,
    reason: record.reason,
    createdAt: record.createdAt,
    deliveredAt: record.deliveredAt,
    nextAttemptAt:
      record.state === 'pending' ? record.nextAttemptAt : undefined,
  };
}
