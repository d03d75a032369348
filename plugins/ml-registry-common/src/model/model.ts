import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { versionSummarySchema } from './version';

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
