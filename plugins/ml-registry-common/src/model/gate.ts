import { timestampSchema } from '@downstage/common';
import { z } from 'zod';

/** `warning` and `waived` let a version pass, and are shown for what they are. */
export const gateStatusSchema = z.enum([
  'passed',
  'failed',
  'pending',
  'warning',
  'waived',
]);
export type GateStatus = z.infer<typeof gateStatusSchema>;

/** Somebody let a version pass a gate that it failed, and said why. */
export const waiverSchema = z.object({
  gate: z.string(),
  by: z.string(),
  at: timestampSchema,
  reason: z.string(),
});
export type Waiver = z.infer<typeof waiverSchema>;

/** What one gate found: what it saw, what it wanted, and what to do about it. */
export const gateVerdictSchema = z.object({
  gate: z.string(),
  status: gateStatusSchema,
  saw: z.string(),
  wanted: z.string(),
  message: z.string(),
  /** How to make it pass, when somebody can. */
  how: z.string().optional(),
  /** Whether an approver may let the version pass when this gate fails. */
  waivable: z.boolean().optional(),
  /** Who did, with `status` `waived`. */
  waiver: waiverSchema.optional(),
});
export type GateVerdict = z.infer<typeof gateVerdictSchema>;

/** Whether a verdict lets a version pass: passed, waived, or no more than a warning. */
export function letsPass({ status }: Pick<GateVerdict, 'status'>): boolean {
  return status !== 'failed' && status !== 'pending';
}
