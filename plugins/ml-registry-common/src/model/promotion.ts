import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { gateVerdictSchema } from './gate';
import { promotionTargetSchema, stageSchema } from './stage';
import {
  datasetInputSchema,
  metricsSchema,
  versionSummarySchema,
} from './version';

export const promotionStateSchema = z.enum([
  'requested',
  'checking',
  'waiting-for-approval',
  'approved',
  'blocked',
  'rejected',
  'withdrawn',
]);
export type PromotionState = z.infer<typeof promotionStateSchema>;

/** What the decision rests on, frozen when the promotion was asked for. */
export const evidenceSchema = z.object({
  at: timestampSchema,
  metrics: metricsSchema,
  datasets: z.array(datasetInputSchema),
  champion: versionSummarySchema.optional(),
  runId: z.string().optional(),
  jobId: z.string().optional(),
  commit: z.string().optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const approvalSchema = z.object({
  by: z.string(),
  at: timestampSchema,
  comment: z.string().optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

export const promotionSchema = z.object({
  id: z.string(),
  modelRef: z.string(),
  version: z.number().int(),
  versionRef: z.string(),
  from: stageSchema,
  to: promotionTargetSchema,
  state: promotionStateSchema,
  requestedBy: z.string(),
  /** Who made the version; may not approve either. */
  author: z.string().optional(),
  /** The group somebody of which has to approve. */
  owner: z.string().optional(),
  reason: z.string().optional(),
  gates: z.array(gateVerdictSchema),
  evidence: evidenceSchema,
  approvals: z.array(approvalSchema),
  approvalsNeeded: z.number().int(),
  createdAt: timestampSchema,
  decidedAt: timestampSchema.optional(),
  message: z.string().optional(),
});
export type Promotion = z.infer<typeof promotionSchema>;

export const promotionPreviewSchema = z.object({
  gates: z.array(gateVerdictSchema),
  champion: versionSummarySchema.optional(),
  approvalsNeeded: z.number().int(),
  allowed: z.boolean(),
  /** Why not, one sentence each; empty when allowed. */
  reasons: z.array(z.string()),
});
export type PromotionPreview = z.infer<typeof promotionPreviewSchema>;
