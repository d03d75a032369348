import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import request from 'supertest';
import { trackingTestPlugin } from '../__testUtils__/trackingTestPlugin';

jest.setTimeout(60_000);
const API = '/api/ml-registry/mlflow/api/2.0/mlflow';

describe('the MLflow API', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  beforeAll(async () => {
    backend = await startTestBackend({ features: [trackingTestPlugin()] });
  });
  afterAll(() => backend.stop());

  const post = (path: string, body: object) =>
    request(backend.server)
      .post(`${API}/${path}`)
      .set('authorization', mockCredentials.user.header())
      .send(body);
  const get = (path: string) =>
    request(backend.server)
      .get(`${API}/${path}`)
      .set('authorization', mockCredentials.user.header());

  it('answers 200 with int64 as numbers and lists left out when empty', async () => {
    const created = await post('runs/create', {
      experimentId: '0',
      start_time: '1730000000000',
    });
    expect(created.status).toBe(200);
    expect(created.body.run.info).toMatchObject({
      experiment_id: '0',
      start_time: 1730000000000,
      status: 'RUNNING',
      lifecycle_stage: 'active',
    });
    expect(created.body.run.info.run_id).toMatch(/^[0-9a-f]{32}$/);
    expect(created.body.run.data.metrics).toBeUndefined();
  });

  it('gives the whole history when max_results is left out', async () => {
    const { body } = await post('runs/create', { experiment_id: '0' });
    const id = body.run.info.run_id;
    await post('runs/log-batch', {
      run_id: id,
      metrics: [1, 2, 3].map(step => ({
        key: 'm',
        value: step,
        timestamp: step,
        step,
      })),
    }).expect(200);
    const all = await get(`metrics/get-history?run_id=${id}&metric_key=m`);
    expect(all.body.metrics).toHaveLength(3);
    const first = await get(
      `metrics/get-history?run_id=${id}&metric_key=m&max_results=2`,
    );
    expect(first.body.metrics).toHaveLength(2);
    const rest = await get(
      `metrics/get-history?run_id=${id}&metric_key=m&max_results=2&page_token=${first.body.next_page_token}`,
    );
    expect(rest.body.metrics).toHaveLength(1);
    expect(rest.body.next_page_token).toBeUndefined();
  });

  it.each([
    ['experiments/create', {}, 400, 'INVALID_PARAMETER_VALUE'],
    ['experiments/create', { name: 'Default' }, 400, 'RESOURCE_ALREADY_EXISTS'],
    [
      'experiments/create',
      { name: 'x', artifact_location: 9 },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'experiments/delete',
      { experiment_id: 'abc' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'runs/log-metric',
      { run_id: 'x', key: 'k', value: 1, timestamp: 1 },
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'runs/log-metric',
      { run_id: 'x', key: '../k', timestamp: 1 },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'runs/search',
      { experiment_ids: ['0'], max_results: 0 },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'runs/search',
      { experiment_ids: ['0'], page_token: 'W10' },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'runs/search',
      { experiment_ids: [{ a: 1 }] },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'registered-models/create',
      { name: 'a/b' },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    [
      'model-versions/create',
      { name: 'none', source: 'runs:/x/y' },
      404,
      'RESOURCE_DOES_NOT_EXIST',
    ],
    [
      'model-versions/transition-stage',
      { name: 'a', version: 'x', stage: 'None' },
      400,
      'INVALID_PARAMETER_VALUE',
    ],
    ['nothing/here', {}, 404, 'ENDPOINT_NOT_FOUND'],
  ])('answers %s %j with %d %s', async (path, body, status, code) => {
    const answer = await post(path, body);
    expect([answer.status, answer.body.error_code]).toEqual([status, code]);
    expect(typeof answer.body.message).toBe('string');
  });

  it('wants JSON to be called JSON', async () => {
    const answer = await post('experiments/create', {})
      .type('text/plain')
      .send('{"name": "x"}');
    expect(answer.status).toBe(400);
    expect(answer.body.message).toMatch(
      /Content-Type must be 'application\/json'/,
    );
  });

  it('takes a dataset profile of 10 MB', async () => {
    const { body } = await post('runs/create', { experiment_id: '0' });
    const answer = await post('runs/log-inputs', {
      run_id: body.run.info.run_id,
      datasets: [
        {
          dataset: {
            name: 'd',
            digest: '1',
            source_type: 'local',
            source: 's',
            profile: 'x'.repeat(10_000_000),
          },
          tags: [{ key: 'mlflow.data.context', value: 'training' }],
        },
      ],
    });
    expect(answer.status).toBe(200);
  });

  it('names the way in when there is no token, and takes one as a basic password', async () => {
    const url = `${API}/experiments/get?experiment_id=0`;
    const refused = await request(backend.server).get(url);
    expect(refused.status).toBe(401);
    expect(refused.body).toEqual({
      error_code: 'UNAUTHENTICATED',
      message: expect.stringContaining('MLFLOW_TRACKING_TOKEN'),
    });
    const token = mockCredentials.user.token();
    await request(backend.server).get(url).auth('anybody', token).expect(200);
    await request(backend.server).get(url).auth('anybody', 'wrong').expect(401);
  });

  it('forwards the links that clients print', async () => {
    const page = await request(backend.server).get('/api/ml-registry/mlflow/');
    expect(page.status).toBe(200);
    expect(page.headers['content-security-policy']).toContain(
      "script-src 'sha256-",
    );
    expect(page.text).toContain('http://portal.example');
    expect(page.text).toContain('/models/runs/');
    await request(backend.server).get('/api/ml-registry/mlflow').expect(308);
  });
});
