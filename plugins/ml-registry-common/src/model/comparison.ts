import { z } from 'zod';

export const comparisonSections = [
  'metrics',
  'params',
  'signature',
  'datasets',
  'environment',
  'files',
  'card',
] as const;

/** One line of a comparison of two versions. */
const comparisonRowSchema = z.object({
  section: z.enum(comparisonSections),
  key: z.string(),
  left: z.string().optional(),
  right: z.string().optional(),
  same: z.boolean(),
  /** Right minus left, where both are numbers. */
  difference: z.number().optional(),
});
export type ComparisonRow = z.infer<typeof comparisonRowSchema>;

export const versionComparisonSchema = z.object({
  left: z.string(),
  right: z.string(),
  rows: z.array(comparisonRowSchema),
});
export type VersionComparison = z.infer<typeof versionComparisonSchema>;

/** A metric of the version beside the same one of a run that trained it again. */
const metricMatchSchema = z.object({
  metric: z.string(),
  original: z.number().optional(),
  again: z.number().optional(),
  difference: z.number().optional(),
  equal: z.boolean(),
});
export type MetricMatch = z.infer<typeof metricMatchSchema>;

/** What is submitted to `ml-jobs`: the body of `POST /v1/jobs`, every part pinned. */
export const pinnedJobSchema = z.object({
  source: z.object({ repository: z.string(), ref: z.string() }),
  definition: z.record(z.string(), z.unknown()),
  parameters: z.record(
    z.string(),
    z.union([z.string(), z.number(), z.boolean()]),
  ),
  owner: z.string(),
  model: z.string().optional(),
});
export type PinnedJob = z.infer<typeof pinnedJobSchema>;

export const reproductionSchema = z.object({
  ref: z.string(),
  /** Whether it can be trained again; `reasons` says why not. */
  possible: z.boolean(),
  reasons: z.array(z.string()),
  /** The one command. */
  command: z.string(),
  pinned: z.object({
    commit: z.string().optional(),
    repository: z.string().optional(),
    datasets: z.array(z.string()),
    environment: z.string().optional(),
    parameters: z.record(z.string(), z.string()),
    seed: z.string().optional(),
  }),
  job: pinnedJobSchema.optional(),
  tolerance: z.object({ absolute: z.number(), relative: z.number() }),
  /** Jobs that trained it again, newest first. */
  attempts: z.array(
    z.object({
      jobId: z.string(),
      requestedBy: z.string(),
      at: z.string(),
      runId: z.string().optional(),
      /** `running` until the run ended. */
      outcome: z.enum(['waiting', 'running', 'failed', 'equal', 'different']),
      sameEnvironment: z.boolean().optional(),
      metrics: z.array(metricMatchSchema),
    }),
  ),
});
export type Reproduction = z.infer<typeof reproductionSchema>;
