import { z } from 'zod';

/** What can be deleted for good: a deleted run, logged model or experiment, or files that belong to nothing. */
export const garbageKindSchema = z.enum([
  'run',
  'logged-model',
  'experiment',
  'orphan',
]);
export type GarbageKind = z.infer<typeof garbageKindSchema>;

/** One thing that was shown for deletion. */
export const garbageItemSchema = z.object({
  kind: garbageKindSchema,
  /** Its id; of an orphan, its folder in the artifact store. */
  ref: z.string(),
  name: z.string(),
  experimentId: z.string(),
  files: z.number().int(),
  bytes: z.number().int(),
  state: z.enum(['shown', 'rows-deleted', 'deleted', 'kept', 'failed']),
  /** Why it was kept after all, or what failed. */
  reason: z.string().optional(),
});
export type GarbageItem = z.infer<typeof garbageItemSchema>;

/** Something deleted long enough ago that is needed all the same. */
export const keptSchema = z.object({
  kind: garbageKindSchema,
  ref: z.string(),
  name: z.string(),
  experimentId: z.string(),
  reason: z.string(),
});
export type Kept = z.infer<typeof keptSchema>;

/** How much of one experiment would go. */
const garbageExperimentSchema = z.object({
  experimentId: z.string(),
  name: z.string(),
  items: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
});

/** What was shown for deletion, and what became of it. */
export const garbageCollectionSchema = z.object({
  id: z.string(),
  state: z.enum(['shown', 'collecting', 'done']),
  createdBy: z.string(),
  createdAt: z.string(),
  /** Only what was deleted before this is shown. */
  deletedBefore: z.string(),
  collectedBy: z.string().optional(),
  collectedAt: z.string().optional(),
  finishedAt: z.string().optional(),
  itemCount: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
  /** How far it has come. */
  deleted: z.number().int(),
  deletedBytes: z.number().int(),
  keptAfterAll: z.number().int(),
  failed: z.number().int(),
  experiments: z.array(garbageExperimentSchema),
  /** The largest first, 500 at most. */
  items: z.array(garbageItemSchema),
  /** What is old enough and needed, 500 at most. */
  kept: z.array(keptSchema),
  keptCount: z.number().int(),
});
export type GarbageCollection = z.infer<typeof garbageCollectionSchema>;
