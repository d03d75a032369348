import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** Sums of a numeric column, from which mean and deviation of merged parts can be told. */
const momentsSchema = z.object({
  mean: z.number().optional(),
  stddev: z.number().optional(),
  min: z.number().optional(),
  max: z.number().optional(),
});

const shared = {
  column: z.string(),
  name: z.string(),
  role: z.enum(['feature', 'prediction']),
  /** The type in the files the baseline was made from. */
  type: z.string(),
  rows: z.number().int(),
  nulls: z.number().int(),
  distinct: z.number().int(),
};

/** A column whose values are counted between edges: `counts` has one more entry than `edges`, the outer bins are open. */
const numericBaselineSchema = z.object({
  kind: z.literal('numeric'),
  ...shared,
  edges: z.array(z.number()),
  counts: z.array(z.number()),
  moments: momentsSchema,
});
export type NumericBaseline = z.infer<typeof numericBaselineSchema>;

/** A column of few values: each value is its own bin, everything never seen shares one more. */
const categoricalBaselineSchema = z.object({
  kind: z.literal('categorical'),
  ...shared,
  /** Whether the values are numbers, so that 1 and 1.0 are one category. */
  numeric: z.boolean(),
  categories: z.array(z.string()),
  counts: z.array(z.number()),
  moments: momentsSchema.optional(),
});
export type CategoricalBaseline = z.infer<typeof categoricalBaselineSchema>;

export const baselineColumnSchema = z.discriminatedUnion('kind', [
  numericBaselineSchema,
  categoricalBaselineSchema,
]);
export type BaselineColumn = z.infer<typeof baselineColumnSchema>;

/** What one model version is compared with. Frozen: once `ready` it never changes. */
export const baselineSchema = z.object({
  modelRef: entityRefSchema,
  version: z.number().int(),
  versionRef: z.string(),
  state: z.enum(['pending', 'ready', 'failed']),
  message: z.string(),
  datasetRef: z.string().optional(),
  rows: z.number().int().optional(),
  columns: z.array(baselineColumnSchema),
  createdAt: timestampSchema,
  readyAt: timestampSchema.optional(),
});
export type Baseline = z.infer<typeof baselineSchema>;
