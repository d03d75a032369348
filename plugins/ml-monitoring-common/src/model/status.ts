import { z } from 'zod';

/**
 * What a window, a signal, a column or a whole monitor came to.
 *
 * `insufficient_data`: fewer rows than a verdict needs. `no_data`: nothing to look at, or nothing to compare with.
 * `unknown`: the detector failed or did not answer in time, and the message says how. `drift` is the worst of every kind.
 */
export const driftStatusSchema = z.enum([
  'ok',
  'warning',
  'drift',
  'insufficient_data',
  'no_data',
  'unknown',
]);
export type DriftStatus = z.infer<typeof driftStatusSchema>;
