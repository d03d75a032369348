import { z } from 'zod';

/** What turned out to be right: a class, a number, or yes or no. */
export const labelValueSchema = z.union([
  z.string().max(500),
  z.number(),
  z.boolean(),
]);
export type LabelValue = z.infer<typeof labelValueSchema>;

/** The true value of one prediction. */
export const labelSchema = z.object({
  /** The `prediction_id` of the row in the prediction log: `<predictionId of the answer>/<row>`, counted from 0. */
  predictionId: z
    .string()
    .max(220)
    .regex(
      /^[^/\s]{1,200}\/(?:0|[1-9]\d{0,8})$/,
      'Expected the id of the answer and the row, such as 0b6c1d7e/0',
    ),
  label: labelValueSchema,
  /** When it became known; the time of receipt unless given. */
  at: z.iso.datetime({ offset: true }).optional(),
});
export type Label = z.infer<typeof labelSchema>;

/** What became of a batch of labels: the parts add up to `received`. */
export const labelReceiptSchema = z.object({
  received: z.number().int(),
  /** Of predictions that had none. */
  added: z.number().int(),
  /** There already: nothing was written. */
  unchanged: z.number().int(),
  /** Other than before: it counts now, and the one before is kept. */
  corrected: z.number().int(),
  /** Older than the one that counts: kept beside it. */
  late: z.number().int(),
});
export type LabelReceipt = z.infer<typeof labelReceiptSchema>;
