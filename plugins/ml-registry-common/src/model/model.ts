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
  pendingPromotions: z.number().int(),
  createdAt: timestampSchema,
  updatedAt: timestampSchema,
});
export type Model = z.infer<typeof modelSchema>;

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
