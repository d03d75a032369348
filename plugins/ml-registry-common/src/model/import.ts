import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** What is imported, in this order. */
export const importKinds = [
  'experiment',
  'run',
  'logged-model',
  'model',
  'version',
  'alias',
] as const;
export const importKindSchema = z.enum(importKinds);
export type ImportKind = z.infer<typeof importKindSchema>;

export const importStateSchema = z.enum([
  'running',
  'succeeded',
  'failed',
  'cancelled',
]);
export type ImportState = z.infer<typeof importStateSchema>;

/**
 * What becomes of versions that are in production on the other server: `record`
 * writes the stage down as the tag `downstage.imported.stage`; `enter` puts them
 * into production past the gates, flagged in the ledger for ever.
 */
export const importStagesSchema = z.enum(['record', 'enter']);
export type ImportStages = z.infer<typeof importStagesSchema>;

export const importCountSchema = z.object({
  kind: importKindSchema,
  /** Seen on the other server so far. */
  found: z.number().int(),
  /** New here. */
  added: z.number().int(),
  /** Here already, from an earlier import. */
  known: z.number().int(),
  leftOut: z.number().int(),
});
export type ImportCount = z.infer<typeof importCountSchema>;

/** Something that was not imported, and why. */
export const importOmissionSchema = z.object({
  kind: importKindSchema,
  /** As the other server calls it. */
  sourceId: z.string(),
  reason: z.string(),
});
export type ImportOmission = z.infer<typeof importOmissionSchema>;

export const registryImportSchema = z.object({
  id: z.string(),
  uri: z.string(),
  state: importStateSchema,
  /** What it is busy with; absent when it ended. */
  phase: importKindSchema.optional(),
  counts: z.array(importCountSchema),
  /** Points of metrics, files and their bytes that were read. */
  points: z.number().int(),
  files: z.number().int(),
  bytes: z.number().int(),
  stages: importStagesSchema,
  owner: z.string().optional(),
  /** Why it failed, or what it waits for. */
  message: z.string().optional(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  finishedAt: timestampSchema.optional(),
});
export type RegistryImport = z.infer<typeof registryImportSchema>;
