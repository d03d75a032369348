import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { git } from '@downstage/node/testUtils';
import request from 'supertest';
import {
  diagnostics,
  startSecuredPortal,
  type SecuredPortal,
} from './securedPortal';

const mlflow = '/api/ml-registry/mlflow/api/2.0/mlflow';
const modelFile = `
flavors:
  python_function: {loader_module: mlflow.sklearn}
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}]'
  outputs: '[{"type": "double", "required": true}]'
`;

/** A project of the portal that says of nobody that it is theirs. */
export function createProject(dataDir: string): string {
  const folder = join(dataDir, 'projects', 'churn');
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'downstage.yaml'),
    'apiVersion: downstage.dev/v1\nkind: Job\nname: secret-job\nentryPoint: "true"\n',
  );
  git(folder, 'init', '-q', '-b', 'main');
  git(folder, 'add', '.');
  git(folder, 'commit', '-qm', 'A job');
  return folder;
}

/** What Ann has, for others to try to reach: a model with a version, its run, a trace, a promotion, a job that runs. */
async function trainModelOfAnn(portal: SecuredPortal, dataDir: string) {
  const { secret } = await portal.token(['read', 'track', 'register', 'train']);
  const send = async (
    method: 'post' | 'put' | 'get',
    path: string,
    body?: object | string,
    token = secret,
  ) => {
    const call = request(portal.server)
      [method](path)
      .set('authorization', `Bearer ${token}`);
    const response = await (body === undefined ? call : call.send(body));
    if (response.status >= 300) {
      throw new Error(`${path}: ${response.status} ${response.text}`);
    }
    return response.body;
  };

  const { experiment_id: experimentId } = await send(
    'post',
    `${mlflow}/experiments/create`,
    { name: 'ours-experiment' },
  );
  const { run } = await send('post', `${mlflow}/runs/create`, {
    experiment_id: experimentId,
    run_name: 'secret-run',
    start_time: 1_700_000_000_000,
  });
  const runId: string = run.info.run_id;
  await send('post', `${mlflow}/runs/log-batch`, {
    run_id: runId,
    metrics: [{ key: 'auc', value: 0.5, timestamp: 1, step: 1 }],
    params: [{ key: 'depth', value: 'secret-depth' }],
  });
  await send(
    'put',
    `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/${experimentId}/${runId}/artifacts/model/MLmodel`,
    modelFile,
  );
  await send('post', `${mlflow}/registered-models/create`, { name: 'churn' });
  await send('post', `${mlflow}/model-versions/create`, {
    name: 'churn',
    source: `runs:/${runId}/model`,
    run_id: runId,
  });
  const { model } = await send('post', `${mlflow}/logged-models`, {
    experiment_id: experimentId,
    name: 'secret-logged-model',
    source_run_id: runId,
  });
  const traceId = `tr-${'a'.repeat(32)}`;
  await send('post', '/api/ml-registry/mlflow/api/3.0/mlflow/traces', {
    trace: {
      trace_info: {
        trace_id: traceId,
        request_time: '2026-01-01T00:00:00Z',
        request_preview: 'ours-question',
        trace_location: {
          type: 'MLFLOW_EXPERIMENT',
          mlflow_experiment: { experiment_id: experimentId },
        },
      },
    },
  });
  const { dataset } = await send(
    'post',
    '/api/ml-registry/mlflow/api/3.0/mlflow/datasets/create',
    { name: 'ours-questions', experiment_ids: [experimentId] },
  );

  const folder = createProject(dataDir);
  const job = await send('post', '/api/ml-jobs/v1/jobs', {
    source: { repository: folder },
    owner: diagnostics,
    model: 'model:default/churn',
  });
  while (!portal.started.length) {
    await send('get', `/api/ml-jobs/v1/jobs/${job.id}`);
    await new Promise(resolve => {
      setImmediate(resolve);
    });
  }
  const jobToken = portal.started[0].variables.MLFLOW_TRACKING_TOKEN;

  await send(
    'post',
    '/api/ml-serving/v1/endpoints',
    { modelRef: 'model:default/churn' },
    portal.session('ann'),
  );
  await send(
    'post',
    '/api/ml-registry/v1/run-views',
    { scope: `experiment:${experimentId}`, name: 'ours-view', state: 'x' },
    portal.session('ann'),
  );
  const { id: promotion } = await send(
    'post',
    '/api/ml-registry/v1/models/default/churn/versions/1/promotions',
    { to: 'candidate', comment: 'secret-comment' },
    portal.session('ann'),
  );
  return {
    experimentId,
    runId,
    loggedModelId: model.info.model_id as string,
    traceId,
    datasetId: dataset.dataset_id as string,
    jobId: job.id as string,
    jobToken,
    folder,
    promotion: promotion as string,
  };
}

export type TrainedModel = Awaited<ReturnType<typeof trainModelOfAnn>>;
export type TrainedPortal = Awaited<ReturnType<typeof startTrainedPortal>>;

/** A secured portal, with what Ann has on it. */
export async function startTrainedPortal(
  dataDir: string,
  options: Partial<Parameters<typeof startSecuredPortal>[0]> = {},
) {
  const portal = await startSecuredPortal({ ...options, dataDir });
  return { ...portal, trained: await trainModelOfAnn(portal, dataDir) };
}
