import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TokenScope } from '@downstage/common';

/**
 * What an endpoint of the MLflow surface needs: a scope of a token, a person, an address that the server signed, or
 * nothing. `read` rows change nothing; all other rows do.
 */
export type MlflowNeeds = TokenScope | 'person' | 'signed' | 'open';

/** One row an endpoint. An endpoint without a row fails, so that next year's endpoint is in it. */
export const mlflowTable: Record<string, MlflowNeeds> = {
  // Server
  'GET /health': 'open',
  'GET /version': 'open',
  'GET /api/3.0/mlflow/server-info': 'open',
  // Experiments
  'POST /api/2.0/mlflow/experiments/create': 'track',
  'GET /api/2.0/mlflow/experiments/search': 'read',
  'POST /api/2.0/mlflow/experiments/search': 'read',
  'POST /api/2.0/mlflow/experiments/search-datasets': 'read',
  'GET /api/2.0/mlflow/experiments/get': 'read',
  'GET /api/2.0/mlflow/experiments/get-by-name': 'read',
  'POST /api/2.0/mlflow/experiments/update': 'track',
  'POST /api/2.0/mlflow/experiments/delete': 'track',
  'POST /api/2.0/mlflow/experiments/restore': 'track',
  'POST /api/2.0/mlflow/experiments/set-experiment-tag': 'track',
  'POST /api/2.0/mlflow/experiments/delete-experiment-tag': 'track',
  // Runs
  'POST /api/2.0/mlflow/runs/create': 'track',
  'GET /api/2.0/mlflow/runs/get': 'read',
  'POST /api/2.0/mlflow/runs/update': 'track',
  'POST /api/2.0/mlflow/runs/delete': 'track',
  'POST /api/2.0/mlflow/runs/restore': 'track',
  'POST /api/2.0/mlflow/runs/search': 'read',
  'POST /api/2.0/mlflow/runs/log-batch': 'track',
  'POST /api/2.0/mlflow/runs/log-metric': 'track',
  'POST /api/2.0/mlflow/runs/log-parameter': 'track',
  'POST /api/2.0/mlflow/runs/set-tag': 'track',
  'POST /api/2.0/mlflow/runs/delete-tag': 'track',
  'POST /api/2.0/mlflow/runs/log-inputs': 'track',
  'POST /api/2.0/mlflow/runs/outputs': 'track',
  'POST /api/2.0/mlflow/runs/log-model': 'track',
  'GET /api/2.0/mlflow/metrics/get-history': 'read',
  'GET /api/2.0/mlflow/artifacts/list': 'read',
  'GET /api/2.0/mlflow/metrics/get-history-bulk': 'read',
  'GET /api/2.0/mlflow/metrics/get-history-bulk-interval': 'read',
  // Logged models
  'POST /api/2.0/mlflow/logged-models': 'track',
  'POST /api/2.0/mlflow/logged-models/search': 'read',
  'GET /api/2.0/mlflow/logged-models/{model_id}': 'read',
  'PATCH /api/2.0/mlflow/logged-models/{model_id}': 'track',
  'DELETE /api/2.0/mlflow/logged-models/{model_id}': 'track',
  'PATCH /api/2.0/mlflow/logged-models/{model_id}/tags': 'track',
  'DELETE /api/2.0/mlflow/logged-models/{model_id}/tags/{tag_key}': 'track',
  'POST /api/2.0/mlflow/logged-models/{model_id}/params': 'track',
  'GET /api/2.0/mlflow/logged-models/{model_id}/artifacts/directories': 'read',
  // Model registry
  'POST /api/2.0/mlflow/registered-models/create': 'register',
  'POST /api/2.0/mlflow/registered-models/rename': 'register',
  'PATCH /api/2.0/mlflow/registered-models/update': 'register',
  'DELETE /api/2.0/mlflow/registered-models/delete': 'register',
  'GET /api/2.0/mlflow/registered-models/get': 'read',
  'GET /api/2.0/mlflow/registered-models/search': 'read',
  'GET /api/2.0/mlflow/registered-models/get-latest-versions': 'read',
  'POST /api/2.0/mlflow/registered-models/get-latest-versions': 'read',
  'POST /api/2.0/mlflow/registered-models/set-tag': 'register',
  'DELETE /api/2.0/mlflow/registered-models/delete-tag': 'register',
  'POST /api/2.0/mlflow/registered-models/alias': 'register',
  'GET /api/2.0/mlflow/registered-models/alias': 'read',
  'DELETE /api/2.0/mlflow/registered-models/alias': 'register',
  'POST /api/2.0/mlflow/model-versions/create': 'register',
  'GET /api/2.0/mlflow/model-versions/get': 'read',
  'GET /api/2.0/mlflow/model-versions/get-download-uri': 'read',
  'GET /api/2.0/mlflow/model-versions/search': 'read',
  'PATCH /api/2.0/mlflow/model-versions/update': 'register',
  'POST /api/2.0/mlflow/model-versions/transition-stage': 'promote',
  'DELETE /api/2.0/mlflow/model-versions/delete': 'register',
  'POST /api/2.0/mlflow/model-versions/set-tag': 'register',
  'DELETE /api/2.0/mlflow/model-versions/delete-tag': 'register',
  // Artifacts
  'GET /api/2.0/mlflow-artifacts/artifacts': 'read',
  'GET /api/2.0/mlflow-artifacts/artifacts/{path}': 'read',
  'PUT /api/2.0/mlflow-artifacts/artifacts/{path}': 'track',
  'DELETE /api/2.0/mlflow-artifacts/artifacts/{path}': 'track',
  'POST /api/2.0/mlflow-artifacts/mpu/create/{path}': 'track',
  'POST /api/2.0/mlflow-artifacts/mpu/complete/{path}': 'track',
  'POST /api/2.0/mlflow-artifacts/mpu/abort/{path}': 'track',
  'GET /api/2.0/mlflow-artifacts/presigned/{path}': 'read',
  'PUT /api/2.0/mlflow-artifacts/parts/{upload_id}/{number}': 'signed',
  'GET /api/2.0/mlflow-artifacts/signed/{path}': 'signed',
  // Transition requests
  'POST /api/2.0/mlflow/transition-requests/create': 'promote',
  'GET /api/2.0/mlflow/transition-requests/list': 'read',
  'POST /api/2.0/mlflow/transition-requests/approve': 'person',
  'POST /api/2.0/mlflow/transition-requests/reject': 'person',
  'DELETE /api/2.0/mlflow/transition-requests/delete': 'promote',
  // Webhooks
  'POST /api/2.0/mlflow/webhooks': 'person',
  'GET /api/2.0/mlflow/webhooks': 'person',
  'GET /api/2.0/mlflow/webhooks/{webhook_id}': 'person',
  'PATCH /api/2.0/mlflow/webhooks/{webhook_id}': 'person',
  'DELETE /api/2.0/mlflow/webhooks/{webhook_id}': 'person',
  'POST /api/2.0/mlflow/webhooks/{webhook_id}/test': 'person',
  // Traces
  'POST /api/2.0/mlflow/traces/link-to-run': 'track',
  'POST /api/3.0/mlflow/traces/{trace_id}/assessments': 'track',
  'GET /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}': 'read',
  'PATCH /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}':
    'track',
  'DELETE /api/3.0/mlflow/traces/{trace_id}/assessments/{assessment_id}':
    'track',
  'POST /api/3.0/mlflow/traces': 'track',
  'GET /api/3.0/mlflow/traces/get': 'read',
  'GET /api/3.0/mlflow/traces/batchGet': 'read',
  'POST /api/3.0/mlflow/traces/batchGetInfos': 'read',
  'POST /api/3.0/mlflow/traces/search': 'read',
  'POST /api/3.0/mlflow/traces/delete-traces': 'track',
  'POST /api/2.0/mlflow/traces/delete-traces': 'track',
  'GET /api/3.0/mlflow/traces/{trace_id}': 'read',
  'PATCH /api/3.0/mlflow/traces/{trace_id}/tags': 'track',
  'PATCH /api/2.0/mlflow/traces/{trace_id}/tags': 'track',
  'DELETE /api/3.0/mlflow/traces/{trace_id}/tags': 'track',
  'DELETE /api/2.0/mlflow/traces/{trace_id}/tags': 'track',
  'POST /v1/traces': 'track',
  // Evaluation data sets
  'POST /api/3.0/mlflow/datasets/create': 'track',
  'POST /api/3.0/mlflow/datasets/search': 'read',
  'GET /api/3.0/mlflow/datasets/search': 'read',
  'GET /api/3.0/mlflow/datasets/{dataset_id}': 'read',
  'DELETE /api/3.0/mlflow/datasets/{dataset_id}': 'track',
  'PATCH /api/3.0/mlflow/datasets/{dataset_id}/tags': 'track',
  'DELETE /api/3.0/mlflow/datasets/{dataset_id}/tags/{key}': 'track',
  'POST /api/3.0/mlflow/datasets/{dataset_id}/records': 'track',
  'GET /api/3.0/mlflow/datasets/{dataset_id}/records': 'read',
  'DELETE /api/3.0/mlflow/datasets/{dataset_id}/records': 'track',
  'GET /api/3.0/mlflow/datasets/{dataset_id}/experiment-ids': 'read',
  'POST /api/3.0/mlflow/datasets/{dataset_id}/add-experiments': 'track',
  'POST /api/3.0/mlflow/datasets/{dataset_id}/remove-experiments': 'track',
  // Files for browsers
  'GET /get-artifact': 'read',
  'GET /model-versions/get-artifact': 'read',
  'GET /api/2.0/mlflow/logged-models/{model_id}/artifacts/files': 'read',
};

/** The endpoints that are built, from the page that a test of the registry keeps true. */
export function builtEndpoints(): string[] {
  const page = readFileSync(
    join(__dirname, '../../../../docs/mlflow-endpoints.md'),
    'utf8',
  );
  return [...page.matchAll(/^\| (\w+) +\| `([^`]+)` *\| built /gm)].map(
    ([, method, path]) => `${method} ${path}`,
  );
}
