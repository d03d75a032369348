import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { versionSummarySchema } from './version';

export const catalogConflictSchema = z.object({
  /**
   * `other-owner`: the file names another owner. `other-file`: it is not the file that the owners accepted.
   * `not-accepted`: it came after the model was registered.
   */
  reason: z.enum(['other-owner', 'other-file', 'not-accepted']),
  /** The owner that the file names. */
  owner: z.string().optional(),
  /** Where the catalog reads it. */
  source: z.string(),
  message: z.string(),
});
export type CatalogConflict = z.infer<typeof catalogConflictSchema>;

export const modelSchema = z.object({
  /** `model:default/tumour-malignancy` */
  ref: z.string(),
  namespace: z.string(),
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  risk: z.enum(['minimal', 'limited', 'high']),
  /** Whether the catalog has a Model entity of this name. */
  hasEntity: z.boolean(),
  /** The entity does not count, and why. Present while the catalog says something else than the registry. */
  catalogConflict: catalogConflictSchema.optional(),
  versionCount: z.number().int(),
  latestVersion: z.number().int().optional(),
  production: versionSummarySchema.optional(),
  candidate: versionSummarySchema.optional(),
  /** The newest version in staging, where it is newer than what is in production: its gates passed, and it waits to be asked for. */
  staging: versionSummarySchema.optional(),
  pendingPromotions: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Model = z.infer<typeof modelSchema>;

/** With a version in production, with a candidate, with none in production, with a promotion that waits. */
export const modelListFilterSchema = z.enum([
  'production',
  'candidate',
  'none',
  'waiting',
]);
export type ModelListFilter = z.infer<typeof modelListFilterSchema>;

/** What a list of models is sorted by; `-` is the largest or latest first. */
export const modelSortSchema = z.enum([
  'name',
  '-name',
  'owner',
  'updated',
  '-updated',
  '-created',
]);
export type ModelSort = z.infer<typeof modelSortSchema>;

/** Counts of models, by the database. */
export const modelCountsSchema = z.object({
  total: z.number().int(),
  inProduction: z.number().int(),
  withCandidate: z.number().int(),
  /** Models for which a promotion waits. */
  waiting: z.number().int(),
  pendingPromotions: z.number().int(),
  unowned: z.number().int(),
  /** The 200 owners of the most models. */
  owners: z.array(z.object({ owner: z.string(), count: z.number().int() })),
});
export type ModelCounts = z.infer<typeof modelCountsSchema>;

export const historyEntrySchema = z.object({
  at: timestampSchema,
  actor: z.string(),
  action: z.string(),
  version: z.number().int().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
  message: z.string(),
});
export type HistoryEntry = z.infer<typeof historyEntrySchema>;
