import { z } from 'zod';
import { baseSpec, refTo } from './shared';

/** The words for how much harm a wrong answer does; `high` asks for two approvals. */
export const riskSchema = z.enum(['minimal', 'limited', 'high']);
export type Risk = z.infer<typeof riskSchema>;

/**
 * One condition a version has to meet. Limits in one gate all have to hold.
 *
 * `notWorseThanChampionBy` compares with the version in production. It does so in the direction of the primary metric
 * when the metric is the primary one. Otherwise it compares upwards.
 */
export const gateSchema = z
  .strictObject({
    metric: z.string().min(1),
    min: z.number().optional(),
    max: z.number().optional(),
    notWorseThanChampionBy: z.number().min(0).optional(),
  })
  .refine(
    gate =>
      gate.min !== undefined ||
      gate.max !== undefined ||
      gate.notWorseThanChampionBy !== undefined,
    'A gate needs at least one of min, max and notWorseThanChampionBy',
  )
  .meta({ minProperties: 2 });
export type ModelGate = z.infer<typeof gateSchema>;

export const evaluationSchema = z.strictObject({
  primaryMetric: z
    .strictObject({
      name: z.string().min(1),
      goal: z.enum(['maximize', 'minimize']),
    })
    .optional(),
  dataset: refTo('Dataset').optional(),
  gates: z.array(gateSchema).optional(),
  /** The state of the data-set versions a version learned from: `passed`, or at least `not-failed`. */
  dataQuality: z.enum(['passed', 'not-failed']).optional(),
  /** Fields of the model card that have to be filled before a version is promoted. */
  requiredCardFields: z.array(z.string().min(1)).optional(),
  /** What to do when callers of the champion could not call the new version as they do now. */
  schemaChange: z.enum(['refuse', 'warn']).optional(),
});
export type ModelEvaluation = z.infer<typeof evaluationSchema>;

/** `spec` of a Model. `type` is an open set: classifier, regressor, ranker, forecaster, embedding, llm … */
export const modelSpecSchema = z.object({
  ...baseSpec,
  risk: riskSchema.optional(),
  trainedOn: z.array(refTo('Dataset')).optional(),
  consumesFeatures: z.array(refTo('Feature')).optional(),
  evaluation: evaluationSchema.optional(),
  approvals: z.number().int().min(0).max(10).optional(),
});
export type ModelSpec = z.infer<typeof modelSpecSchema>;
