import { randomUUID } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import type { Clock, NewId } from '@downstage/common';
import type { Authorizer } from '@downstage/node';
import type { Knex } from 'knex';
import { LedgerStore, type LedgerHook } from '../ledger/LedgerStore';
import { WebhookStore } from './WebhookStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';
import { WebhookDeliveries } from './WebhookDeliveries';
import { WebhookOutbox } from './WebhookOutbox';
import { WebhookSender } from './WebhookSender';
import { WebhookService } from './WebhookService';

/** Webhooks put together: what people administer, the ledger that fills the outbox, and who empties it. */
export function createWebhooks(options: {
  knex: Knex;
  authorizer: Authorizer;
  auditor: AuditorService;
  client: OutboundClient;
  secrets: SecretBox;
  ownerOf: (model: string) => Promise<string | undefined>;
  onDue?: () => void;
  /** Told of every entry of the ledger, before webhooks are. */
  onAppend?: LedgerHook;
  clock: Clock;
  newId?: NewId;
}) {
  const { knex, client, clock, secrets, onDue = () => {} } = options;
  const newId = options.newId ?? randomUUID;
  const webhooks = new WebhookStore(knex);
  const sender = new WebhookSender({ client, secrets, clock });
  const outbox = new WebhookOutbox({ webhooks, newId });
  return {
    ledger: new LedgerStore(knex, {
      onAppend: async (tx, entry) => {
        await options.onAppend?.(tx, entry);
        await outbox.add(tx, entry);
      },
    }),
    webhooks: new WebhookService({
      ...options,
      webhooks,
      sender,
      onDue,
      clock,
      newId,
    }),
    deliveries: new WebhookDeliveries({ webhooks, sender, clock }),
  };
}
