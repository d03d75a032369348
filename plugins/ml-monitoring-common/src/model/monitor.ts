import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { driftStatusSchema, windowSummarySchema } from './window';

/** The watch over one model's production version. */
export const monitorSchema = z.object({
  /** The ref of the model: there is one monitor a model. */
  ref: entityRefSchema,
  modelRef: entityRefSchema,
  owner: entityRefSchema.optional(),
  version: z.number().int().optional(),
  status: driftStatusSchema,
  /** One sentence that says why. */
  message: z.string(),
  /** The PSI from which a significant difference is a warning, and drift. */
  thresholds: z.object({ warning: z.number(), drift: z.number() }),
  latestWindow: windowSummarySchema.optional(),
  /** Since when, and because of which columns, the model is away from its baseline. */
  openEpisode: z
    .object({ since: timestampSchema, columns: z.array(z.string()) })
    .optional(),
});
export type Monitor = z.infer<typeof monitorSchema>;

export const monitorCountsSchema = z.object({
  total: z.number().int(),
  byStatus: z.partialRecord(driftStatusSchema, z.number().int()),
});
export type MonitorCounts = z.infer<typeof monitorCountsSchema>;
