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

  it('repeats no more of a long value than one can read, and how it should be', async () => {
    const { status, body } = await post('experiments/create', {
      name: 'far',
      artifact_location: `s3://${'x'.repeat(300_000)}`,
    });
    expect(status).toBe(400);
    expect(body.message.length).toBeLessThan(5000);
    expect(body.message).toMatch(
      /^Invalid value .*'s3:.* … .*no place outside$/,
    );
  });

  it.each([
    'mlflow-artifacts:/../..',
    'mlflow-artifacts:/a/%2e%2e/b',
    'mlflow-artifacts:../x',
    'mlflow-artifacts:/a//b',
    'file:/etc',
    'MLFLOW-ARTIFACTS:/x',
  ])('keeps no experiment at %s (issue 7)', async location => {
    const { status, body } = await post('experiments/create', {
      name: 'x',
      artifact_location: location,
    });
    expect(status).toBe(400);
    expect(body).toMatchObject({ error_code: 'INVALID_PARAMETER_VALUE' });
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
      400,
      'INVALID_PARAMETER_VALUE',
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
      { name: 'a line\nand another' },
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

  it('gives histories of several runs, whole or spread over an interval', async () => {
    const ids: string[] = [];
    for (const offset of [0, 100]) {
      const { body } = await post('runs/create', { experiment_id: '0' });
      ids.push(body.run.info.run_id);
      await post('runs/log-batch', {
        run_id: body.run.info.run_id,
        metrics: Array.from({ length: 100 }, (_, step) => ({
          key: 'loss',
          value: step === 7 ? 'NaN' : offset + step,
          timestamp: 1000 + step,
          step,
        })),
      }).expect(200);
    }
    const runs = ids.map(id => `run_id=${id}`).join('&');
    const bulk = await get(
      `metrics/get-history-bulk?${runs}&metric_key=loss&max_results=150`,
    );
    expect(bulk.body.metrics).toHaveLength(150);
    expect(bulk.body.metrics[0].run_id).toBe([...ids].sort()[0]);
    expect(bulk.body.metrics[7].value).toBe('NaN');

    const runIds = [...ids]
      .reverse()
      .map(id => `run_ids=${id}`)
      .join('&');
    const interval = (query: string) =>
      get(
        `metrics/get-history-bulk-interval?${runIds}&metric_key=loss&${query}`,
      );
    const spread = await interval('max_results=10');
    const [first, second] = [...ids]
      .reverse()
      .map(id =>
        spread.body.metrics
          .filter((metric: { run_id: string }) => metric.run_id === id)
          .map((metric: { step: number }) => metric.step),
      );
    expect(first).toHaveLength(10);
    expect([first[0], first[9]]).toEqual([0, 99]);
    expect(second).toEqual(first);
    expect(spread.body.metrics[0].run_id).toBe(ids[1]);
    const some = await interval('start_step=10&end_step=12');
    expect(some.body.metrics).toHaveLength(6);
    const twice = await interval(`max_results=10&run_ids=${ids[0]}`);
    expect(twice.body.metrics).toHaveLength(20);
    const last = await interval('max_results=1');
    expect(
      last.body.metrics.map((metric: { step: number }) => metric.step),
    ).toEqual([99, 99]);
    for (const wrong of [
      'max_results=0',
      'max_results=2501',
      'start_step=1',
      'start_step=2&end_step=1',
    ]) {
      const refused = await interval(wrong);
      expect([wrong, refused.status]).toEqual([wrong, 400]);
    }
    const unknown = await get(
      'metrics/get-history-bulk-interval?run_ids=none&metric_key=loss',
    );
    expect(unknown.status).toBe(404);
  });

  it('lists the data sets of experiments with their contexts', async () => {
    const created = await post('experiments/create', { name: 'with data' });
    const experiment = created.body.experiment_id;
    for (const context of ['training', 'training', 'test']) {
      const { body } = await post('runs/create', {
        experiment_id: experiment,
      });
      await post('runs/log-inputs', {
        run_id: body.run.info.run_id,
        datasets: [
          {
            dataset: {
              name: 'masses',
              digest: 'abc',
              source_type: 'local',
              source: 's',
            },
            tags: [{ key: 'mlflow.data.context', value: context }],
          },
        ],
      }).expect(200);
    }
    const found = await post('experiments/search-datasets', {
      experiment_ids: [experiment],
    });
    expect(found.body.dataset_summaries).toEqual([
      {
        experiment_id: experiment,
        name: 'masses',
        digest: 'abc',
        context: 'test',
      },
      {
        experiment_id: experiment,
        name: 'masses',
        digest: 'abc',
        context: 'training',
      },
    ]);
    await post('experiments/search-datasets', {}).expect(400);
  });

  it('hands out files by run, version and logged model, as attachments', async () => {
    const { body } = await post('runs/create', { experiment_id: '0' });
    const run = body.run.info.run_id;
    const page = '<script>alert(1)</script>';
    await request(backend.server)
      .put(
        `/api/ml-registry/mlflow/ajax-api/2.0/mlflow-artifacts/artifacts/0/${run}/artifacts/sub%20dir/page.html`,
      )
      .set('authorization', mockCredentials.user.header())
      .send(page)
      .expect(200);
    await post('registered-models/create', { name: 'files' }).expect(200);
    await post('model-versions/create', {
      name: 'files',
      source: `${body.run.info.artifact_uri}/sub dir`,
      run_id: run,
    }).expect(200);
    const download = (path: string) =>
      request(backend.server)
        .get(`/api/ml-registry/mlflow${path}`)
        .set('authorization', mockCredentials.user.header());
    for (const path of [
      `/get-artifact?run_id=${run}&path=sub%20dir/page.html`,
      `/get-artifact?run_uuid=${run}&path=sub%20dir/page.html`,
      '/model-versions/get-artifact?name=files&version=1&path=page.html',
    ]) {
      const answer = await download(path);
      expect([path, answer.status, answer.text]).toEqual([path, 200, page]);
      expect(answer.headers['content-type']).toMatch(/^text\/plain/);
      expect(answer.headers['content-disposition']).toMatch(/^attachment/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
    }
    const outside = await download(`/get-artifact?run_id=${run}&path=../../x`);
    expect(outside.body).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: 'Invalid path',
    });
    await download(`/get-artifact?run_id=${run}`).expect(400);
    const made = await post('logged-models', { experiment_id: '0' });
    const model = made.body.model.info;
    await request(backend.server)
      .put(
        `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/${model.artifact_uri.replace(
          'mlflow-artifacts:/',
          '',
        )}/MLmodel`,
      )
      .set('authorization', mockCredentials.user.header())
      .send('flavors: {}')
      .expect(200);
    const file = await download(
      `/ajax-api/2.0/mlflow/logged-models/${model.model_id}/artifacts/files?artifact_file_path=MLmodel`,
    );
    expect(file.text).toBe('flavors: {}');
  });
});
