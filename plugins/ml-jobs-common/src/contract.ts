import {
  defineContract,
  entityRefSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import { z } from 'zod';
import { jobDefinitionSchema, parametersSchema } from './model/definition';
import {
  jobLogSchema,
  jobSchema,
  jobSourceSchema,
  jobStateSchema,
  queueSchema,
  tokenIntrospectionSchema,
} from './model/job';

const byId = z.object({ id: z.string().min(1).max(64) });
const reason = z.string().max(500).optional();

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
      parameters: parametersSchema.optional(),
      owner: entityRefSchema,
      model: entityRefSchema.optional(),
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
  rerunJob: {
    method: 'post',
    path: '/v1/jobs/:id/rerun',
    summary:
      'Submit the same job again, at the same ref and with the newest data',
    params: byId,
    body: z.object({ reason, parameters: parametersSchema.optional() }),
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
    }),
    response: jobLogSchema,
  },
  getQueue: {
    method: 'get',
    path: '/v1/queue',
    summary: 'What runs, what waits, and how many may run at once',
    query: pageQuerySchema,
    response: queueSchema,
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
