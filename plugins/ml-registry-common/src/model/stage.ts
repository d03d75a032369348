import { z } from 'zod';

/** Where a version is in its life. `champion` is the production version, `challenger` the candidate. */
export const stageSchema = z.enum([
  'none',
  'staging',
  'candidate',
  'production',
  'archived',
]);
export type Stage = z.infer<typeof stageSchema>;

/** Stages somebody can ask a promotion to. */
export const promotionTargetSchema = z.enum([
  'staging',
  'candidate',
  'production',
]);
export type PromotionTarget = z.infer<typeof promotionTargetSchema>;

/** Aliases the stages own; they move with a promotion and in no other way. */
export const stageAliases = {
  production: 'champion',
  candidate: 'challenger',
} as const;
