import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { createMockDirectory } from '@backstage/backend-test-utils';
import type { Job, JobUsage } from '@downstage/plugin-ml-jobs-common';
import {
  mlJobsLogStoreExtensionPoint,
  mlJobsRuntimesExtensionPoint,
} from '@downstage/plugin-ml-jobs-node';
import {
  InMemoryLogStore,
  InMemoryRuntime,
} from '@downstage/plugin-ml-jobs-node/testUtils';
import type { Monitor, Window } from '@downstage/plugin-ml-monitoring-common';
import { mlMonitoringDetectorsExtensionPoint } from '@downstage/plugin-ml-monitoring-node';
import { volumeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import type { Promotion } from '@downstage/plugin-ml-registry-common';
import type {
  Endpoint,
  PredictionLog,
  PredictResponse,
  Rollout,
} from '@downstage/plugin-ml-serving-common';
import { mlServingEnginesExtensionPoint } from '@downstage/plugin-ml-serving-node';
import { FakeServingEngineWithLog } from '@downstage/plugin-ml-serving-node/testUtils';
import type { Knex } from 'knex';
import request from 'supertest';
import { parquetOf, startBucket } from './__testUtils__/bucket';
import {
  features as pluginWithScope,
  write,
} from './__testUtils__/pluginWithScope';
import {
  diagnostics,
  startSecuredPortal,
  type SecuredPortal,
} from './__testUtils__/securedPortal';
import { trainingProgram } from './__testUtils__/trainingProgram';
import { createProject } from './__testUtils__/trainedModel';

jest.setTimeout(120_000);
const directory = createMockDirectory();
const model = 'model:default/churn';

const runtime = new InMemoryRuntime({
  slots: 1,
  programs: { 'python train.py': trainingProgram },
});
const logs = new Map<string, Buffer>();
let bucket: Awaited<ReturnType<typeof startBucket>>;
const engine = new FakeServingEngineWithLog({
  baseUrl: () => bucket.baseUrl,
  writeParquet: parquetOf,
});
/** Which windows the detector of the test judged. */
const judged = jest.fn(async () => {});
/** The tables of serving, for what nobody can ask for over HTTP yet. */
let servingTables: Knex;

const features = [
  pluginWithScope,
  createBackendModule({
    pluginId: 'ml-serving',
    moduleId: 'fake-engine',
    register(env) {
      env.registerInit({
        deps: {
          engines: mlServingEnginesExtensionPoint,
          database: coreServices.database,
        },
        async init({ engines, database }) {
          engines.addEngine(engine);
          servingTables = await database.getClient();
        },
      });
    },
  }),
  createBackendModule({
    pluginId: 'ml-monitoring',
    moduleId: 'volume',
    register(env) {
      env.registerInit({
        deps: { detectors: mlMonitoringDetectorsExtensionPoint },
        async init({ detectors }) {
          detectors.addDetector(volumeDetector({ hook: judged }));
        },
      });
    },
  }),
  createBackendModule({
    pluginId: 'ml-jobs',
    moduleId: 'in-memory',
    register(env) {
      env.registerInit({
        deps: {
          runtimes: mlJobsRuntimesExtensionPoint,
          logStore: mlJobsLogStoreExtensionPoint,
        },
        async init({ runtimes, logStore }) {
          runtimes.addRuntime(runtime);
          logStore.setLogStore(new InMemoryLogStore({ logs }));
        },
      });
    },
  }),
];

describe('a whole portal with the second implementation of each wall', () => {
  let portal: SecuredPortal;
  let project: string;
  /** The job that trained the version in production. */
  let trained: Job;

  beforeAll(async () => {
    directory.setContent({
      'data/patients.csv': 'radius,texture\n1,2\n3,4\n5,6\n',
    });
    bucket = await startBucket(url => engine.contentOf(url));
    const dataDir = directory.resolve('state');
    portal = await startSecuredPortal({
      dataDir,
      dataRoots: [directory.resolve('data')],
      config: {
        mlJobs: { runtime: 'in-memory' },
        mlServing: { engine: 'fake', gateway: { enabled: false } },
      },
      features,
      sharesEvents: true,
    });
    portal.layModel('churn', diagnostics, {
      ...{ type: 'classifier', lifecycle: 'production' },
    });
    project = createProject(dataDir);
  });
  afterAll(async () => {
    await portal?.stop();
    await bucket?.stop();
  });

  const send = async (
    method: 'get' | 'post' | 'put' | 'patch',
    path: string,
    body?: object,
    token = portal.session('ann'),
  ) => {
    const call = request(portal.server)
      [method](`/api/${path}`)
      .set('authorization', `Bearer ${token}`);
    const response = await (body === undefined ? call : call.send(body));
    if (response.status >= 300)
      throw new Error(`${path}: ${response.status} ${response.text}`);
    return response.body;
  };
  const get = (path: string) => send('get', path);
  /** Asks until the answer is as wanted; the time limit of the test ends it. */
  const until = async <T>(path: string, is: (answer: T) => boolean) => {
    for (;;) {
      const answer: T = await get(path);
      if (is(answer)) return answer;
      await new Promise(setImmediate);
    }
  };
  const submit = async (
    definition: { entryPoint: string } & Record<string, unknown>,
    body: object = {},
  ): Promise<Job> =>
    send('post', 'ml-jobs/v1/jobs', {
      source: { repository: project },
      owner: diagnostics,
      definition: {
        ...{ apiVersion: 'downstage.dev/v1', kind: 'Job' },
        ...definition,
      },
      ...body,
    });
  const ended = (id: string) =>
    until<Job>(`ml-jobs/v1/jobs/${id}`, ({ endedAt }) => Boolean(endedAt));
  const handleOf = ({ id }: Job) => runtime.handleOf({ jobId: id, attempt: 1 });
  const train = async () => {
    const { id } = await submit(
      {
        entryPoint: 'python train.py',
        resources: { cpu: 2 },
        inputs: [{ name: 'training', dataset: 'dataset:default/patients' }],
        outputs: [{ name: 'model', kind: 'model' }],
      },
      { model, group: 'sweep-7' },
    );
    return ended(id);
  };

  it('runs jobs on a runtime that fetches code and data from addresses (W1, W2)', async () => {
    await send('post', 'ml-data/v1/datasets/default/patients/versions', {});
    trained = await train();
    expect(trained).toMatchObject({
      ...{ state: 'succeeded', runtime: 'in-memory' },
      ...{ environment: 'in-memory', group: 'sweep-7' },
      inputs: [{ name: 'training', ref: 'default/patients@1' }],
    });
    const handle = handleOf(trained);
    const spec = runtime.specOf(handle);
    expect(spec?.source.path).toBeUndefined();
    expect(spec?.inputs.training.path).toBeUndefined();
    const [file] = spec!.inputs.training.files;
    expect(
      runtime.fetched(handle, `training/${file.name}`)?.toString(),
    ).toContain('radius,texture');
    expect(runtime.fetched(handle, 'source')?.length).toBeGreaterThan(0);
    expect(portal.started).toEqual([]);
  });

  it('finds a declared output by what the job registered from there', () => {
    expect(trained.outputs).toEqual([
      {
        ...{ name: 'model', kind: 'model', state: 'found' },
        ref: 'default/churn@1',
      },
    ]);
  });

  it('keeps logs in a log store of a module (W3)', async () => {
    runtime.dropLog(handleOf(trained));
    const text = 'learns from 3 rows\nregistered version 1\n';
    const log = await get(`ml-jobs/v1/jobs/${trained.id}/log`);
    expect(log).toMatchObject({ text, end: true });
    const kept = [...logs].filter(([name]) => name.includes(trained.id));
    expect(kept.map(([, bytes]) => bytes.toString())).toEqual([text]);
  });

  it('asks after a job by the handle that the runtime gave (W4)', async () => {
    const inspect = jest.spyOn(runtime, 'inspect');
    const { id } = await submit({ entryPoint: 'sleep 600' });
    await until<Job>(
      `ml-jobs/v1/jobs/${id}`,
      ({ state }) => state === 'running',
    );
    await send('post', `ml-jobs/v1/jobs/${id}/cancel`, {});
    await ended(id);
    expect(inspect).toHaveBeenCalledWith({
      name: `${id}-1`,
      cluster: 'memory',
    });
    inspect.mockRestore();
  });

  it('lets jobs wait in the queue of the runtime (W5)', async () => {
    const first = await submit({ entryPoint: 'sleep 600' });
    await until<Job>(
      `ml-jobs/v1/jobs/${first.id}`,
      ({ state }) => state === 'running',
    );
    const second = await submit({ entryPoint: 'true' });
    const waiting = await until<Job>(
      `ml-jobs/v1/jobs/${second.id}`,
      job => job.waiting !== undefined,
    );
    expect(waiting.waiting).toEqual({ reason: 'NoRoom', position: 1 });
    expect((await get('ml-jobs/v1/queue')).runtimes).toContainEqual(
      expect.objectContaining({
        ...{ id: 'in-memory', admission: 'runtime', isDefault: true },
      }),
    );
    await send('post', `ml-jobs/v1/jobs/${first.id}/cancel`, {});
    expect((await ended(second.id)).state).toBe('succeeded');
  });

  it('tells of the processes of an attempt (W6)', async () => {
    const { id } = await submit({
      entryPoint: 'echo "rank $RANK"',
      resources: { nodes: 2 },
    });
    expect((await ended(id)).attempts[0].workers).toMatchObject([
      { role: 'worker', rank: 0, node: 'node-0', state: 'succeeded' },
      { role: 'worker', rank: 1, node: 'node-1', state: 'succeeded' },
    ]);
    const log = await get(`ml-jobs/v1/jobs/${id}/log?worker=worker/1`);
    expect(log.text).toBe('rank 1\n');
  });

  it('lists jobs by their group (W7)', async () => {
    const { items } = await get('ml-jobs/v1/jobs?group=sweep-7');
    expect(items.map(({ id }: Job) => id)).toEqual([trained.id]);
  });

  it('records what jobs used there', async () => {
    const { items } = await get('ml-jobs/v1/usage?limit=100');
    const ofTraining = (items as JobUsage[]).filter(
      ({ job }) => job === trained.id,
    );
    // It holds no slot of the portal, because its runtime admits by itself.
    expect(ofTraining).toEqual([
      {
        ...{ at: trained.endedAt, owner: diagnostics, model },
        ...{ job: trained.id, attempt: 1, runtime: 'in-memory' },
        ...{ resource: 'cpu', unit: 'cpu-seconds' },
        amount: expect.any(Number),
      },
    ]);
    expect(ofTraining[0].amount).toBeGreaterThan(0);
  });

  const endpoint = 'ml-serving/v1/endpoints/default/churn';
  /** Asks for production; a colleague waives what does not fit a test, and approves. */
  const promote = async (version: number) => {
    const { id } = await send(
      'post',
      `ml-registry/v1/models/default/churn/versions/${version}/promotions`,
      { to: 'production', comment: 'better than before' },
    );
    const path = `ml-registry/v1/promotions/${id}`;
    const ben = portal.session('ben');
    const { gates } = await until<Promotion>(path, seen =>
      seen.gates.every(({ status }) => status !== 'pending'),
    );
    for (const { gate, status } of gates) {
      if (status !== 'failed') continue;
      const body = { gate, reason: 'known, and of no harm here' };
      await send('post', `${path}/waive`, body, ben);
    }
    await until<Promotion>(
      path,
      ({ state }) => state === 'waiting-for-approval',
    );
    await send('post', `${path}/approve`, {}, ben);
    await until<Promotion>(path, ({ state }) => state === 'approved');
  };
  const serving = (version: number) =>
    until<Endpoint>(
      endpoint,
      ({ state, variants }) =>
        state === 'ready' && variants.some(one => one.version === version),
    );
  const predict = async (rows: object[]): Promise<PredictResponse> =>
    send('post', `${endpoint}/predict`, { rows });
  const row = { radius: 1, texture: 2 };

  it('serves what is promoted with an engine of a module (W9)', async () => {
    await promote(1);
    const made = await send('post', 'ml-serving/v1/endpoints', {
      modelRef: model,
    });
    expect(made).toMatchObject({
      engine: 'fake',
      url: 'http://fake.example/v2/models/churn',
    });
    await serving(1);
    expect(await engine.observe(['churn'])).toMatchObject([{ active: 1 }]);
    expect(await predict([row])).toMatchObject({
      modelVersion: 1,
      predictions: [{ version: 1 }],
    });
  });

  it('follows a promotion, and divides requests between two variants (W10)', async () => {
    expect((await train()).outputs).toMatchObject([
      { state: 'found', ref: 'default/churn@2' },
    ]);
    await promote(2);
    await serving(2);
    // The version before is loaded still. Nobody can ask for two variants yet, so the row is written as it would be.
    const variants = [
      { name: 'champion', version: 2, weight: 80, mode: 'live' },
      { name: 'challenger', version: 1, weight: 20, mode: 'live' },
    ];
    const rollouts = `${endpoint}/rollouts`;
    const { items: before } = await until<{ items: Rollout[] }>(
      rollouts,
      ({ items }) => items.every(({ endedAt }) => endedAt),
    );
    const number = before[0].number + 1;
    const at = new Date().toISOString();
    await servingTables('rollouts').insert({
      ...{
        id: `default/churn#${number}`,
        endpoint_id: 'default/churn',
        number,
      },
      ...{ state: 'running', reason: 'Canary', message: 'To both' },
      from_variants: JSON.stringify(before[0].to),
      to_variants: JSON.stringify(variants),
      ...{ started_at: at, next_reconcile_at: at },
    });
    const { items } = await until<{ items: Rollout[] }>(
      rollouts,
      found => found.items[0].endedAt !== undefined,
    );
    expect(items[0]).toMatchObject({
      ...{ number, state: 'succeeded', to: variants },
    });
    const seen: Endpoint = await get(endpoint);
    expect(
      seen.variants.map(one => [one.variant, one.version, one.weight]).sort(),
    ).toEqual([
      ['challenger', 1, 20],
      ['champion', 2, 80],
    ]);
    const answers = [0, 0, 0];
    for (let n = 0; n < 50; n++) {
      answers[(await predict([row])).modelVersion] += 1;
    }
    expect(answers[1]).toBeGreaterThanOrEqual(8);
    expect(answers[1]).toBeLessThanOrEqual(12);
    // The registry is asked again, and leaves the variants as they are.
    await send('patch', endpoint, { access: { groups: [diagnostics] } });
    await until<Endpoint>(
      endpoint,
      ({ generation, observedGeneration }) => generation === observedGeneration,
    );
    expect((await get(rollouts)).items[0]).toMatchObject({ number });
  });

  it('names each row of the log, which lies elsewhere (W11, W13)', async () => {
    const { predictionId } = await predict([row, row]);
    const log: PredictionLog = await send(
      'post',
      `${endpoint}/prediction-log/roll`,
      {},
    );
    expect(log).toMatchObject({ parquetGlob: '', openFiles: [] });
    // One to version 1, fifty to both, and two rows of one request.
    expect(log.rows).toBe(53);
    const counts = await Promise.all(
      [1, 2].map(version =>
        get(`${endpoint}/prediction-log/count?version=${version}`),
      ),
    );
    expect(counts[0].rows + counts[1].rows).toBe(53);
    expect(predictionId).toMatch(/^fake-/);
    const refused = await request(portal.server)
      .get(`/api/${endpoint}/prediction-log/files`)
      .set('authorization', `Bearer ${portal.session('ann')}`);
    expect(refused.status).toBe(403);
  });

  const monitors = 'ml-monitoring/v1/monitors/default/churn';

  it('alarms by a detector of a module, which sees the log from its address (W12, W13)', async () => {
    const { items: kinds } = await get('ml-monitoring/v1/detectors');
    expect(kinds.map(({ kind }: { kind: string }) => kind)).toContain('volume');
    const volume = `${monitors}/kinds/volume/few`;
    await until<{ items: Monitor[] }>('ml-monitoring/v1/monitors', found =>
      found.items.some(({ ref }) => ref === model),
    );
    await send('put', volume, { settings: { least: 1_000, enough: 1 } });
    const alarmed = await until<Monitor>(volume, ({ latestWindow }) =>
      Boolean(latestWindow?.rows),
    );
    expect(judged).toHaveBeenCalled();
    expect(alarmed).toMatchObject({
      latestWindow: { version: 2, status: 'drift', trigger: 'schedule' },
      ...{ kind: 'volume', status: 'drift' },
      openEpisode: { columns: ['volume'] },
    });
    expect(bucket.asked.length).toBeGreaterThan(0);
    // A log that lies elsewhere sees no token of the portal.
    expect(bucket.asked.map(({ headers }) => headers.authorization)).toEqual(
      bucket.asked.map(() => undefined),
    );
  });

  it('joins labels with the rows of the log (W11, W12)', async () => {
    let answer: PredictResponse;
    do answer = await predict([row, row, row]);
    while (answer.modelVersion !== 2);
    const labels = answer.predictions.map((_, index) => ({
      predictionId: `${answer.predictionId}/${index}`,
      label: 2 + index,
    }));
    await send('post', `${monitors}/labels`, { labels });
    const performance = `${monitors}/kinds/performance/error`;
    await send('put', performance, {
      settings: {
        ...{ task: 'regression', minLabels: 1, minShare: 0 },
        ...{ warning: 0.5, drift: 5 },
      },
    });
    const { latestWindow } = await until<Monitor>(performance, found =>
      Boolean(found.latestWindow),
    );
    const window: Window = await get(
      `ml-monitoring/v1/windows/${latestWindow?.id}`,
    );
    expect(window).toMatchObject({
      status: 'warning',
      // Labels of 2, 3 and 4 for predictions of 2.
      signals: expect.arrayContaining([expect.objectContaining({ value: 1 })]),
    });
  });

  it('lets a token with the scope of another plugin in (W8)', async () => {
    const ask = async (scopes: string[]) => {
      const secret = await portal.secretOf(scopes as never);
      const { status } = await request(portal.server)
        .get(`/api/ml-features/${write.name}`)
        .set('authorization', `Bearer ${secret}`);
      return status;
    };
    expect(await ask(['features'])).toBe(200);
    expect(await ask(['read'])).toBe(403);
  });
});
