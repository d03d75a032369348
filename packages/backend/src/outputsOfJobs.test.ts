import { createMockDirectory } from '@backstage/backend-test-utils';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import request from 'supertest';
import {
  diagnostics,
  startSecuredPortal,
  type SecuredPortal,
} from './__testUtils__/securedPortal';
import { createProject } from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();
const mlflow = '/api/ml-registry/mlflow/api/2.0';

describe('what a job declares as its outputs', () => {
  let portal: SecuredPortal;
  let project: string;

  beforeAll(async () => {
    portal = await startSecuredPortal({ dataDir: directory.path });
    project = createProject(directory.path);
  });
  afterAll(() => portal?.stop());

  const send = async (
    method: 'get' | 'post' | 'put',
    path: string,
    token: string,
    body?: object | string,
  ) => {
    const call = request(portal.server)
      [method](path)
      .set('authorization', `Bearer ${token}`);
    const response = await (body === undefined ? call : call.send(body));
    if (response.status >= 300)
      throw new Error(`${path}: ${response.status} ${response.text}`);
    return response.body;
  };
  const untilJob = async (id: string, is: (job: Job) => boolean) => {
    for (;;) {
      const path = `/api/ml-jobs/v1/jobs/${id}`;
      const job: Job = await send('get', path, portal.session('ann'));
      if (is(job)) return job;
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
  };

  it('is found in the registry by what the job logged and registered', async () => {
    const model = 'model:default/churn';
    const { id }: Job = await send(
      'post',
      '/api/ml-jobs/v1/jobs',
      portal.session('ann'),
      {
        source: { repository: project },
        owner: diagnostics,
        model,
        definition: {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: 'true',
          outputs: [
            { name: 'model', kind: 'model' },
            { name: 'other', kind: 'model', model: 'model:default/other' },
            { name: 'roc', kind: 'artifact', path: 'evaluation/roc.json' },
            { name: 'pr', kind: 'artifact', path: 'evaluation/pr.json' },
            { name: 'folder', kind: 'artifact', path: 'evaluation' },
          ],
        },
      },
    );
    const running = await untilJob(id, ({ state }) => state === 'running');
    expect(running.outputs?.map(({ state }) => state)).toEqual(
      Array.from({ length: 5 }, () => 'expected'),
    );
    const token = portal.started.find(({ jobId }) => jobId === id)!.token;

    const { experiment_id: experiment } = await send(
      'post',
      `${mlflow}/mlflow/experiments/create`,
      token,
      { name: 'of-the-job' },
    );
    const { run } = await send('post', `${mlflow}/mlflow/runs/create`, token, {
      experiment_id: experiment,
    });
    const runId: string = run.info.run_id;
    const artifacts = `${mlflow}/mlflow-artifacts/artifacts/${experiment}/${runId}/artifacts`;
    await send('put', `${artifacts}/evaluation/roc.json`, token, '[]');
    await send('put', `${artifacts}/model/MLmodel`, token, 'flavors: {}\n');
    await send('post', `${mlflow}/mlflow/registered-models/create`, token, {
      name: 'churn',
    });
    await send('post', `${mlflow}/mlflow/model-versions/create`, token, {
      name: 'churn',
      source: `runs:/${runId}/model`,
      run_id: runId,
    });

    const cancel = `/api/ml-jobs/v1/jobs/${id}/cancel`;
    await send('post', cancel, portal.session('ann'), {});
    const ended = await untilJob(id, ({ state }) => state === 'cancelled');
    expect(ended.outputs).toEqual([
      {
        ...{ name: 'model', kind: 'model', state: 'found' },
        ref: 'default/churn@1',
      },
      { name: 'other', kind: 'model', state: 'missing' },
      {
        ...{ name: 'roc', kind: 'artifact', state: 'found' },
        ref: `${runId}/evaluation/roc.json`,
      },
      { name: 'pr', kind: 'artifact', state: 'missing' },
      {
        ...{ name: 'folder', kind: 'artifact', state: 'found' },
        ref: `${runId}/evaluation`,
      },
    ]);
  });
});
