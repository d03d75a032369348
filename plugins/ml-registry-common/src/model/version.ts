import { timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { gateVerdictSchema } from './gate';
import { stageSchema } from './stage';

export const metricsSchema = z.record(z.string(), z.number());

/** A version that was put into production past its gates and approvals; the flag never goes away. */
export const breakGlassSchema = z.object({
  at: timestampSchema,
  by: z.string(),
  reason: z.string(),
});
export type BreakGlass = z.infer<typeof breakGlassSchema>;

export const versionSummarySchema = z.object({
  /** `default/tumour-malignancy@7` */
  ref: z.string(),
  version: z.number().int(),
  stage: stageSchema,
  metrics: metricsSchema,
  createdAt: timestampSchema,
  runId: z.string().optional(),
  breakGlass: breakGlassSchema.optional(),
});
export type VersionSummary = z.infer<typeof versionSummarySchema>;

export const signatureSchema = z.object({
  inputs: z.array(
    z.object({
      name: z.string(),
      type: z.string(),
      required: z.boolean().optional(),
    }),
  ),
  outputs: z.array(
    z.object({
      name: z.string().optional(),
      type: z.string(),
      shape: z.array(z.number().int()).optional(),
    }),
  ),
});
export type Signature = z.infer<typeof signatureSchema>;

export const datasetInputSchema = z.object({
  name: z.string(),
  digest: z.string(),
  context: z.string().optional(),
  /** `default/breast-masses@1`, where the data set is one the portal knows. */
  ref: z.string().optional(),
  /** True where the run's input says the ref of itself (the tag `downstage.ref`), and no job was given it. */
  declared: z.boolean().optional(),
});
export type DatasetInput = z.infer<typeof datasetInputSchema>;

export const modelVersionSchema = z.object({
  ref: z.string(),
  modelRef: z.string(),
  version: z.number().int(),
  stage: stageSchema,
  aliases: z.array(z.string()),
  owner: z.string().optional(),
  description: z.string().optional(),
  tags: z.record(z.string(), z.string()),
  /** MLflow's word: `READY`, `PENDING_REGISTRATION`, `FAILED_REGISTRATION`. */
  status: z.string(),
  source: z.string(),
  artifactUri: z.string(),
  runId: z.string().optional(),
  experimentId: z.string().optional(),
  createdAt: timestampSchema,
  createdBy: z.string(),
  metrics: metricsSchema,
  params: z.record(z.string(), z.string()),
  flavors: z.array(z.string()),
  signature: signatureSchema.optional(),
  datasets: z.array(datasetInputSchema),
  features: z.array(z.string()),
  commit: z.string().optional(),
  environment: z.string().optional(),
  jobId: z.string().optional(),
  /** What the gates of production said last; asked again when something changes. */
  gates: z.array(gateVerdictSchema),
  /** When they were asked; absent while they are asked for the first time. */
  gatesAt: timestampSchema.optional(),
  breakGlass: breakGlassSchema.optional(),
});
export type ModelVersion = z.infer<typeof modelVersionSchema>;

export const artifactFileSchema = z.object({
  path: z.string(),
  isDir: z.boolean(),
  size: z.number().int().optional(),
  sha256: z.string().optional(),
});
export type ArtifactFile = z.infer<typeof artifactFileSchema>;
