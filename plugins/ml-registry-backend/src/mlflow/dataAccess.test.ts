import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { callerOf } from '@downstage/node';
import type { DataAccess } from '@downstage/plugin-ml-registry-node';
import request from 'supertest';
import { peopleFactory } from '../__testUtils__/people';
import { trackingTestPlugin } from '../__testUtils__/trackingTestPlugin';

jest.setTimeout(60_000);
const mount = '/api/ml-registry/mlflow';
const api = `${mount}/api/2.0`;
const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');

/** The scans are ann's. */
const dataAccess: DataAccess = {
  ask: async (refs, { credentials }) =>
    refs.map(ref =>
      callerOf(credentials).actor === 'user:default/ann'
        ? { ref, mayRead: true, because: 'owner' }
        : { ref, mayRead: false, message: `Ask ann for a grant of ${ref}` },
    ),
};

describe('what came out of guarded data, over HTTP', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let runId: string;
  const post = (path: string, body: object, who = ann) =>
    request(backend.server)
      .post(`${api}/mlflow/${path}`)
      .set('authorization', who)
      .send(body);
  const get = (path: string, who: string) =>
    request(backend.server).get(path).set('authorization', who);
  const declare = (id: string, who: string) =>
    post(
      'runs/log-inputs',
      {
        run_id: id,
        datasets: [
          {
            dataset: {
              name: 'scans',
              digest: 'a1',
              source_type: 'local',
              source: '{"path":"/clinic"}',
              profile: '{"patient":["Smith"]}',
            },
            tags: [{ key: 'downstage.ref', value: 'default/scans@1' }],
          },
        ],
      },
      who,
    );

  beforeAll(async () => {
    backend = await startTestBackend({
      features: [trackingTestPlugin({ dataAccess }), peopleFactory],
    });
    const { body } = await post('runs/create', { experiment_id: '0' });
    runId = body.run.info.run_id;
    await request(backend.server)
      .put(`${api}/mlflow-artifacts/artifacts/0/${runId}/artifacts/roc.png`)
      .set('authorization', ann)
      .send(Buffer.from('rows'))
      .expect(200);
    await declare(runId, ann).expect(200);
    await post('registered-models/create', { name: 'tumours' }).expect(200);
    await post('model-versions/create', {
      name: 'tumours',
      source: `runs:/${runId}/`,
      run_id: runId,
    }).expect(200);
  });
  afterAll(() => backend.stop());

  it.each([
    [
      'an artifact',
      () => `${api}/mlflow-artifacts/artifacts/0/${runId}/artifacts/roc.png`,
    ],
    [
      'a signed address',
      () => `${api}/mlflow-artifacts/presigned/0/${runId}/artifacts/roc.png`,
    ],
    [
      'a file of a run',
      () => `${mount}/get-artifact?run_id=${runId}&path=roc.png`,
    ],
    [
      'a file of a version',
      () =>
        `${mount}/model-versions/get-artifact?name=tumours&version=1&path=roc.png`,
    ],
  ])('refuses %s with our code and whom to ask', async (_, path) => {
    expect((await get(path(), ann)).status).toBe(200);
    const { status, body } = await get(path(), cleo);
    expect({ status, body }).toEqual({
      status: 403,
      body: {
        error_code: 'PERMISSION_DENIED',
        code: 'ml-data.access-needed',
        message: `The file 0/${runId}/artifacts/roc.png may show dataset:default/scans. Ask ann for a grant of dataset:default/scans`,
      },
    });
  });

  it('answers the run with its input, and the profile to readers of the data', async () => {
    const inputOf = async (who: string) => {
      const { body } = await get(`${api}/mlflow/runs/get?run_id=${runId}`, who);
      return body.run.inputs.dataset_inputs[0];
    };
    expect((await inputOf(ann)).dataset.profile).toContain('Smith');
    const input = await inputOf(cleo);
    expect(input.dataset).toEqual({
      name: 'scans',
      digest: 'a1',
      source_type: 'local',
      source: '{}',
    });
    expect(input.tags).toContainEqual({
      key: 'downstage.withheld',
      value: 'Ask ann for a grant of dataset:default/scans',
    });
  });

  it('refuses the declaration of data that the caller may not read', async () => {
    const { body } = await post('runs/create', { experiment_id: '0' }, cleo);
    const refused = await declare(body.run.info.run_id, cleo);
    expect({ status: refused.status, code: refused.body.code }).toEqual({
      status: 403,
      code: 'ml-data.access-needed',
    });
  });
});
