import { z } from 'zod';
import { timestampSchema } from '@downstage/common';
import { datasetDialectSchema } from './dialect';

/** What a dataset version is stored as. */
export const datasetFormatSchema = z.enum(['csv', 'parquet']);
export type DatasetFormat = z.infer<typeof datasetFormatSchema>;

/** One file of a version. `path` is relative to the version. */
export const datasetFileSchema = z.object({
  path: z.string(),
  size: z.number().int(),
  sha256: z.string(),
  rows: z.number().int(),
});
export type DatasetFile = z.infer<typeof datasetFileSchema>;

/** One column: its type is read from the data, its description and unit from the catalog entity. */
export const datasetColumnSchema = z.object({
  name: z.string(),
  /** DuckDB's name of the type: `DOUBLE`, `BIGINT`, `VARCHAR`. */
  type: z.string(),
  nullable: z.boolean(),
  description: z.string().optional(),
  unit: z.string().optional(),
});
export type DatasetColumn = z.infer<typeof datasetColumnSchema>;

/** The figures of one column. Values are numbers, or text for everything that is not a number. */
export const columnProfileSchema = z.object({
  name: z.string(),
  type: z.string(),
  /** Values that are not null. */
  count: z.number().int(),
  nulls: z.number().int(),
  /** Exact up to a hundred thousand rows, an estimate above. */
  distinct: z.number().int(),
  /** Numbers that JSON would round come as their digits: `"9007199254740993"`. */
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
  mean: z.number().optional(),
  stddev: z.number().optional(),
  quantiles: z
    .object({
      p01: z.number(),
      p05: z.number(),
      p25: z.number(),
      p50: z.number(),
      p75: z.number(),
      p95: z.number(),
      p99: z.number(),
    })
    .optional(),
  /** `counts[i]` values lie in `[edges[i], edges[i+1])`; the last bin includes its right edge. */
  histogram: z
    .object({ edges: z.array(z.number()), counts: z.array(z.number().int()) })
    .optional(),
  topValues: z
    .array(z.object({ value: z.string(), count: z.number().int() }))
    .optional(),
});
export type ColumnProfile = z.infer<typeof columnProfileSchema>;

export const datasetProfileSchema = z.object({
  columns: z.array(columnProfileSchema),
});
export type DatasetProfile = z.infer<typeof datasetProfileSchema>;

export const qualityStateSchema = z.enum(['passed', 'failed', 'unknown']);
export type QualityState = z.infer<typeof qualityStateSchema>;

/** A version as lists show it. */
export const datasetVersionSummarySchema = z.object({
  /** `default/breast-masses@1` */
  ref: z.string(),
  version: z.number().int(),
  createdAt: timestampSchema,
  createdBy: z.string(),
  message: z.string().optional(),
  format: datasetFormatSchema,
  rows: z.number().int(),
  bytes: z.number().int(),
  columns: z.number().int(),
  /** `sha256:…` over the names and contents of all files. */
  digest: z.string(),
  /** By the checks of the entity as they are now; only in the list of one dataset's versions, where it declares any. */
  qualityState: qualityStateSchema.optional(),
});
export type DatasetVersionSummary = z.infer<typeof datasetVersionSummarySchema>;

/** What the checks that the Dataset entity declares say about a version. */
export const datasetQualitySchema = z.object({
  state: qualityStateSchema,
  checks: z.array(
    z.object({
      /** A column, or `rows`. */
      of: z.string(),
      wanted: z.string(),
      saw: z.string(),
      state: qualityStateSchema,
    }),
  ),
});
export type DatasetQuality = z.infer<typeof datasetQualitySchema>;

/** An immutable state of a dataset: what it holds, its columns and their figures. */
export const datasetVersionSchema = datasetVersionSummarySchema
  .omit({ columns: true, qualityState: true })
  .extend({
    /** Where it was read from, as declared. */
    uri: z.string(),
    files: z.array(datasetFileSchema),
    schema: z.array(datasetColumnSchema),
    profile: datasetProfileSchema,
    /** How its text was read; for CSV that this release read. */
    dialect: datasetDialectSchema.optional(),
    /** What a person should know of the reading: columns joined, lines left out, digits that do not fit. */
    notes: z.array(z.string()).optional(),
    /** By the checks of the entity as they are now. */
    quality: datasetQualitySchema.optional(),
  });
export type DatasetVersion = z.infer<typeof datasetVersionSchema>;
