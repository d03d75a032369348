import {
  mockCredentials,
  startTestBackend,
} from '@backstage/backend-test-utils';
import request from 'supertest';
import { trackingTestPlugin } from '../__testUtils__/trackingTestPlugin';

jest.setTimeout(60_000);
const API = '/api/ml-registry/mlflow/api/2.0/mlflow';

// What clients and scripts rely on beyond the words of the protocol, over plain HTTP.
describe('behaviours of the MLflow API', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  beforeAll(async () => {
    backend = await startTestBackend({ features: [trackingTestPlugin()] });
  });
  afterAll(() => backend.stop());

  const send = (
    method: 'post' | 'patch' | 'delete',
    path: string,
    body: object,
  ) =>
    request(backend.server)
      [method](`${API}/${path}`)
      .set('authorization', mockCredentials.user.header())
      .send(body);
  const post = (path: string, body: object) => send('post', path, body);
  const get = (path: string, query: object) =>
    request(backend.server)
      .get(`${API}/${path}`)
      .set('authorization', mockCredentials.user.header())
      .query(query);
  const newRun = async (body: object = {}) =>
    (await post('runs/create', { experiment_id: '0', ...body })).body.run;
  const runOf = async (id: string) =>
    (await get('runs/get', { run_id: id })).body.run;

  it('keeps the name of a deleted experiment taken, and gives it back whole', async () => {
    const { body } = await post('experiments/create', { name: 'gone' });
    const id = body.experiment_id;
    const run = await newRun({ experiment_id: id });
    await post('experiments/delete', { experiment_id: id }).expect(200);
    // As MLflow's own server: deleted already is not there.
    await post('experiments/delete', { experiment_id: id }).expect(404);
    const taken = await post('experiments/create', { name: 'gone' });
    expect([taken.status, taken.body]).toEqual([
      400,
      {
        error_code: 'RESOURCE_ALREADY_EXISTS',
        message: expect.stringContaining('deleted state'),
      },
    ]);
    expect((await runOf(run.info.run_id)).info.lifecycle_stage).toBe('deleted');
    await post('experiments/restore', { experiment_id: id }).expect(200);
    expect((await runOf(run.info.run_id)).info.lifecycle_stage).toBe('active');
    const found = await get('experiments/get-by-name', {
      experiment_name: 'gone',
    });
    expect(found.body.experiment.experiment_id).toBe(id);
  });

  it('reconciles the two names of a run, and makes one up', async () => {
    const tag = (value: string) => [{ key: 'mlflow.runName', value }];
    expect((await newRun({ tags: tag('tagged') })).info.run_name).toBe(
      'tagged',
    );
    expect((await newRun()).info.run_name).toMatch(/^\w+-\w+-\d+$/);
    const clash = await post('runs/create', {
      experiment_id: '0',
      run_name: 'a',
      tags: tag('b'),
    });
    expect(clash.status).toBe(400);
    const run = await newRun({ run_name: 'old' });
    await post('runs/set-tag', {
      run_id: run.info.run_id,
      key: 'mlflow.runName',
      value: 'new',
    });
    expect((await runOf(run.info.run_id)).info.run_name).toBe('new');
  });

  it('sends infinities and NaN as strings, both ways', async () => {
    const { info } = await newRun();
    await post('runs/log-batch', {
      run_id: info.run_id,
      metrics: ['NaN', 'Infinity', '-Infinity', '1e-3'].map((value, step) => ({
        key: `m${step}`,
        value,
        timestamp: '1',
      })),
    }).expect(200);
    const { data } = await runOf(info.run_id);
    expect(
      data.metrics.map((metric: { value: unknown }) => metric.value),
    ).toEqual(['NaN', 'Infinity', '-Infinity', 0.001]);
    expect(data.metrics[0]).toMatchObject({ timestamp: 1, step: 0 });
  });

  it('takes a point once, however often it comes', async () => {
    const { info } = await newRun();
    for (let times = 0; times < 3; times += 1) {
      await post('runs/log-metric', {
        run_id: info.run_id,
        key: 'm',
        value: 'NaN',
        timestamp: 1,
        step: 1,
      }).expect(200);
    }
    const history = await get('metrics/get-history', {
      run_id: info.run_id,
      metric_key: 'm',
    });
    expect(history.body.metrics).toHaveLength(1);
  });

  it('writes params once, and a batch wholly or not at all', async () => {
    const { info } = await newRun();
    const param = (value: string) => ({
      run_id: info.run_id,
      metrics: [{ key: 'm', value: 1, timestamp: 1 }],
      params: [{ key: 'p', value }],
    });
    await post('runs/log-batch', { ...param('1'), metrics: [] }).expect(200);
    const refused = await post('runs/log-batch', param('2'));
    expect(refused.body).toEqual({
      error_code: 'INVALID_PARAMETER_VALUE',
      message: expect.stringMatching(
        /^Changing param values is not allowed\. Param with key='p' was already logged with value='1' for run ID='\w+'\. Attempted logging new value '2'\.$/,
      ),
    });
    expect((await runOf(info.run_id)).data.metrics).toBeUndefined();
    await post('runs/log-batch', param('1')).expect(200);
  });

  it.each([
    ['name', 500],
    ['digest', 36],
    ['source', 65_535],
    ['schema', 1_048_575],
  ])('refuses a data set whose %s is longer than %d', async (field, limit) => {
    const { info } = await newRun();
    const inputs = (length: number) => ({
      run_id: info.run_id,
      datasets: [
        {
          dataset: {
            name: 'd',
            digest: '1',
            source_type: 'local',
            source: 's',
            [field]: 'x'.repeat(length),
          },
        },
      ],
    });
    await post('runs/log-inputs', inputs(limit)).expect(200);
    const refused = await post('runs/log-inputs', inputs(limit + 1));
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringContaining(`length limit of ${limit}`),
    ]);
  });

  it('refuses a batch of more than a million bytes', async () => {
    const { info } = await newRun();
    const refused = await post('runs/log-batch', {
      run_id: info.run_id,
      tags: [{ key: 't', value: 'x'.repeat(1_000_000) }],
    });
    expect([refused.status, refused.body.message]).toEqual([
      400,
      expect.stringMatching(/must be at most 1000000 bytes/),
    ]);
  });

  it('reads names in camelCase, numbers in strings, choices by number, and ignores the rest', async () => {
    const { info } = await newRun({ startTime: '17', somethingElse: {} });
    expect(info.start_time).toBe(17);
    const ended = await post('runs/update', {
      runUuid: info.run_id,
      status: 4,
      endTime: '18',
    });
    expect(ended.body.run_info).toMatchObject({
      status: 'FAILED',
      end_time: 18,
    });
    const wrong = await post('runs/update', {
      run_id: info.run_id,
      status: 'DONE',
    });
    expect(wrong.status).toBe(400);
    // A JSON string that holds JSON.
    const twice = await request(backend.server)
      .post(`${API}/runs/update`)
      .set('authorization', mockCredentials.user.header())
      .type('application/json')
      .send(JSON.stringify(JSON.stringify({ run_id: 'x' })));
    expect(twice.status).toBe(404);
  });

  it('takes a parameter and a tag without a value for empty, and no metric', async () => {
    const { info } = await newRun();
    const log = (path: string, body: object) =>
      post(path, { run_id: info.run_id, key: 'k', ...body });
    await log('runs/log-parameter', { value: '' }).expect(200);
    await log('runs/set-tag', { value: '' }).expect(200);
    // As MLflow's own server: a parameter or a tag without a value has an empty one, a metric needs its value.
    await log('runs/log-parameter', {}).expect(200);
    await log('runs/set-tag', {}).expect(200);
    const { status, body } = await log('runs/log-metric', {});
    expect([status, body.message]).toEqual([
      400,
      "Missing value for required parameter 'value'.",
    ]);
  });

  it('never uses the number of a deleted version again, and keeps tags and aliases apart', async () => {
    const name = 'numbers';
    await post('registered-models/create', { name }).expect(200);
    const { info } = await newRun();
    const create = async () =>
      (
        await post('model-versions/create', {
          name,
          source: `${info.artifact_uri}/m`,
          run_id: info.run_id,
        })
      ).body.model_version;
    expect((await create()).version).toBe('1');
    const second = await create();
    expect(second).toMatchObject({
      version: '2',
      current_stage: 'None',
      status: 'READY',
    });
    expect(typeof second.creation_timestamp).toBe('number');
    await send('delete', 'model-versions/delete', {
      name,
      version: '2',
    }).expect(200);
    expect((await create()).version).toBe('3');
    const gone = await get('model-versions/get', { name, version: '2' });
    expect(gone.body.error_code).toBe('RESOURCE_DOES_NOT_EXIST');
    for (const alias of [
      'latest',
      'LATEST',
      'v7',
      'V7',
      'a/b',
      'x'.repeat(256),
    ]) {
      const refused = await post('registered-models/alias', {
        name,
        alias,
        version: '1',
      });
      expect([alias, refused.status]).toEqual([alias, 400]);
    }
    const wrong = await post('model-versions/transition-stage', {
      name,
      version: '1',
      stage: 'Nowhere',
      archive_existing_versions: false,
    });
    expect(wrong.body.message).toMatch(
      /^Invalid Model Version stage: Nowhere\. Value must be one of None, Staging/,
    );
    const archive = await post('model-versions/transition-stage', {
      name,
      version: '1',
      stage: 'aRCHIVED',
      archive_existing_versions: true,
    });
    expect(archive.body.message).toMatch(/is not an Active stage/);
  });

  it('hides prompts, by model and by version, until their tag is named', async () => {
    const tags = [{ key: 'mlflow.prompt.is_prompt', value: 'true' }];
    await post('registered-models/create', { name: 'ask', tags }).expect(200);
    await post('model-versions/create', {
      name: 'ask',
      source: 'dummy-source',
      tags: [...tags, { key: 'mlflow.prompt.text', value: 'Say' }],
    }).expect(200);
    const names = async (path: string, filter: string) => {
      const { body } = await get(path, { filter });
      return (body.registered_models ?? body.model_versions ?? []).map(
        (found: { name: string }) => found.name,
      );
    };
    const tag = 'tags.`mlflow.prompt.is_prompt`';
    for (const path of ['registered-models/search', 'model-versions/search']) {
      expect(await names(path, "name = 'ask'")).toEqual([]);
      expect(await names(path, `name = 'ask' AND ${tag} != 'true'`)).toEqual(
        [],
      );
      expect(await names(path, `name = 'ask' AND ${tag} = 'true'`)).toEqual([
        'ask',
      ]);
    }
    const clash = await post('registered-models/create', { name: 'ask' });
    expect(clash.body).toEqual({
      error_code: 'RESOURCE_ALREADY_EXISTS',
      message: expect.stringMatching(/already taken by a prompt/),
    });
  });

  it('answers a page token that is no token of the search with 400', async () => {
    await newRun();
    await newRun();
    const search = (body: object) =>
      post('runs/search', { experiment_ids: ['0'], max_results: 1, ...body });
    const { body } = await search({});
    const forged = Buffer.from(JSON.stringify(['x', 'y'])).toString(
      'base64url',
    );
    for (const token of ['x', forged.slice(3), `${body.next_page_token}AAAA`]) {
      const refused = await search({ page_token: token });
      expect([token, refused.status]).toEqual([token, 400]);
    }
    const other = await search({
      page_token: body.next_page_token,
      order_by: ['metrics.m'],
    });
    expect(other.status).toBe(400);
  });
});
