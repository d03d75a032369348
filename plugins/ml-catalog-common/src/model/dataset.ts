import { z } from 'zod';
import {
  baseSpec,
  fieldNameSchema,
  fieldSchema,
  freshnessSchema,
  refTo,
} from './shared';

export const classificationSchema = z.enum([
  'public',
  'internal',
  'confidential',
  'restricted',
]);
export type Classification = z.infer<typeof classificationSchema>;

/** Where the data is: a path relative to one of the folders of `mlData.roots`, or a URI. */
export const datasetLocationSchema = z.strictObject({
  uri: z.string().min(1),
  format: z.string().min(1).optional(),
});

export const datasetSchemaSchema = z.strictObject({
  primaryKey: z.array(fieldNameSchema).optional(),
  timestamp: fieldNameSchema.optional(),
  fields: z.array(fieldSchema).optional(),
});

/** `spec` of a Dataset. */
export const datasetSpecSchema = z.object({
  ...baseSpec,
  type: z.enum(['table', 'files', 'stream']),
  location: datasetLocationSchema.optional(),
  classification: classificationSchema.optional(),
  schema: datasetSchemaSchema.optional(),
  derivedFrom: z.array(refTo('Dataset')).optional(),
  freshness: freshnessSchema.optional(),
});
export type DatasetSpec = z.infer<typeof datasetSpecSchema>;
