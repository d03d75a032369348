import { z } from 'zod';
import { datasetInputSchema, versionSummarySchema } from './version';

/** A version as a search shows it: what can be asked for, and what tells it from its neighbours. */
export const foundVersionSchema = versionSummarySchema.extend({
  modelRef: z.string(),
  owner: z.string().optional(),
  aliases: z.array(z.string()),
  params: z.record(z.string(), z.string()),
  flavors: z.array(z.string()),
  datasets: z.array(datasetInputSchema),
  createdBy: z.string().optional(),
});
export type FoundVersion = z.infer<typeof foundVersionSchema>;
