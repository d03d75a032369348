import { z } from 'zod';
import {
  defineContract,
  entityPathSchema,
  entityRefSchema,
} from '@downstage/common';
import {
  endpointSchema,
  predictRequestSchema,
  predictResponseSchema,
} from './endpoint';
import { columnSchema, trafficBucketSchema } from './gatewayState';

export const predictionLogSchema = z.object({
  /** Endpoint ref. */
  endpoint: z.string(),
  modelRef: entityRefSchema,
  /** Columns `feature.<name>` of the version that answers now. */
  features: z.array(columnSchema),
  /** Columns `prediction.<name>`; a vector output `p` becomes `p_0`, `p_1`. */
  predictions: z.array(columnSchema),
  /** Absolute; read it with union_by_name, versions may differ in columns. */
  parquetGlob: z.string(),
  /** NDJSON files that are not rolled yet, absolute. */
  openFiles: z.array(z.string()),
  /** Rows in Parquet. */
  rows: z.number().int(),
  /** Rows given up since the gateway started. */
  dropped: z.number().int(),
});
export type PredictionLog = z.infer<typeof predictionLogSchema>;

/** The HTTP API of `ml-serving`, under `/api/ml-serving`. */
export const mlServingContract = defineContract({
  listEndpoints: {
    method: 'get',
    path: '/v1/endpoints',
    summary: 'Endpoints, by name',
    response: z.object({ items: z.array(endpointSchema) }),
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
    body: z.object({ modelRef: entityRefSchema }),
    response: endpointSchema,
    status: 201,
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
});
