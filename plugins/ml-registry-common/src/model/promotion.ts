import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { gateVerdictSchema, waiverSchema } from './gate';
import { promotionTargetSchema, stageSchema } from './stage';
import {
  datasetInputSchema,
  metricsSchema,
  signatureSchema,
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

/** What lists of promotions are narrowed to: one state, all that wait for something, or all that ended by a decision. */
export const promotionFilterSchema = z.enum([
  ...promotionStateSchema.options,
  'open',
  'decided',
]);
export type PromotionFilter = z.infer<typeof promotionFilterSchema>;

/** A metric together with the data it was measured on. */
export const measurementSchema = z.object({
  metric: z.string(),
  value: z.number(),
  dataset: z.object({ name: z.string(), digest: z.string() }),
});
export type Measurement = z.infer<typeof measurementSchema>;

/** The files of a version; `digest` is over paths, sizes and checksums of all of them. */
export const fileEvidenceSchema = z.object({
  digest: z.string(),
  items: z.array(
    z.object({
      path: z.string(),
      size: z.number().int().optional(),
      /** As computed when the file was received; absent for a file nobody uploaded through the portal. */
      sha256: z.string().optional(),
    }),
  ),
});
export type FileEvidence = z.infer<typeof fileEvidenceSchema>;

/** What the decision rests on, frozen when the promotion was asked for, and again when approvals lapsed. */
export const evidenceSchema = z.object({
  at: timestampSchema,
  metrics: metricsSchema,
  datasets: z.array(datasetInputSchema),
  champion: versionSummarySchema.optional(),
  runId: z.string().optional(),
  jobId: z.string().optional(),
  commit: z.string().optional(),
  signature: signatureSchema.optional(),
  files: fileEvidenceSchema.optional(),
  /** Which fields of the model card were filled. */
  card: z
    .object({ filled: z.array(z.string()), missing: z.array(z.string()) })
    .optional(),
  measurements: z.array(measurementSchema).optional(),
  /** Fingerprints of what an approval approves; when one changes, approvals lapse. */
  basis: z.record(z.string(), z.string()).optional(),
  /** One fingerprint over `basis`. */
  digest: z.string().optional(),
});
export type Evidence = z.infer<typeof evidenceSchema>;

export const approvalSchema = z.object({
  by: z.string(),
  at: timestampSchema,
  comment: z.string().optional(),
  /** The roles the person had then: the owner's ref, or a group that config names. */
  roles: z.array(z.string()).optional(),
});
export type Approval = z.infer<typeof approvalSchema>;

/** Approvals that no longer counted, because what they approved had changed. */
export const lapseSchema = z.object({
  at: timestampSchema,
  /** What changed, in words. */
  changes: z.array(z.string()),
  approvals: z.array(approvalSchema),
});
export type Lapse = z.infer<typeof lapseSchema>;

/** Who has to approve: `count` different people of these groups, of every one of them where `everyRole` says so. */
export const approvalRuleSchema = z.object({
  count: z.number().int(),
  roles: z.array(z.string()),
  everyRole: z.boolean(),
});
export type ApprovalRule = z.infer<typeof approvalRuleSchema>;

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
  approvalRule: approvalRuleSchema.optional(),
  /** Every waiver ever given for it. One that names older evidence does not count any more. */
  waivers: z.array(waiverSchema).optional(),
  lapses: z.array(lapseSchema).optional(),
  createdAt: timestampSchema,
  decidedAt: timestampSchema.optional(),
  message: z.string().optional(),
});
export type Promotion = z.infer<typeof promotionSchema>;

export const promotionPreviewSchema = z.object({
  gates: z.array(gateVerdictSchema),
  champion: versionSummarySchema.optional(),
  approvalsNeeded: z.number().int(),
  approvalRule: approvalRuleSchema.optional(),
  allowed: z.boolean(),
  /** Why not, one sentence each; empty when allowed. */
  reasons: z.array(z.string()),
});
export type PromotionPreview = z.infer<typeof promotionPreviewSchema>;
