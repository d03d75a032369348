import type { Handlers } from '@downstage/node';
import type { MlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type { WebhookService } from '../services/WebhookService';

type Operation =
  | 'listWebhooks'
  | 'createWebhook'
  | 'updateWebhook'
  | 'deleteWebhook'
  | 'testWebhook'
  | 'listWebhookDeliveries'
  | 'redeliverWebhook';

/** The webhook operations, turned into service calls. */
export function webhookHandlers(options: {
  webhooks: WebhookService;
}): Pick<Handlers<MlRegistryContract>, Operation> {
  const { webhooks } = options;
  return {
    listWebhooks: (_, call) => webhooks.list(call.caller),
    createWebhook: ({ body }, call) => webhooks.create(call.caller, body),
    updateWebhook: ({ params, body }, call) =>
      webhooks.update(call.caller, params.id, body),
    deleteWebhook: async ({ params }, call) => {
      await webhooks.delete(call.caller, params.id);
      return {};
    },
    testWebhook: ({ params, body }, call) =>
      webhooks.test(call.caller, params.id, body.event),
    listWebhookDeliveries: ({ params, query }, call) =>
      webhooks.listDeliveries(call.caller, { ...params, ...query }),
    redeliverWebhook: ({ params }, call) =>
      webhooks.redeliver(call.caller, params),
  };
}
