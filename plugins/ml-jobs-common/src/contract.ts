import {
  defineContract,
  entityRefSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import {
  jobDefinitionSchema,
  parametersSchema,
  resourcesSchema,
} from './model/definition';
import { jobExplanationSchema } from './model/explanation';
import {
  jobGroupSchema,
  jobLogSchema,
  jobSamplesSchema,
  jobSchema,
  jobSourceSchema,
  jobStateSchema,
  jobUsageSchema,
  queueSchema,
  tokenIntrospectionSchema,
} from './model/job';

const byId = z.object({ id: z.string().min(1).max(64) });
const reason = z.string().max(500).optional();
/** `2026-03-01` is its first moment in UTC. */
const moment = z.iso.datetime({ offset: true }).or(z.iso.date());
const runtimeId = z.string().min(1).max(64);

/**
 * The HTTP API of jobs, under `/api/ml-jobs`. Beside it, not JSON: `GET /v1/jobs/:id/log/stream`
 * (server-sent events) and `GET /v1/jobs/:id/log/download` (plain text).
 */
export const mlJobsContract = defineContract({
  submitJob: {
    method: 'post',
    path: '/v1/jobs',
    summary:
      'Queue a run of code; the definition is read from downstage.yaml of the source unless given',
    body: z.object({
      source: jobSourceSchema.omit({ commit: true }),
      definition: jobDefinitionSchema.optional(),
      job: z
        .string()
        .max(63)
        .optional()
        .describe(
          'Which job of downstage.yaml, by its name; needed where the file has several',
        ),
      parameters: parametersSchema.optional(),
      owner: entityRefSchema,
      model: entityRefSchema.optional(),
      runtime: runtimeId
        .optional()
        .describe(
          'Where it runs; the runtime of the configuration unless given',
        ),
      group: jobGroupSchema
        .optional()
        .describe('Jobs of one group are listed together: a sweep, a pipeline'),
      idempotencyKey: z
        .string()
        .min(1)
        .max(200)
        .optional()
        .describe(
          'The same key and owner give the same job, however often it is sent',
        ),
    }),
    response: jobSchema,
    status: 201,
  },
  listJobs: {
    method: 'get',
    path: '/v1/jobs',
    summary: 'Jobs, newest first',
    query: pageQuerySchema.extend({
      owner: entityRefSchema.optional(),
      model: entityRefSchema.optional(),
      state: jobStateSchema.optional(),
      runtime: runtimeId.optional(),
      group: jobGroupSchema.optional(),
    }),
    response: pageOf(jobSchema),
  },
  getJob: {
    method: 'get',
    path: '/v1/jobs/:id',
    summary: 'One job with its attempts and timeline',
    params: byId,
    response: jobSchema,
  },
  cancelJob: {
    method: 'post',
    path: '/v1/jobs/:id/cancel',
    summary: 'Cancel a job that waits or runs; its processes are killed',
    params: byId,
    body: z.object({ reason }),
    response: jobSchema,
  },
  holdJob: {
    method: 'post',
    path: '/v1/jobs/:id/hold',
    summary: 'Hold a job that waits: it starts when somebody releases it',
    params: byId,
    body: z.object({ reason }),
    response: jobSchema,
  },
  releaseJob: {
    method: 'post',
    path: '/v1/jobs/:id/release',
    summary: 'Let a job that is held wait for its place again',
    params: byId,
    body: z.object({ reason }),
    response: jobSchema,
  },
  rerunJob: {
    method: 'post',
    path: '/v1/jobs/:id/rerun',
    summary:
      'Submit the same job again, at the same ref and with the newest data',
    params: byId,
    body: z.object({
      reason,
      parameters: parametersSchema.optional(),
      resources: resourcesSchema
        .optional()
        .describe(
          'In place of those of the definition, one by one; the job keeps its definition from then on',
        ),
    }),
    response: jobSchema,
    status: 201,
  },
  getJobLog: {
    method: 'get',
    path: '/v1/jobs/:id/log',
    summary:
      'A piece of the log, from a byte offset; a negative offset counts from the end',
    params: byId,
    query: z.object({
      offset: z.coerce.number<string | number>().int().default(0),
      limit: z.coerce
        .number<string | number>()
        .int()
        .min(1)
        .max(1_000_000)
        .default(100_000),
      worker: z
        .string()
        .regex(
          /^[a-z][a-z0-9-]{0,62}\/\d{1,6}$/,
          'Expected role/rank: worker/1',
        )
        .optional()
        .describe('The log of one worker of the newest attempt: worker/1'),
    }),
    response: jobLogSchema,
  },
  getJobSamples: {
    method: 'get',
    path: '/v1/jobs/:id/samples',
    summary:
      'What an attempt used while it ran: cores, memory and GPUs over time, with peak and mean',
    params: byId,
    query: z.object({
      attempt: z.coerce
        .number<string | number>()
        .int()
        .min(1)
        .optional()
        .describe('The newest unless given'),
    }),
    response: jobSamplesSchema,
  },
  explainJob: {
    method: 'get',
    path: '/v1/jobs/:id/explanation',
    summary:
      'Why a job waits: one reason, its place, who is ahead, and what it needs against what is free',
    params: byId,
    response: jobExplanationSchema,
  },
  getQueue: {
    method: 'get',
    path: '/v1/queue',
    summary: 'What runs, what waits, and how many may run at once',
    query: pageQuerySchema.extend({
      runtime: runtimeId
        .optional()
        .describe('What waits and runs there only; everything unless given'),
    }),
    response: queueSchema,
  },
  listUsage: {
    method: 'get',
    path: '/v1/usage',
    summary: 'What attempts of jobs used, the last that ended first',
    query: pageQuerySchema.extend({
      owner: entityRefSchema.optional(),
      from: moment.optional().describe('Ended at this moment or later'),
      to: moment.optional().describe('Ended before this moment'),
    }),
    response: pageOf(jobUsageSchema),
  },
  introspectToken: {
    method: 'post',
    path: '/v1/tokens/introspect',
    summary: 'Whom a token of a job speaks for; for services only',
    body: z.object({ token: z.string().max(1_000) }),
    response: tokenIntrospectionSchema,
  },
});

/** The type of {@link mlJobsContract}. */
export type MlJobsContract = typeof mlJobsContract;
