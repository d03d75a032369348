import { z } from 'zod';
import { datasetVersionSummarySchema } from './datasetVersion';

/** A dataset of the catalog with its latest version. */
export const datasetSchema = z.object({
  ref: z.string(),
  namespace: z.string(),
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  type: z.string(),
  classification: z.string().optional(),
  /** ISO 8601 duration: data older than this is called stale. */
  maxAge: z.string().optional(),
  latest: datasetVersionSummarySchema.optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** The files of a version, checked against their hashes a moment ago. */
export const datasetFilesSchema = z.object({
  ref: z.string(),
  format: z.enum(['csv', 'parquet']),
  /** The folder of the version, or its file where there is only one. Absolute. */
  path: z.string(),
  digest: z.string(),
  files: z.array(
    z.object({
      path: z.string(),
      size: z.number().int(),
      sha256: z.string(),
      rows: z.number().int(),
    }),
  ),
  /** What does no harm but is worth knowing: the original has changed since. */
  warnings: z.array(z.string()),
});
export type DatasetFiles = z.infer<typeof datasetFilesSchema>;
