import { z } from 'zod';

export const gateStatusSchema = z.enum(['passed', 'failed', 'pending']);

/** What one gate found: what it saw, what it wanted, and what to do about it. */
export const gateVerdictSchema = z.object({
  gate: z.string(),
  status: gateStatusSchema,
  saw: z.string(),
  wanted: z.string(),
  message: z.string(),
  /** How to make it pass, when somebody can. */
  how: z.string().optional(),
});
export type GateVerdict = z.infer<typeof gateVerdictSchema>;
