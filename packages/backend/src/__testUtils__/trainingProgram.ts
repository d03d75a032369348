import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { InMemoryProgram } from '@downstage/plugin-ml-jobs-node/testUtils';

const fixtures = join(
  dirname(require.resolve('@downstage/gateway/package.json')),
  'fixtures',
);
const modelFile = `
flavors:
  python_function: {loader_module: mlflow.onnx}
  onnx: {data: model.onnx}
signature:
  inputs: '[{"type": "double", "name": "radius", "required": true}, {"type": "double", "name": "texture", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
`;

/**
 * Trains as the script of a project does: it reads its input, and tells MLflow of a run and of a version. All that it
 * knows is in its variables.
 */
export const trainingProgram: InMemoryProgram = async attempt => {
  const { variables, files, write } = attempt;
  const base = `${variables.MLFLOW_TRACKING_URI}/api/2.0`;
  const send = async (
    method: 'POST' | 'PUT',
    path: string,
    body: object | string | Buffer,
  ) => {
    const isJson = typeof body === 'object' && !Buffer.isBuffer(body);
    const response = await fetch(`${base}/${path}`, {
      method,
      headers: {
        authorization: `Bearer ${variables.MLFLOW_TRACKING_TOKEN}`,
        ...(isJson && { 'content-type': 'application/json' }),
      },
      body: isJson ? JSON.stringify(body) : new Uint8Array(Buffer.from(body)),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`);
    return text ? JSON.parse(text) : {};
  };
  const rows = files
    .get(variables.DOWNSTAGE_INPUT_TRAINING)
    ?.toString()
    .trim()
    .split('\n');
  write(`learns from ${(rows?.length ?? 1) - 1} rows\n`);

  const name = `training ${attempt.spec.jobId}`;
  const { experiment_id: experiment } = await send(
    'POST',
    'mlflow/experiments/create',
    { name },
  );
  const { run } = await send('POST', 'mlflow/runs/create', {
    experiment_id: experiment,
  });
  const runId: string = run.info.run_id;
  await send('POST', 'mlflow/runs/log-metric', {
    ...{ run_id: runId, key: 'auc', value: 0.9, timestamp: 1, step: 0 },
  });
  const folder = `mlflow-artifacts/artifacts/${experiment}/${runId}/artifacts/model`;
  await send('PUT', `${folder}/MLmodel`, modelFile);
  const onnx = readFileSync(join(fixtures, 'logistic-v1.onnx'));
  await send('PUT', `${folder}/model.onnx`, onnx);
  const model = variables.DOWNSTAGE_MODEL;
  const create = 'mlflow/registered-models/create';
  // Of a second training it is there already.
  await send('POST', create, { name: model }).catch(() => undefined);
  const version = await send('POST', 'mlflow/model-versions/create', {
    ...{ name: model, source: `runs:/${runId}/model`, run_id: runId },
  });
  await send('POST', 'mlflow/runs/update', {
    ...{ run_id: runId, status: 'FINISHED', end_time: Date.now() },
  });
  write(`registered version ${version.model_version.version}\n`);
  return 0;
};
