import { z } from 'zod';
import {
  datasetColumnSchema,
  datasetVersionSummarySchema,
} from './datasetVersion';
import { datasetDialectSchema } from './dialect';

/** A dataset of the catalog with its latest version. */
export const datasetSchema = z.object({
  ref: z.string(),
  namespace: z.string(),
  name: z.string(),
  title: z.string().optional(),
  description: z.string().optional(),
  owner: z.string().optional(),
  /** The owner by the catalog, where it is another than the one that counts. */
  catalogOwner: z.string().optional(),
  type: z.string(),
  classification: z.string().optional(),
  /** ISO 8601 duration: data older than this is called stale. */
  maxAge: z.string().optional(),
  latest: datasetVersionSummarySchema.optional(),
});
export type Dataset = z.infer<typeof datasetSchema>;

/** A file of a version, for readers on any machine. */
export const datasetFileAddressSchema = z.object({
  name: z.string().describe('Relative to the version: 2026/part-0.csv'),
  size: z.number().int(),
  sha256: z.string(),
  url: z
    .string()
    .describe(
      'Where its bytes are read, below the address of ml-data: /v1/datasets/…',
    ),
});
export type DatasetFileAddress = z.infer<typeof datasetFileAddressSchema>;

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
  /**
   * The version as one table in Parquet, every value in its type: what programs should read. Absolute, in order; the
   * files themselves where they are that table. Absent for text that an older release registered.
   */
  table: z
    .object({ folder: z.string(), files: z.array(z.string()).min(1) })
    .optional(),
  /** The same files by address. The paths above hold on the machine of the portal only. */
  addresses: z.object({
    files: z.array(datasetFileAddressSchema),
    table: z.array(datasetFileAddressSchema).min(1).optional(),
  }),
  /** How the files are written, for readers of the files instead of the table. */
  dialect: datasetDialectSchema.optional(),
  columns: z.array(datasetColumnSchema.pick({ name: true, type: true })),
  /** What does no harm but is worth knowing: the original has changed since. */
  warnings: z.array(z.string()),
});
export type DatasetFiles = z.infer<typeof datasetFilesSchema>;
