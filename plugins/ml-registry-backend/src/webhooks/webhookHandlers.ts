import type { Handlers } from '@downstage/node';
import type { MlRegistryContract } from '@downstage/plugin-ml-registry-common';
import type { WebhookService } from './WebhookService';

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
    listWebhooks: ({ query }, call) => webhooks.list(query, call),
    createWebhook: ({ body }, call) => webhooks.create(body, call),
    updateWebhook: ({ params, body }, call) =>
      webhooks.update({ ...body, id: params.id }, call),
    deleteWebhook: async ({ params }, call) => {
      await webhooks.delete(params.id, call);
      return {};
    },
    testWebhook: ({ params, body }, call) =>
      webhooks.test({ id: params.id, event: body.event }, call),
    listWebhookDeliveries: ({ params, query }, call) =>
      webhooks.listDeliveries({ ...params, ...query }, call),
    redeliverWebhook: ({ params }, call) => webhooks.redeliver(params, call),
  };
}
