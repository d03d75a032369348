import { z } from 'zod';
import {
  conditionSchema,
  entityRefSchema,
  timestampSchema,
} from '@downstage/common';
import { servedVariantSchema, variantModes } from './gatewayState';

export const endpointStates = [
  'waiting',
  'loading',
  'ready',
  'degraded',
  'failed',
] as const;

/** Reason of the condition `GatewayAlive` where the configuration wants no gateway. */
export const NO_GATEWAY = 'NoGateway';

const endpointVariantSchema = z.object({
  variant: z.string(),
  /** The version that answers for it now. */
  version: z.number().int(),
  /** Share of the traffic in percent. */
  weight: z.number(),
  /** `shadow`: asked beside the live ones, its answers go to nobody. Live unless given. */
  mode: z.enum(variantModes).optional(),
  state: z.enum(['loading', 'ready', 'failed']),
});
export type EndpointVariant = z.infer<typeof endpointVariantSchema>;

/** Who may ask an endpoint, besides what the permission policy and the catalog say. */
export const endpointAccessSchema = z.object({
  /** Only the owner and these groups may ask; everybody who may predict unless given. */
  groups: z.array(entityRefSchema).max(50).default([]),
  /** Asks to answer without a token; the configuration has to grant it. */
  anonymous: z.boolean().default(false),
});
export type EndpointAccess = z.infer<typeof endpointAccessSchema>;

export const endpointSchema = z.object({
  /** `default/<name>`; the name is the model's. */
  ref: z.string(),
  namespace: z.string(),
  name: z.string(),
  modelRef: entityRefSchema,
  owner: z.string(),
  /** Id of the serving engine that answers; `gateway` is the one on this machine. */
  engine: z.string().optional(),
  /** Open Inference Protocol address: `http://host:port/v2/models/<name>`. */
  url: z.string(),
  generation: z.number().int(),
  observedGeneration: z.number().int(),
  /** `waiting`: no production version yet. `degraded`: an older version answers than the desired state names. */
  state: z.enum(endpointStates),
  conditions: z.array(conditionSchema),
  variants: z.array(endpointVariantSchema),
  /** Kept loaded, so that a rollback to it takes no load. */
  previousVersion: z.number().int().optional(),
  /** Versions whose files it needs: assigned, wanted, of the rollout that runs, and kept for a rollback. */
  neededVersions: z.array(z.number().int()).optional(),
  access: z.object({
    ...endpointAccessSchema.shape,
    /** Answers without a token: asked for and granted. */
    public: z.boolean(),
  }),
  gateway: z.object({
    url: z.string(),
    alive: z.boolean(),
    since: timestampSchema.optional(),
  }),
  createdBy: z.string(),
  createdAt: timestampSchema,
});
export type Endpoint = z.infer<typeof endpointSchema>;

/** `failed`: its version could not be loaded, and another rollout took its place. */
export const rolloutStates = [
  'running',
  'succeeded',
  'failed',
  'superseded',
] as const;

/** A change of what answers behind an endpoint, from one set of variants to the next. */
export const rolloutSchema = z.object({
  /** Counts up from 1 for each endpoint. */
  number: z.number().int(),
  state: z.enum(rolloutStates),
  /** What was to answer before; empty for the first one. */
  from: z.array(servedVariantSchema),
  to: z.array(servedVariantSchema),
  /** Who caused it; absent where that is not known. */
  startedBy: z.string().optional(),
  /** Why it began, as one word: `Deployed`, `Promoted`, `RolledBack`. */
  reason: z.string(),
  /** How it stands or why it ended, in words. */
  message: z.string(),
  startedAt: timestampSchema,
  endedAt: timestampSchema.optional(),
});
export type Rollout = z.infer<typeof rolloutSchema>;

/** A value of one column in a request; null stands for a missing number. */
export const cellSchema = z.union([
  z.number(),
  z.string(),
  z.boolean(),
  z.null(),
]);
export type Cell = z.infer<typeof cellSchema>;

/** Rows by column name, as people and forms write them. */
export const predictRequestSchema = z.object({
  rows: z.array(z.record(z.string(), cellSchema)).min(1).max(10_000),
});
export type PredictRequest = z.infer<typeof predictRequestSchema>;

export const predictResponseSchema = z.object({
  modelVersion: z.number().int(),
  /** One object a row; a vector output such as probabilities is a list. */
  predictions: z.array(
    z.record(z.string(), z.union([cellSchema, z.array(cellSchema)])),
  ),
  requestId: z.string(),
  /**
   * Row `n` of this answer has the `prediction_id` `<predictionId>/<n>` in the prediction log, counted from 0. Absent
   * from engines that write no such log.
   */
  predictionId: z.string().optional(),
});
export type PredictResponse = z.infer<typeof predictResponseSchema>;
