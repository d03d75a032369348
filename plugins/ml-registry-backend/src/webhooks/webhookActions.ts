import type { ActionsRegistryService } from '@backstage/backend-plugin-api/alpha';
import { callerOf, pageInput } from '@downstage/node';
import { webhookEventSchema } from '@downstage/plugin-ml-registry-common';
import type { WebhookService } from './WebhookService';

/** `list-webhooks`, `create-webhook`, `update-webhook`, `test-webhook`, `list-webhook-deliveries`, `redeliver-webhook`, `delete-webhook` */
export function registerWebhookActions(deps: {
  actions: ActionsRegistryService;
  webhooks: WebhookService;
}) {
  const { actions, webhooks } = deps;
  const events = Object.values(webhookEventSchema.enum);

  actions.register({
    name: 'list-webhooks',
    title: 'List webhooks',
    description:
      'Lists the webhooks the caller may administer: where they send, what they listen to, how the last delivery ended.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z => z.object(pageInput(z)),
      output: z =>
        z.object({
          nextCursor: z.string().optional(),
          webhooks: z.array(
            z.object({
              id: z.string(),
              name: z.string(),
              url: z.string(),
              events: z.array(z.string()),
              model: z.string().optional(),
              status: z.string(),
              signed: z.boolean(),
              lastDelivery: z
                .object({
                  event: z.string(),
                  state: z.string(),
                  at: z.string(),
                  reason: z.string().optional(),
                })
                .optional(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items, nextCursor } = await webhooks.list(input, {
        caller: callerOf(credentials),
      });
      return {
        output: {
          nextCursor,
          webhooks: items.map(
            ({
              id,
              name,
              url,
              events: heard,
              model,
              status,
              signed,
              lastDelivery: last,
            }) => ({
              id,
              name,
              url,
              events: heard,
              model,
              status,
              signed,
              lastDelivery: last && {
                event: last.event,
                state: last.state,
                at: last.createdAt,
                reason: last.reason,
              },
            }),
          ),
        },
      };
    },
  });

  actions.register({
    name: 'create-webhook',
    title: 'Create webhook',
    description:
      'Adds a webhook that is told of changes in the registry, signed with HMAC. The secret is in the answer and is never shown again. Webhooks of all models are for administrators.',
    attributes: { readOnly: false, destructive: false, idempotent: false },
    schema: {
      input: z =>
        z.object({
          name: z.string().describe('Letters, digits, dots, hyphens'),
          url: z.string().describe('Where to send: https://host/path'),
          events: z
            .array(z.string())
            .min(1)
            .describe(`'*' for all, or of: ${events.join(', ')}`),
          model: z
            .string()
            .optional()
            .describe('Only changes of this model: model:default/churn'),
          description: z.string().optional().describe('What it is for'),
        }),
      output: z => z.object({ id: z.string(), secret: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { webhook, secret } = await webhooks.create(
        {
          ...input,
          events: input.events.map(event => webhookEventSchema.parse(event)),
        },
        { caller: callerOf(credentials) },
      );
      return { output: { id: webhook.id, secret } };
    },
  });

  actions.register({
    name: 'update-webhook',
    title: 'Enable or disable webhook',
    description:
      'Enables or disables a webhook, or changes where it sends. Fields that are left out stay as they are; the secret stays as well.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('From list-webhooks'),
          status: z
            .enum(['ACTIVE', 'DISABLED'])
            .optional()
            .describe('Whether it is sent to'),
          url: z
            .string()
            .optional()
            .describe('Its new address: https://host/path'),
        }),
      output: z => z.object({ id: z.string(), status: z.string() }),
    },
    action: async ({ input: { id, ...change }, credentials }) => {
      const { status } = await webhooks.update(
        { id, ...change },
        {
          caller: callerOf(credentials),
        },
      );
      return { output: { id, status } };
    },
  });

  actions.register({
    name: 'test-webhook',
    title: 'Test webhook',
    description:
      'Sends an example to a webhook at once, and says what came back: the status, or why nothing did. Nothing else is told of it.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('From list-webhooks') }),
      output: z =>
        z.object({
          success: z.boolean(),
          responseStatus: z.number().optional(),
          message: z.string().optional(),
        }),
    },
    action: async ({ input, credentials }) => {
      const { success, responseStatus, message } = await webhooks.test(
        { id: input.id },
        { caller: callerOf(credentials) },
      );
      return { output: { success, responseStatus, message } };
    },
  });

  actions.register({
    name: 'list-webhook-deliveries',
    title: 'List deliveries of a webhook',
    description:
      'Lists the newest deliveries of a webhook: what was sent, when, how often it was tried, how it ended and why.',
    attributes: { readOnly: true, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('From list-webhooks') }),
      output: z =>
        z.object({
          deliveries: z.array(
            z.object({
              id: z.string(),
              event: z.string(),
              model: z.string().optional(),
              state: z.string(),
              attempts: z.number(),
              reason: z.string().optional(),
              createdAt: z.string(),
            }),
          ),
        }),
    },
    action: async ({ input, credentials }) => {
      const { items } = await webhooks.listDeliveries(
        {
          id: input.id,
          limit: 50,
        },
        { caller: callerOf(credentials) },
      );
      return {
        output: {
          deliveries: items.map(
            ({ id, event, model, state, attempts, reason, createdAt }) => ({
              id,
              event,
              model,
              state,
              attempts,
              reason,
              createdAt,
            }),
          ),
        },
      };
    },
  });

  actions.register({
    name: 'redeliver-webhook',
    title: 'Send a delivery again',
    description:
      'Sends a delivery of a webhook again, under its old id, so that a receiver that has it already can tell.',
    attributes: { readOnly: false, destructive: false, idempotent: true },
    schema: {
      input: z =>
        z.object({
          id: z.string().describe('From list-webhooks'),
          deliveryId: z.string().describe('From list-webhook-deliveries'),
        }),
      output: z => z.object({ state: z.string() }),
    },
    action: async ({ input, credentials }) => {
      const { state } = await webhooks.redeliver(input, {
        caller: callerOf(credentials),
      });
      return { output: { state } };
    },
  });

  actions.register({
    name: 'delete-webhook',
    title: 'Delete webhook',
    description:
      'Removes a webhook with all its deliveries; nothing is sent to it any more. Ask the person before using this.',
    attributes: { readOnly: false, destructive: true, idempotent: true },
    schema: {
      input: z => z.object({ id: z.string().describe('From list-webhooks') }),
      output: z => z.object({ id: z.string() }),
    },
    action: async ({ input, credentials }) => {
      await webhooks.delete(input.id, { caller: callerOf(credentials) });
      return { output: { id: input.id } };
    },
  });
}
