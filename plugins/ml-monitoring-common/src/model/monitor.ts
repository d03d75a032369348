import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { driftStatusSchema } from './status';
import { windowSummarySchema } from './window';

/** What a monitor watches, by the detector that does it: `drift`. */
export const monitorKindSchema = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,62}$/,
    'Expected a kind in lower case letters, such as drift',
  );

/** Tells the monitors of one kind of a model apart. */
export const monitorNameSchema = z
  .string()
  .regex(
    /^[a-z0-9][a-z0-9_-]{0,62}$/,
    'Expected a name of lower case letters, digits, dashes and underscores, such as default',
  );

/** The watch over one thing about a model's production version. */
export const monitorSchema = z.object({
  /** Occurs once. Of the drift monitor that every served model has, it is the ref of the model. */
  id: z.string(),
  kind: monitorKindSchema,
  /** `default` of the drift monitor that every served model has. */
  name: monitorNameSchema,
  /** The ref of the model, as `modelRef`. */
  ref: entityRefSchema,
  modelRef: entityRefSchema,
  owner: entityRefSchema.optional(),
  version: z.number().int().optional(),
  status: driftStatusSchema,
  /** One sentence that says why. */
  message: z.string(),
  /** The values from which it is a warning, and drift: of the kind `drift`, the PSI of a significant difference. */
  thresholds: z.object({ warning: z.number(), drift: z.number() }),
  /** What was set for this monitor; the rest follows the configuration. */
  settings: z.record(z.string(), z.unknown()),
  latestWindow: windowSummarySchema.optional(),
  /** Since when, and because of which columns, the model is away from its baseline. */
  openEpisode: z
    .object({ since: timestampSchema, columns: z.array(z.string()) })
    .optional(),
});
export type Monitor = z.infer<typeof monitorSchema>;

/** A detector that is installed. */
export const detectorSchema = z.object({
  kind: monitorKindSchema,
  title: z.string(),
  needs: z.object({
    baseline: z.boolean(),
    columns: z.array(z.enum(['feature', 'prediction'])),
    labels: z.boolean(),
  }),
  /** What a monitor of this kind may set, as JSON Schema. */
  settings: z.record(z.string(), z.unknown()),
});
export type InstalledDetector = z.infer<typeof detectorSchema>;

export const monitorCountsSchema = z.object({
  total: z.number().int(),
  byStatus: z.partialRecord(driftStatusSchema, z.number().int()),
});
export type MonitorCounts = z.infer<typeof monitorCountsSchema>;
