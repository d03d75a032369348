import { entityRefSchema, timestampSchema } from '@downstage/common';
import { z } from 'zod';
import { jobDocumentSchema, parametersSchema } from './definition';

/** Those a job rests in. */
export const jobStates = [
  'queued',
  'held',
  'blocked',
  'preparing',
  'running',
  'preempted',
  'succeeded',
  'failed',
  'cancelled',
] as const;
export const jobStateSchema = z
  .enum(jobStates)
  .describe(
    'held: until a person releases it; blocked: does not start until somebody changes what its message says; preempted: its runtime has stopped it for another one',
  );
export type JobState = z.infer<typeof jobStateSchema>;

/** Those of the timeline: a job only passes through `submitted`, `admitted` and `lost`. */
export const timelineStates = [
  'submitted',
  'admitted',
  'lost',
  ...jobStates,
] as const;
export type TimelineState = (typeof timelineStates)[number];

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

/** One process of an attempt that has several. */
export const jobWorkerSchema = z.object({
  role: z.string(),
  rank: z.number().int(),
  state: z.enum([
    'waiting',
    'preparing',
    'running',
    'succeeded',
    'failed',
    'cancelled',
    'lost',
  ]),
  node: z.string().optional().describe('The machine it runs on'),
  exitCode: z.number().int().optional(),
});
export type JobWorker = z.infer<typeof jobWorkerSchema>;

/** One try. A job has one attempt unless something failed or the portal was stopped. */
export const jobAttemptSchema = z.object({
  number: z.number().int(),
  state: z
    .enum(['preparing', 'running', 'succeeded', 'failed', 'cancelled', 'lost'])
    .describe('lost: it is gone, and nobody knows how it ended'),
  reason: z.string().optional(),
  message: z.string().optional(),
  startedAt: timestampSchema.optional(),
  endedAt: timestampSchema.optional(),
  exitCode: z.number().int().optional(),
  workers: z
    .array(jobWorkerSchema)
    .optional()
    .describe('Its processes, where it has several; of one job only'),
});
export type JobAttempt = z.infer<typeof jobAttemptSchema>;

export const jobTimelineEntrySchema = z.object({
  at: timestampSchema,
  type: z.string().describe('What happened: the state, or one word more'),
  state: z.enum(timelineStates).describe('The state from then on'),
  reason: z.string().optional().describe('One CamelCase word for programs'),
  message: z.string(),
  by: z
    .string()
    .optional()
    .describe(
      'Who or what brought it about: user:default/ann, portal, queue:research, runtime:local-process; absent where an older release did not keep it',
    ),
});
export type JobTimelineEntry = z.infer<typeof jobTimelineEntrySchema>;

/** An input as it was read: the pinned version. */
export const jobInputSchema = z.object({ name: z.string(), ref: z.string() });
export type JobInput = z.infer<typeof jobInputSchema>;

/** A declared output, and whether it came. */
export const jobOutputSchema = z.object({
  name: z.string(),
  kind: z.enum(['model', 'dataset', 'artifact']),
  state: z
    .enum(['expected', 'found', 'missing', 'unknown'])
    .describe(
      'expected until the job ends; unknown where nobody could look for it',
    ),
  ref: z
    .string()
    .optional()
    .describe(
      'What came: a version such as default/churn@3, or a run and a path',
    ),
  message: z.string().optional(),
});
export type JobOutput = z.infer<typeof jobOutputSchema>;

/** What jobs that were submitted together have in common; their submitter makes it up. */
export const jobGroupSchema = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._:-]{0,63}$/,
    'Expected up to 64 letters, digits and . _ : -',
  );

/** Why a runtime that admits by itself has not let a job start, or has stopped it for another one. */
export const jobWaitingSchema = z.object({
  reason: z.string().describe('One CamelCase word for programs'),
  position: z
    .number()
    .int()
    .optional()
    .describe('Its place in the queue of the runtime, where that knows'),
  preemptedBy: z.string().optional().describe('What runs in its place'),
});
export type JobWaiting = z.infer<typeof jobWaitingSchema>;

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
  definition: jobDocumentSchema,
  parameters: parametersSchema,
  inputs: z.array(jobInputSchema),
  outputs: z
    .array(jobOutputSchema)
    .optional()
    .describe('Its declared outputs; of one job only'),
  environment: z
    .string()
    .optional()
    .describe('The environment it ran in, by its hash or name'),
  isolation: z
    .string()
    .optional()
    .describe(
      'What kept it from the rest of the machine: bubblewrap, user-namespaces, system-user, systemd-run, none',
    ),
  warnings: z.array(z.object({ option: z.string(), message: z.string() })),
  group: jobGroupSchema.optional(),
  runtime: z.string().describe('Where it runs: local-process, kubernetes'),
  waiting: jobWaitingSchema
    .optional()
    .describe('While its runtime has not let it start'),
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
  waiting: jobWaitingSchema
    .optional()
    .describe('While its runtime has not let it start; it holds no slot'),
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
  running: z
    .array(queueItemSchema)
    .describe('Those given to a runtime; it may still let them wait'),
  othersRunning: z
    .number()
    .int()
    .describe('How many hold a slot besides, that the caller may not see'),
  queued: z
    .array(queueItemSchema)
    .describe('Those who wait, in the order they get a slot; a page of them'),
  waiting: z.number().int().describe('How many wait in all'),
  nextCursor: z.string().optional(),
  runtimes: z
    .array(
      z.object({
        id: z.string(),
        slots: z.number().int(),
        admission: z
          .enum(['portal', 'runtime'])
          .describe('Who decides when a job starts'),
        isDefault: z
          .boolean()
          .describe('Jobs that name no runtime go to this one'),
      }),
    )
    .describe('Every runtime that is on'),
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

/** One figure of an attempt that has ended: what was asked for, times how long it was held. */
export const jobUsageSchema = z.object({
  at: timestampSchema.describe('When the attempt ended'),
  owner: entityRefSchema.describe('Of the job, as it was then'),
  model: entityRefSchema.optional(),
  job: z.string(),
  attempt: z.number().int(),
  runtime: z.string(),
  resource: z.enum(['cpu', 'gpu', 'slot']),
  amount: z.number(),
  unit: z.string().describe('cpu-seconds, gpu-seconds, slot-seconds'),
});
export type JobUsage = z.infer<typeof jobUsageSchema>;

const sampleFigures = {
  cpu: z.number().describe('Cores'),
  memory: z.number().describe('Bytes'),
  gpu: z
    .number()
    .optional()
    .describe('How busy its GPUs were, in percent, on average'),
  gpuMemory: z.number().optional().describe('Bytes, of all its GPUs'),
};

/** What an attempt used while it ran, of all its processes together. */
export const jobSamplesSchema = z.object({
  attempt: z.number().int(),
  startedAt: timestampSchema.optional(),
  points: z
    .array(
      z.object({
        seconds: z
          .number()
          .describe('Since the start of the attempt; the end of what is meant'),
        ...sampleFigures,
      }),
    )
    .max(241)
    .describe(
      'Oldest first; none where the runtime takes no samples. Of a long attempt neighbours are joined: cpu and gpu are means, memory is the most',
    ),
  peak: z.object(sampleFigures).optional(),
  mean: z.object(sampleFigures).optional(),
  asked: z
    .object({
      cpu: z.number().optional(),
      memory: z.number().optional().describe('Bytes'),
      gpus: z.number().optional(),
    })
    .describe('What the definition asks for, of one node'),
});
export type JobSamples = z.infer<typeof jobSamplesSchema>;

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
  rights: z
    .string()
    .optional()
    .describe('What the submitter could read at submission, encoded'),
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
