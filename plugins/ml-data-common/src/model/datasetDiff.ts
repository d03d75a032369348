import { z } from 'zod';
import { datasetColumnSchema } from './datasetVersion';

const change = z.object({
  from: z.number(),
  to: z.number(),
  delta: z.number(),
});

/** How the figures of one column moved between two versions. */
export const columnShiftSchema = z.object({
  name: z.string(),
  nullRate: change,
  distinct: change,
  mean: change.optional(),
  stddev: change.optional(),
  median: change.optional(),
  /** The move of the mean in standard deviations of the older version; 0 is no move. */
  shift: z.number().optional(),
});
export type ColumnShift = z.infer<typeof columnShiftSchema>;

/** What changed from one version to another. */
export const datasetDiffSchema = z.object({
  from: z.string(),
  to: z.string(),
  identical: z.boolean(),
  rows: change,
  bytes: change,
  schema: z.object({
    added: z.array(datasetColumnSchema),
    removed: z.array(datasetColumnSchema),
    changed: z.array(
      z.object({ name: z.string(), from: z.string(), to: z.string() }),
    ),
  }),
  columns: z.array(columnShiftSchema),
});
export type DatasetDiff = z.infer<typeof datasetDiffSchema>;
