import { z } from 'zod';

/** What a retraining would learn from, beside what the job before it learned from. */
export const retrainingSchema = z.object({
  /** The job that is submitted again. */
  repeats: z.string(),
  commit: z.string().optional(),
  inputs: z.array(
    z.object({
      name: z.string(),
      /** `default/breast-masses@1` */
      before: z.string(),
      /** Left out where the caller may not see it, or it is gone. */
      newest: z.string().optional(),
    }),
  ),
  /** Every input is the one before. With the code of that commit, it makes the same model. */
  sameData: z.boolean(),
});
export type Retraining = z.infer<typeof retrainingSchema>;

/** A job that was submitted to train a model again. */
export const retrainedSchema = z.object({
  jobId: z.string(),
  /** Data and code are those of the job before: it will make the same model. */
  sameModel: z.boolean(),
  message: z.string(),
});
export type Retrained = z.infer<typeof retrainedSchema>;
