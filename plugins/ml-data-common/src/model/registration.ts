import { z } from 'zod';
import { timestampSchema } from '@downstage/common';

/** A version on its way. The last three are ends. */
export const registrationStateSchema = z.enum([
  'queued',
  'copying',
  'reading',
  'profiling',
  'ready',
  'failed',
  'cancelled',
]);
export type RegistrationState = z.infer<typeof registrationStateSchema>;

/** The states a registration does not leave. */
export const registrationEnds: readonly RegistrationState[] = [
  'ready',
  'failed',
  'cancelled',
];

/** The registering of one version: accepted at once, done in the background. */
export const datasetRegistrationSchema = z.object({
  id: z.string(),
  /** `dataset:default/breast-masses` */
  dataset: z.string(),
  state: registrationStateSchema,
  /** Bytes while copying and reading, columns while profiling. */
  progress: z.object({ done: z.number(), of: z.number() }).optional(),
  /** Why it failed: which file and line, what was found, what is allowed. */
  error: z
    .object({ message: z.string(), code: z.string().optional() })
    .optional(),
  /** The version it became; the latest one when its content was that already. */
  version: z.number().int().optional(),
  uri: z.string(),
  message: z.string().optional(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  finishedAt: timestampSchema.optional(),
});
export type DatasetRegistration = z.infer<typeof datasetRegistrationSchema>;
