import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { Authorizer, Handlers } from '@downstage/node';
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
  authorizer: Authorizer;
  webhooks: WebhookService;
}): Pick<Handlers<MlRegistryContract>, Operation> {
  const { authorizer, webhooks } = options;
  const callerOf = ({
    credentials,
  }: {
    credentials: BackstageCredentials;
  }) => ({
    actor: authorizer.actor(credentials),
    credentials,
  });
  return {
    listWebhooks: (_, call) => webhooks.list(callerOf(call)),
    createWebhook: ({ body }, call) => webhooks.create(callerOf(call), body),
    updateWebhook: ({ params, body }, call) =>
      webhooks.update(callerOf(call), params.id, body),
    deleteWebhook: async ({ params }, call) => {
      await webhooks.delete(callerOf(call), params.id);
      return {};
    },
    testWebhook: ({ params, body }, call) =>
      webhooks.test(callerOf(call), params.id, body.event),
    listWebhookDeliveries: ({ params, query }, call) =>
      webhooks.listDeliveries(callerOf(call), { ...params, ...query }),
    redeliverWebhook: ({ params }, call) =>
      webhooks.redeliver(callerOf(call), params),
  };
}
