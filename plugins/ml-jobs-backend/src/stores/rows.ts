import {
  jobAttemptSchema,
  jobDocumentSchema,
  jobInputSchema,
  jobOutputSchema,
  jobStateSchema,
  parametersSchema,
  jobTimelineEntrySchema,
  jobWaitingSchema,
  jobWorkerSchema,
  type Job,
  type JobAttempt,
  type JobTimelineEntry,
  type JobWorker,
} from '@downstage/plugin-ml-jobs-common';
import { z } from 'zod';
import type { PlannedJob } from '../services/Admission';

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

const handleSchema = z.record(z.string(), z.union([z.string(), z.number()]));

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
  definition: json(jobDocumentSchema),
  definition_given: z.union([z.boolean(), z.number()]).transform(Boolean),
  parameters: json(parametersSchema),
  inputs: json(z.array(jobInputSchema)),
  warnings: json(
    z.array(z.object({ option: z.string(), message: z.string() })),
  ),
  environment: optionalText,
  isolation: optionalText,
  runtime: z.string(),
  queue: z.string(),
  priority: z.string(),
  cpu: z.number(),
  memory: z.number(),
  gpus: z.number(),
  admitted_at: optionalText,
  preempted_for: optionalText,
  place: optionalText,
  group_id: optionalText,
  handle: json(handleSchema)
    .nullish()
    .transform(value => value ?? undefined),
  waiting: json(jobWaitingSchema)
    .nullish()
    .transform(value => value ?? undefined),
  submitter_groups: json(z.array(z.string())).nullish(),
  submitter_rights: optionalText,
  attempt: z.number(),
  created_by: z.string(),
  rerun_of: optionalText,
  idempotency_key: optionalText,
  created_at: z.string(),
  started_at: optionalText,
  ended_at: optionalText,
  cancel_requested_at: optionalText,
  cancel_message: optionalText,
  cancel_requested_by: optionalText,
});
export type JobRow = z.infer<typeof jobRowSchema>;

const plannedRowSchema = z.object({
  ...{ id: z.string(), owner: z.string(), queue: z.string() },
  ...{ runtime: z.string(), place: optionalText, priority: z.string() },
  ...{ cpu: z.number(), memory: z.number(), gpus: z.number() },
  ...{ created_at: z.string(), admitted_at: optionalText },
  preempted_for: optionalText,
});

/** Which columns of `jobs` admission needs. */
export const plannedColumns = [
  ...['id', 'owner', 'queue', 'runtime', 'place', 'priority', 'cpu', 'memory'],
  ...['gpus', 'created_at', 'admitted_at', 'preempted_for'],
];

/** A job as admission sees it. */
export function toPlanned(row: unknown): PlannedJob {
  return plannedOf(plannedRowSchema.parse(row));
}

/** The same of a row that has been parsed. */
export function plannedOf(row: z.infer<typeof plannedRowSchema>): PlannedJob {
  const { id, owner, queue, runtime, place, priority, ...rest } = row;
  const { cpu, memory, gpus, ...at } = rest;
  return {
    ...{ id, owner, queue, runtime, priority },
    demand: { slots: 1, cpu, memory, gpus },
    createdAt: at.created_at,
    ...(place && { place }),
    ...(at.admitted_at && { admittedAt: at.admitted_at }),
    ...(at.preempted_for && { preemptedFor: at.preempted_for }),
  };
}

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

/** A row of `attempt_workers`. */
export const workerRowSchema = z
  .object({
    attempt: z.number(),
    role: z.string(),
    rank: z.number(),
    state: jobWorkerSchema.shape.state,
    node: optionalText,
    exit_code: z
      .number()
      .nullish()
      .transform(value => value ?? undefined),
  })
  .transform(({ attempt, exit_code: exitCode, ...worker }) => ({
    attempt,
    worker: { ...worker, exitCode } satisfies JobWorker,
  }));

/** A row of `job_outputs`. */
export const outputRowSchema = z.object({
  name: z.string(),
  state: jobOutputSchema.shape.state,
  ref: optionalText,
  message: optionalText,
});

/** A row of `job_strays`. */
export const strayRowSchema = z
  .object({
    ...{ job_id: z.string(), attempt: z.number(), runtime: z.string() },
    place: z.string(),
    handle: jobRowSchema.shape.handle,
  })
  .transform(({ job_id: jobId, ...stray }) => ({ jobId, ...stray }));

/** A row of `job_timeline`. */
export const timelineRowSchema = z
  .object({
    ...{ job_id: z.string(), at: z.string(), type: z.string() },
    state: jobTimelineEntrySchema.shape.state,
    reason: optionalText,
    message: z.string(),
    moved_by: optionalText,
  })
  .transform(({ job_id: jobId, moved_by: by, reason, ...entry }) => ({
    jobId,
    entry: {
      ...entry,
      ...(reason && { reason }),
      ...(by && { by }),
    } satisfies JobTimelineEntry,
  }));

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
    group: row.group_id,
    runtime: row.runtime,
    waiting: row.waiting,
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
