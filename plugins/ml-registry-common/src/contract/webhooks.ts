import {
  defineContract,
  pageOf,
  pageQuerySchema,
  widePageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import {
  webhookDeliverySchema,
  webhookEventSchema,
  webhookSchema,
  webhookStatusSchema,
  webhookTestSchema,
} from '../model/webhooks';

const id = z.string().min(1).max(64);
const pathSchema = z.object({ id });
const deliveryPathSchema = z.object({ id, deliveryId: id });

const changeable = {
  name: z.string().regex(/^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/, {
    message:
      'Expected letters, digits, dots, underscores and hyphens, at most 63',
  }),
  url: z.url().max(2000),
  description: z.string().max(1000).optional(),
  events: z.array(webhookEventSchema).min(1),
};

/** Telling other systems what changed in the registry. */
export const webhookOperations = defineContract({
  listWebhooks: {
    method: 'get',
    path: '/v1/webhooks',
    summary: 'Webhooks the caller may administer, with their last delivery',
    query: widePageQuerySchema,
    response: pageOf(webhookSchema).extend({
      /** Whether the caller may make webhooks for all models. */
      mayAddForAll: z.boolean(),
    }),
  },
  createWebhook: {
    method: 'post',
    path: '/v1/webhooks',
    summary: 'Add a webhook; the answer shows the secret, once',
    body: z.object({
      ...changeable,
      /** Only changes of this model; of all models unless given, which takes an administrator. */
      model: z
        .string()
        .regex(/^model:[^:/\s]+\/[^:/\s]+$/, {
          message: 'Expected a model ref such as model:default/churn',
        })
        .optional(),
      /** Made up unless given. */
      secret: z.string().min(16).max(500).optional(),
    }),
    response: z.object({ webhook: webhookSchema, secret: z.string() }),
  },
  updateWebhook: {
    method: 'patch',
    path: '/v1/webhooks/:id',
    summary: 'Change or disable a webhook',
    params: pathSchema,
    body: z
      .object({ ...changeable, status: webhookStatusSchema })
      .partial()
      .extend({ secret: z.string().min(16).max(500).optional() }),
    response: webhookSchema,
  },
  deleteWebhook: {
    method: 'delete',
    path: '/v1/webhooks/:id',
    summary: 'Remove a webhook with its deliveries',
    params: pathSchema,
    response: z.object({}),
  },
  testWebhook: {
    method: 'post',
    path: '/v1/webhooks/:id/test',
    summary: 'Send an example now and see what comes back',
    params: pathSchema,
    body: z.object({ event: webhookEventSchema.optional() }),
    response: webhookTestSchema,
  },
  listWebhookDeliveries: {
    method: 'get',
    path: '/v1/webhooks/:id/deliveries',
    summary: 'Deliveries of a webhook, newest first',
    params: pathSchema,
    query: pageQuerySchema,
    response: pageOf(webhookDeliverySchema),
  },
  redeliverWebhook: {
    method: 'post',
    path: '/v1/webhooks/:id/deliveries/:deliveryId/redeliver',
    summary: 'Send a delivery again',
    params: deliveryPathSchema,
    body: z.object({}),
    response: webhookDeliverySchema,
  },
});
