import {
  jobAttemptSchema,
  jobDefinitionSchema,
  jobInputSchema,
  jobStateSchema,
  parametersSchema,
  type Job,
  type JobAttempt,
} from '@downstage/plugin-ml-jobs-common';
import { z } from 'zod';

const optionalText = z
  .string()
  .nullish()
  .transform(value => value ?? undefined);

function json<T extends z.ZodType>(schema: T) {
  return z
    .string()
    .transform((text): unknown => JSON.parse(text))
    .pipe(schema);
}

/** A row of `jobs`, parsed once on the way out of the database. */
export const jobRowSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: z.string(),
  model: optionalText,
  state: jobStateSchema,
  reason: optionalText,
  message: optionalText,
  repository: z.string(),
  ref: optionalText,
  commit: z.string(),
  definition: json(jobDefinitionSchema),
  definition_given: z.union([z.boolean(), z.number()]).transform(Boolean),
  parameters: json(parametersSchema),
  inputs: json(z.array(jobInputSchema)),
  warnings: json(
    z.array(z.object({ option: z.string(), message: z.string() })),
  ),
  environment: optionalText,
  isolation: optionalText,
  runtime: z.string(),
  place: optionalText,
  submitter_groups: json(z.array(z.string())).nullish(),
  attempt: z.number(),
  created_by: z.string(),
  rerun_of: optionalText,
  idempotency_key: optionalText,
  created_at: z.string(),
  started_at: optionalText,
  ended_at: optionalText,
  cancel_requested_at: optionalText,
  cancel_message: optionalText,
});
export type JobRow = z.infer<typeof jobRowSchema>;

/** A row of `job_attempts`. */
export const attemptRowSchema = z
  .object({
    job_id: z.string(),
    number: z.number(),
    state: jobAttemptSchema.shape.state,
    reason: optionalText,
    message: optionalText,
    created_at: z.string(),
    started_at: optionalText,
    ended_at: optionalText,
    exit_code: z
      .number()
      .nullish()
      .transform(value => value ?? undefined),
  })
  .transform(row => ({
    jobId: row.job_id,
    createdAt: row.created_at,
    attempt: {
      number: row.number,
      state: row.state,
      reason: row.reason,
      message: row.message,
      startedAt: row.started_at,
      endedAt: row.ended_at,
      exitCode: row.exit_code,
    } satisfies JobAttempt,
  }));

export const timelineRowSchema = z.object({
  job_id: z.string(),
  at: z.string(),
  type: z.string(),
  message: z.string(),
});

/** The job as the contract shows it. */
export function toJob(
  row: JobRow,
  parts: {
    attempts: JobAttempt[];
    timeline: Job['timeline'];
    queuePosition?: number;
  },
): Job {
  return {
    id: row.id,
    name: row.name,
    owner: row.owner,
    model: row.model,
    state: row.state,
    reason: row.reason,
    message: row.message,
    source: { repository: row.repository, ref: row.ref, commit: row.commit },
    definition: row.definition,
    parameters: row.parameters,
    inputs: row.inputs,
    environment: row.environment,
    isolation: row.isolation,
    warnings: row.warnings,
    attempts: parts.attempts,
    timeline: parts.timeline,
    createdBy: row.created_by,
    rerunOf: row.rerun_of,
    createdAt: row.created_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
    queuePosition: parts.queuePosition,
  };
}
