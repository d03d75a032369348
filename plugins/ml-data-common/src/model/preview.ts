import { z } from 'zod';
import { datasetDialectSchema } from './dialect';
import { datasetFormatSchema } from './datasetVersion';

/** How text would be read with what is declared now: the first rows, or why it would be refused. Nothing is kept. */
export const datasetPreviewSchema = z.object({
  uri: z.string(),
  format: datasetFormatSchema,
  /** The files that were looked into, each from its beginning. */
  files: z.array(
    z.object({
      path: z.string(),
      size: z.number().int(),
      /** How many bytes of it were looked at. */
      looked: z.number().int(),
    }),
  ),
  /** How many files the location holds. */
  allFiles: z.number().int(),
  /** Everything was looked at. Else what comes later may still change a type, or be refused. */
  complete: z.boolean(),
  /** How the text was found to be written. */
  dialect: datasetDialectSchema.optional(),
  /** The first columns, and how many there are. */
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  allColumns: z.number().int(),
  /** The first rows as text, in the order of `columns`; `null` is no value. A long value is cut. */
  rows: z.array(z.array(z.string().nullable())),
  /** How many rows there are in what was looked at. */
  lookedRows: z.number().int(),
  notes: z.array(z.string()),
  /** Why nothing could be registered as it is; then there are no columns and rows. */
  refused: z
    .object({
      message: z.string(),
      /** The file within the location. */
      file: z.string().optional(),
      line: z.number().int().optional(),
      /** The place in the line, in characters from one. */
      column: z.number().int().optional(),
    })
    .optional(),
});
export type DatasetPreview = z.infer<typeof datasetPreviewSchema>;
