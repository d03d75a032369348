import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/**
 * What webhooks can be told, as `<entity>.<action>`. These are
 * MLflow's own and have its payloads.
 */
export const mlflowWebhookEvents = [
  'registered_model.created',
  'model_version.created',
  'model_version_tag.set',
  'model_version_tag.deleted',
  'model_version_alias.created',
  'model_version_alias.deleted',
  'prompt.created',
  'prompt_version.created',
  'prompt_tag.set',
  'prompt_tag.deleted',
  'prompt_version_tag.set',
  'prompt_version_tag.deleted',
  'prompt_alias.created',
  'prompt_alias.deleted',
] as const;

/** Every event there is: MLflow's, and ours, which say what the ledger says of the change. */
export const webhookEvents = [
  ...mlflowWebhookEvents,
  'registered_model.updated',
  'registered_model.renamed',
  'registered_model.deleted',
  'registered_model.claimed',
  'registered_model_tag.set',
  'registered_model_tag.deleted',
  'model_version.updated',
  'model_version.deleted',
  'model_version_stage.changed',
  'promotion.requested',
  'promotion.approved',
  'promotion.rejected',
  'promotion.withdrawn',
  'promotion.blocked',
  'promotion.lapsed',
  'promotion.waived',
  'model_card.changed',
  'model_version_signature.verified',
  'model_version.reproduced',
] as const;

/** `*` is all of them. */
export const webhookEventSchema = z.enum([...webhookEvents, '*']);
export type WebhookEvent = z.infer<typeof webhookEventSchema>;

export const webhookStatusSchema = z.enum(['ACTIVE', 'DISABLED']);
export type WebhookStatus = z.infer<typeof webhookStatusSchema>;

/** How one sending stands: `pending` until it arrived or was given up. */
export const deliveryStateSchema = z.enum(['pending', 'delivered', 'failed']);
export type DeliveryState = z.infer<typeof deliveryStateSchema>;

/** One event on its way to one webhook. */
export const webhookDeliverySchema = z.object({
  id: z.string(),
  event: z.string(),
  model: z.string().optional(),
  state: deliveryStateSchema,
  attempts: z.number().int(),
  responseStatus: z.number().int().optional(),
  /** Why it failed, or is being tried again. */
  reason: z.string().optional(),
  createdAt: timestampSchema,
  deliveredAt: timestampSchema.optional(),
  nextAttemptAt: timestampSchema.optional(),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

/** A receiver of changes. Its secret is never part of an answer but the one that made it. */
export const webhookSchema = z.object({
  id: z.string(),
  name: z.string(),
  url: z.string(),
  description: z.string().optional(),
  events: z.array(webhookEventSchema),
  /** Only changes of this model: `model:default/churn`. */
  model: z.string().optional(),
  status: webhookStatusSchema,
  /** Whether deliveries are signed. */
  signed: z.boolean(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
  lastDelivery: webhookDeliverySchema.optional(),
});
export type Webhook = z.infer<typeof webhookSchema>;

/** What came back from a sending that was made to see whether it arrives. */
export const webhookTestSchema = z.object({
  success: z.boolean(),
  responseStatus: z.number().int().optional(),
  /** At most 1 kB of it. */
  responseBody: z.string().optional(),
  message: z.string().optional(),
});
export type WebhookTest = z.infer<typeof webhookTestSchema>;
