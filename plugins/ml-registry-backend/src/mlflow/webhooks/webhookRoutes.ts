import { InputError } from '@backstage/errors';
import {
  mlflowWebhookEvents,
  webhookEventSchema,
  type Webhook,
  type WebhookEvent,
} from '@downstage/plugin-ml-registry-common';
import type { WebhookService } from '../../webhooks/WebhookService';
import type { Message } from '../protocol/Message';
import { missing } from '../protocol/Message';
import { readLimit, type MlflowRoute } from '../protocol/routes';

const STATUSES = ['ACTIVE', 'DISABLED'] as const;
const NAME = /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/;

/** `webhooks…`. Those that listen to events only the portal knows are for the portal to show. */
export function webhookRoutes(webhooks: WebhookService): MlflowRoute[] {
  return [
    {
      method: 'post',
      path: 'webhooks',
      handle: async (message, caller) => {
        const { webhook } = await webhooks.create(
          {
            name: checkName(message.required('name')),
            url: message.required('url'),
            description: message.string('description'),
            events: readEvents(message),
            status: message.choice('status', STATUSES),
            secret: message.string('secret') || undefined,
            // MLflow signs only when a secret was given; one we made up could not be told.
            unsigned: true,
          },
          { caller },
        );
        return { webhook: render(webhook) };
      },
    },
    {
      method: 'get',
      path: 'webhooks',
      handle: async (message, caller) => {
        const limit = readLimit(message, { default: 100, max: 1000 });
        const after = message.string('page_token') || '';
        const { items, nextCursor } = await webhooks.list(
          { cursor: after || undefined, limit },
          { caller },
        );
        // A page may be shorter than asked for: webhooks for events that MLflow does not know are left out.
        const page = items.filter(item => mlflowEvents(item).length > 0);
        return {
          webhooks: page.length ? page.map(render) : undefined,
          next_page_token: nextCursor,
        };
      },
    },
    {
      method: 'get',
      path: 'webhooks/:webhook_id',
      handle: async (message, caller) => ({
        webhook: render(await webhooks.get(idOf(message), { caller })),
      }),
    },
    {
      method: 'patch',
      path: 'webhooks/:webhook_id',
      handle: async (message, caller) => {
        const name = message.string('name') || undefined;
        const changed = await webhooks.update(
          {
            id: idOf(message),
            name: name && checkName(name),
            url: message.string('url') || undefined,
            description: message.string('description'),
            events: message.has('events') ? readEvents(message) : undefined,
            status: message.choice('status', STATUSES),
            secret: message.string('secret') || undefined,
          },
          { caller },
        );
        return { webhook: render(changed) };
      },
    },
    {
      method: 'delete',
      path: 'webhooks/:webhook_id',
      handle: async (message, caller) => {
        await webhooks.delete(idOf(message), { caller });
        return {};
      },
    },
    {
      method: 'post',
      path: 'webhooks/:webhook_id/test',
      handle: async (message, caller) => {
        const event = message.message('event');
        const result = await webhooks.test(
          { id: idOf(message), event: event && readEvent(event) },
          { caller },
        );
        return {
          result: {
            success: result.success,
            response_status: result.responseStatus,
            response_body: result.responseBody,
            error_message: result.message,
          },
        };
      },
    },
  ];
}

function idOf(message: Message): string {
  return message.required('webhook_id');
}

function checkName(name: string): string {
  if (NAME.test(name)) return name;
  throw new InputError(
    `Webhook name '${name.slice(
      0,
      80,
    )}' is invalid. It must start and end with a letter or digit, be less than 63 characters long, and contain only letters, digits, dots (.), underscores (_), and hyphens (-).`,
  );
}

function readEvents(message: Message): WebhookEvent[] {
  const events = message.messages('events').map(readEvent);
  if (!events.length) throw missing('events');
  return events;
}

function readEvent(event: Message): WebhookEvent {
  const name = `${event.required('entity')}.${event.required('action')}`;
  const parsed = webhookEventSchema.safeParse(name.toLowerCase());
  if (parsed.success) return parsed.data;
  throw new InputError(
    `Invalid event '${name}'. Known are ${webhookEventSchema.options
      .filter(option => option !== '*')
      .join(', ')}`,
  );
}

/** The client knows its own events only, and fails on others. */
function mlflowEvents(webhook: Webhook): string[] {
  return mlflowWebhookEvents.filter(
    event => webhook.events.includes(event) || webhook.events.includes('*'),
  );
}

function render(webhook: Webhook) {
  return {
    webhook_id: webhook.id,
    name: webhook.name,
    url: webhook.url,
    description: webhook.description,
    events: mlflowEvents(webhook).map(event => {
      const [entity, action] = event.toUpperCase().split('.');
      return { entity, action };
    }),
    status: webhook.status,
    creation_timestamp: Date.parse(webhook.createdAt),
    last_updated_timestamp: Date.parse(webhook.updatedAt),
  };
}
