import { z } from 'zod';
import {
  defineContract,
  entityPathSchema,
  entityRefSchema,
  pageOf,
  pageQuerySchema,
} from '@downstage/common';
import {
  endpointAccessSchema,
  endpointSchema,
  cellSchema,
  endpointStates,
  predictRequestSchema,
  predictResponseSchema,
  rolloutSchema,
} from './endpoint';
import { columnSchema, trafficBucketSchema } from './gatewayState';

/** `?a=1&a=2` and `?a=1`. */
function repeatable<T extends z.ZodType>(item: T) {
  return z.union([z.array(item).max(500), item]);
}

export const predictionLogSchema = z.object({
  /** Endpoint ref. */
  endpoint: z.string(),
  modelRef: entityRefSchema,
  /** Columns `feature.<name>` of the version that answers now. */
  features: z.array(columnSchema),
  /** Columns `prediction.<name>`; a vector output `p` becomes `p_0`, `p_1`. */
  predictions: z.array(columnSchema),
  /**
   * Absolute, on the machine that answers, for people who work there: read it with union_by_name, versions may differ
   * in columns. Programs read `listPredictionLogFiles`, which serves other machines too. Empty where the engine keeps the
   * log elsewhere.
   */
  parquetGlob: z.string(),
  /** NDJSON files that are not rolled yet, absolute, on the machine that answers. */
  openFiles: z.array(z.string()),
  /** Rows in Parquet. */
  rows: z.number().int(),
  /** Rows given up since the gateway started. */
  dropped: z.number().int(),
});
export type PredictionLog = z.infer<typeof predictionLogSchema>;

/** One Parquet file of a prediction log, and how to read it. */
export const predictionLogFileSchema = z.object({
  /** `v<version>/<day>/<name>`; a file never changes, and never comes back under the same id. */
  id: z.string(),
  version: z.number().int(),
  /** The day of its predictions, UTC: `2026-03-04`. */
  day: z.string(),
  bytes: z.number().int(),
  rows: z.number().int(),
  /** Where its content is read with a token: absolute, or relative to the base address of `ml-serving`. */
  url: z.string(),
  /**
   * Where it lies on the machine that answers. A reader on the same machine may open it instead; it first checks that
   * a file of this size is there.
   */
  path: z.string().optional(),
});
export type PredictionLogFile = z.infer<typeof predictionLogFileSchema>;

const versionNumberSchema = z.coerce.number<string | number>().int().min(1);

/** A row to try an endpoint with. */
export const inputExampleSchema = z.object({
  /** The version that answers now; none before one does. */
  version: z.number().int().optional(),
  /**
   * What the version was logged with, at most one row. None where there is no example, or where it has no columns. None
   * where the caller may not read the data behind it.
   */
  rows: z.array(z.record(z.string(), cellSchema)),
  /** Why an example that is there gives no row, in words. */
  refusal: z.string().optional(),
});
export type InputExample = z.infer<typeof inputExampleSchema>;

const problemSchema = z.object({ reason: z.string(), message: z.string() });

/** Whether endpoints can serve a version, before anybody relies on it. */
export const servabilitySchema = z.object({
  servable: z.boolean(),
  /** Whether the model has an endpoint. */
  deployed: z.boolean(),
  /** Why it cannot be served; one word for programs, a sentence for people. */
  reason: z.string().optional(),
  message: z.string().optional(),
  /** What works less well than it could. */
  warnings: z.array(problemSchema),
});
export type Servability = z.infer<typeof servabilitySchema>;

/** Whom a token of the portal speaks for, and which endpoints it may ask. */
export const accessDecisionSchema = z.object({
  /** How the prediction log and the audit trail name the caller. */
  actor: z.string(),
  /** The access token that was used. */
  token: z.object({ id: z.string(), name: z.string() }).optional(),
  decisions: z.array(
    z.object({
      /** Endpoint ref, as asked. */
      endpoint: z.string(),
      /** `unknown`: there is none that the caller may see. */
      result: z.enum(['allow', 'deny', 'unknown']),
      /** Why not, for the caller. */
      message: z.string().optional(),
    }),
  ),
});
export type AccessDecision = z.infer<typeof accessDecisionSchema>;

/** The HTTP API of `ml-serving`, under `/api/ml-serving`. */
export const mlServingContract = defineContract({
  listEndpoints: {
    method: 'get',
    path: '/v1/endpoints',
    summary: 'Endpoints, by name',
    query: pageQuerySchema.extend({
      /** Part of a name. */
      search: z.string().max(200).optional(),
      owner: entityRefSchema.optional(),
      /** As the reconciler saw it last. */
      state: repeatable(z.enum(endpointStates)).optional(),
      /** Endpoints of these models. */
      model: repeatable(entityRefSchema).optional(),
    }),
    response: pageOf(endpointSchema),
  },
  countEndpoints: {
    method: 'get',
    path: '/v1/endpoint-counts',
    summary: 'How many endpoints are in which state, as last seen',
    response: z.object({
      total: z.number().int(),
      states: z.record(z.enum(endpointStates), z.number().int()),
    }),
  },
  judgeVersion: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/versions/:version/servability',
    summary: 'Whether an endpoint could serve a version, and why not',
    params: entityPathSchema.extend({
      version: z.coerce.number<string | number>().int().min(1),
    }),
    response: servabilitySchema,
  },
  getEndpoint: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name',
    summary: 'One endpoint with the state of its variants',
    params: entityPathSchema,
    response: endpointSchema,
  },
  createEndpoint: {
    method: 'post',
    path: '/v1/endpoints',
    summary:
      'Create the endpoint of a model; it follows the production version',
    body: z.object({
      modelRef: entityRefSchema,
      access: endpointAccessSchema.optional(),
      /** Id of the serving engine that answers; that of the configuration unless given. */
      engine: z.string().min(1).max(64).optional(),
    }),
    response: endpointSchema,
    status: 201,
  },
  updateEndpoint: {
    method: 'patch',
    path: '/v1/endpoints/:namespace/:name',
    summary: 'Change who may ask an endpoint',
    params: entityPathSchema,
    body: z.object({ access: endpointAccessSchema }),
    response: endpointSchema,
  },
  deleteEndpoint: {
    method: 'delete',
    path: '/v1/endpoints/:namespace/:name',
    summary: 'Take an endpoint down; its prediction log stays',
    params: entityPathSchema,
    response: z.object({ ref: z.string() }),
  },
  predict: {
    method: 'post',
    path: '/v1/endpoints/:namespace/:name/predict',
    summary: 'Ask for predictions with named columns',
    params: entityPathSchema,
    body: predictRequestSchema,
    response: predictResponseSchema,
  },
  decideAccess: {
    method: 'post',
    path: '/v1/access-decisions',
    summary:
      'Who the caller is, and which of these endpoints it may ask; the gateway asks it with the token it was sent',
    body: z.object({
      /** Endpoint refs; none asks only who the caller is. */
      endpoints: z.array(z.string().min(1).max(400)).max(1000),
    }),
    response: accessDecisionSchema,
  },
  getInputExample: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/input-example',
    summary: 'A row that the version which answers was logged with',
    params: entityPathSchema,
    response: inputExampleSchema,
  },
  listRollouts: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/rollouts',
    summary: 'What answered behind an endpoint and when, newest first',
    params: entityPathSchema,
    query: pageQuerySchema,
    response: pageOf(rolloutSchema),
  },
  getTraffic: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/traffic',
    summary: 'Requests, errors and latencies by minute, oldest first',
    params: entityPathSchema,
    query: z.object({
      minutes: z.coerce
        .number<string | number>()
        .int()
        .min(1)
        .max(1440)
        .default(60),
    }),
    response: z.object({ buckets: z.array(trafficBucketSchema) }),
  },
  getPredictionLog: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/prediction-log',
    summary: 'Where the prediction log lies and which columns it has',
    params: entityPathSchema,
    response: predictionLogSchema,
  },
  rollPredictionLog: {
    method: 'post',
    path: '/v1/endpoints/:namespace/:name/prediction-log/roll',
    summary: 'Turn what is still NDJSON into Parquet now',
    params: entityPathSchema,
    response: predictionLogSchema,
  },
  countPredictions: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/prediction-log/count',
    summary: 'How many predictions of a version are in the log',
    params: entityPathSchema,
    query: z.object({
      version: versionNumberSchema,
      /** Only predictions after this time. Those that are not Parquet yet are counted whenever they were made. */
      after: z.iso.datetime().optional(),
    }),
    response: z.object({
      /** In Parquet. */
      rows: z.number().int(),
      /** Not Parquet yet. */
      openRows: z.number().int(),
    }),
  },
  listPredictionLogFiles: {
    method: 'get',
    path: '/v1/endpoints/:namespace/:name/prediction-log/files',
    summary: 'The Parquet files of a prediction log, newest first; for plugins',
    params: entityPathSchema,
    query: pageQuerySchema.extend({
      version: versionNumberSchema.optional(),
      /** Without files of earlier days. */
      after: z.iso.datetime().optional(),
    }),
    response: pageOf(predictionLogFileSchema),
  },
});
