import { z } from 'zod';
import {
  baseSpec,
  fieldNameSchema,
  fieldSchema,
  freshnessSchema,
  refTo,
} from './shared';

export const classificationSchema = z.enum([
  'public',
  'internal',
  'confidential',
  'restricted',
]);
export type Classification = z.infer<typeof classificationSchema>;

/** Where the data is: a path relative to one of the folders of `mlData.roots`, or a URI. */
const datasetLocationSchema = z.strictObject({
  uri: z.string().min(1),
  format: z.string().min(1).optional(),
  /** What stands between two values of a line of text: `;`, a tab. Found in the header unless given. */
  delimiter: z.string().length(1).optional(),
  /** What a value is put between when it has the delimiter in it; `"` unless given. */
  quote: z.string().length(1).optional(),
  decimal: z.enum(['.', ',']).optional(),
  /** What groups the digits of large numbers: `1.234.567`. Nothing does unless given. */
  thousands: z.enum([',', '.', ' ', "'", '_']).optional(),
  /** `false` when the first line holds values and no names. */
  header: z.boolean().optional(),
  /** `utf-8`, `utf-16le`, `latin-1`, `windows-1252`, …; UTF-8 or what a byte order mark says unless given. */
  encoding: z.string().min(1).max(40).optional(),
  /** Words that mean "no value" in every column, text included. */
  nullWords: z.array(z.string().max(100)).max(50).optional(),
});

const datasetSchemaSchema = z.strictObject({
  primaryKey: z.array(fieldNameSchema).optional(),
  timestamp: fieldNameSchema.optional(),
  fields: z.array(fieldSchema).optional(),
});

/** What has to hold for the data of a version: for one column, or for all rows. */
export const datasetCheckSchema = z
  .strictObject({
    column: fieldNameSchema.optional(),
    notNull: z.boolean().optional(),
    unique: z.boolean().optional(),
    min: z.number().optional(),
    max: z.number().optional(),
    /** The only values that may occur. */
    allowed: z.array(z.string()).min(1).max(50).optional(),
    /** Of the whole version; needs no column. */
    minRows: z.number().int().min(1).optional(),
  })
  .refine(
    ({ column, minRows, ...rest }) =>
      column === undefined
        ? minRows !== undefined && Object.keys(rest).length === 0
        : Object.keys(rest).length > 0,
    'A check needs a column with notNull, unique, min, max or allowed, or minRows without a column',
  )
  .meta({ minProperties: 1 });
export type DatasetCheck = z.infer<typeof datasetCheckSchema>;

/** `spec` of a Dataset. */
export const datasetSpecSchema = z.object({
  ...baseSpec,
  type: z.enum(['table', 'files', 'stream']),
  location: datasetLocationSchema.optional(),
  classification: classificationSchema.optional(),
  schema: datasetSchemaSchema.optional(),
  derivedFrom: z.array(refTo('Dataset')).optional(),
  freshness: freshnessSchema.optional(),
  checks: z.array(datasetCheckSchema).max(200).optional(),
});
export type DatasetSpec = z.infer<typeof datasetSpecSchema>;
