import { z } from 'zod';
import { driftStatusSchema } from './status';

/** One value that a detector watches in a window, with its limits and what it came to. */
export const signalSchema = z.object({
  /** What is watched, once in a window: the name of a column, or of a metric. */
  name: z.string().min(1).max(500),
  /** How it is measured: `psi`, `accuracy`. */
  metric: z.string().min(1).max(100),
  /** Left out where there was nothing to measure. */
  value: z.number().optional(),
  /** The unit of value and thresholds, in words for people: `PSI`, `share of predictions`. */
  unit: z.string().max(100),
  /** The values from which it is a warning, and `drift`. */
  thresholds: z.object({ warning: z.number(), drift: z.number() }).optional(),
  state: driftStatusSchema,
  /** One sentence that says why, without values of data. */
  message: z.string().max(2000),
});
export type Signal = z.infer<typeof signalSchema>;
