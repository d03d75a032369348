import { z } from 'zod';
import {
  baseSpec,
  durationSchema,
  fieldNameSchema,
  fieldSchema,
  freshnessSchema,
  refTo,
} from './shared';

/** `spec` of a Feature: a view of features that share an entity key, a source and a clock. */
export const featureSpecSchema = z.object({
  ...baseSpec,
  type: z.enum(['batch', 'on-demand', 'stream']),
  entities: z.array(fieldNameSchema).optional(),
  computedFrom: z.array(refTo('Dataset')).optional(),
  timestamp: fieldNameSchema.optional(),
  ttl: durationSchema.optional(),
  online: z.boolean().optional(),
  freshness: freshnessSchema.optional(),
  features: z.array(fieldSchema).min(1),
});
export type FeatureSpec = z.infer<typeof featureSpecSchema>;
