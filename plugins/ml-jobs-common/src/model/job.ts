import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { jobDefinitionSchema, parametersSchema } from './definition';

export const jobStates = [
  'queued',
  'preparing',
  'running',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export const jobStateSchema = z.enum(jobStates);
export type JobState = z.infer<typeof jobStateSchema>;

/** Where the code comes from. `commit` is recorded when the job is submitted, and never changes after. */
export const jobSourceSchema = z.object({
  repository: z
    .string()
    .min(1)
    .max(2_000)
    .describe(
      'A folder with a git repository, its file: URL, or an https git URL',
    ),
  ref: z
    .string()
    .max(255)
    .optional()
    .describe('Branch, tag or commit; HEAD unless given'),
  commit: z.string().optional(),
});
export type JobSource = z.infer<typeof jobSourceSchema>;

/** One try. A job has one attempt unless something failed or the portal was stopped. */
export const jobAttemptSchema = z.object({
  number: z.number().int(),
  state: z.enum(['preparing', 'running', 'succeeded', 'failed', 'cancelled']),
  reason: z.string().optional(),
  message: z.string().optional(),
  startedAt: timestampSchema.optional(),
  endedAt: timestampSchema.optional(),
  exitCode: z.number().int().optional(),
});
export type JobAttempt = z.infer<typeof jobAttemptSchema>;

export const jobTimelineEntrySchema = z.object({
  at: timestampSchema,
  type: z.string(),
  message: z.string(),
});
export type JobTimelineEntry = z.infer<typeof jobTimelineEntrySchema>;

/** An input as it was read: the pinned version. */
export const jobInputSchema = z.object({ name: z.string(), ref: z.string() });
export type JobInput = z.infer<typeof jobInputSchema>;

/** A declared run of code with resources. */
export const jobSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: entityRefSchema,
  model: entityRefSchema.optional(),
  state: jobStateSchema,
  reason: z.string().optional(),
  message: z.string().optional(),
  source: jobSourceSchema,
  definition: jobDefinitionSchema,
  parameters: parametersSchema,
  inputs: z.array(jobInputSchema),
  environment: z
    .string()
    .optional()
    .describe('The environment it ran in, by its hash or name'),
  isolation: z
    .string()
    .optional()
    .describe(
      'What kept it from the rest of the machine: bubblewrap, user-namespaces, system-user, none',
    ),
  warnings: z.array(z.object({ option: z.string(), message: z.string() })),
  attempts: z.array(jobAttemptSchema),
  timeline: z.array(jobTimelineEntrySchema),
  createdBy: z.string(),
  rerunOf: z.string().optional(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.optional(),
  endedAt: timestampSchema.optional(),
  queuePosition: z.number().int().optional(),
});
export type Job = z.infer<typeof jobSchema>;

const queueItemSchema = z.object({
  id: z.string(),
  name: z.string(),
  owner: entityRefSchema,
  state: jobStateSchema,
  createdBy: z.string(),
  createdAt: timestampSchema,
  startedAt: timestampSchema.optional(),
  queuePosition: z.number().int().optional(),
});

/** What runs and what waits. */
export const queueSchema = z.object({
  slots: z
    .number()
    .int()
    .describe('How many jobs may run at once; 0 while no runtime is on'),
  runtime: z.string().optional(),
  isolation: z
    .object({ kind: z.string(), description: z.string() })
    .optional()
    .describe('What keeps jobs from the portal and from each other'),
  running: z.array(queueItemSchema),
  queued: z
    .array(queueItemSchema)
    .describe('Those who wait, in the order they get a slot; a page of them'),
  waiting: z.number().int().describe('How many wait in all'),
  nextCursor: z.string().optional(),
  portals: z
    .array(z.string())
    .describe('Which portals run the jobs, where there are several'),
});
export type Queue = z.infer<typeof queueSchema>;
export type QueueItem = z.infer<typeof queueItemSchema>;

/** A piece of a log. Offsets are bytes; `end` says that nothing will follow `nextOffset`. */
export const jobLogSchema = z.object({
  text: z.string(),
  offset: z.number().int(),
  nextOffset: z.number().int(),
  end: z.boolean(),
});
export type JobLog = z.infer<typeof jobLogSchema>;

/** Whom a job's token speaks for; `active` alone when it is not, or no longer, a token. */
export const tokenIntrospectionSchema = z.object({
  active: z.boolean(),
  subject: z.string().optional(),
  actor: z.string().optional(),
  owner: entityRefSchema.optional(),
  groups: z
    .array(z.string())
    .optional()
    .describe('What the submitter owned things through at submission'),
  attributes: z
    .object({
      job: z.string(),
      commit: z.string().optional(),
      environment: z.string().optional(),
      datasets: z.array(z.string()).optional(),
      model: z.string().optional(),
    })
    .optional(),
});
export type TokenIntrospection = z.infer<typeof tokenIntrospectionSchema>;
