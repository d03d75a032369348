import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  coreServices,
  createBackendModule,
  createBackendPlugin,
  createServiceFactory,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import { NotFoundError } from '@backstage/errors';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import {
  eventsServiceFactory,
  eventsServiceRef,
} from '@backstage/plugin-events-node';
import {
  callerOf,
  formatTokenSubject,
  publishTopic,
  type TokenIdentity,
} from '@downstage/node';
import { describeDenyAll, membersOf } from '@downstage/node/testUtils';
import {
  mlRegistryServiceRef,
  stageChangedTopic,
  type MlRegistryService,
} from '@downstage/plugin-ml-registry-node';
import {
  mlServingContract,
  predictionIdOf,
  type Endpoint,
  type Rollout,
} from '@downstage/plugin-ml-serving-common';
import { mlServingEnginesExtensionPoint } from '@downstage/plugin-ml-serving-node';
import { FakeServingEngine } from '@downstage/plugin-ml-serving-node/testUtils';
import { DuckDBInstance } from '@duckdb/node-api';
import { Router } from 'express';
import request from 'supertest';
import mlServingPlugin from './index';

jest.setTimeout(30_000);

const fixtures = join(
  dirname(require.resolve('@downstage/gateway/package.json')),
  'fixtures',
);
const directory = createMockDirectory();
const modelRef = 'model:default/tumour';
const exampleFile = 'serving_input_example.json';
const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');
const group: Record<string, string> = {
  'user:default/ann': 'group:default/diagnostics',
  'user:default/cleo': 'group:default/credit',
};

/** A registry of one model: which version is in production, and what each version holds. */
function aRegistry() {
  const state = {
    production: undefined as number | undefined,
    /** Whether the ledger calls the newest change a rollback. */
    rolledBack: false,
    /** In other namespaces. */
    inProduction: {} as Record<string, number>,
    files: {
      1: { 'model.onnx': 'logistic-v1.onnx', MLmodel: 'make-models.py' },
      2: { 'model.onnx': 'logistic-v2.onnx' },
      3: { 'model.pkl': 'make-models.py' },
      4: { 'model.onnx': 'make-models.py' },
    } as Record<number, Record<string, string>>,
    /** The input example of each version. */
    examples: {} as Record<number, string>,
    /** Who may not read files, because of the data behind them. */
    refused: [] as string[],
  };
  const service = {
    getModel: async ({ params }: { params: { namespace: string } }) => {
      const version =
        params.namespace === 'default'
          ? state.production
          : state.inProduction[params.namespace];
      if (version === undefined) throw new NotFoundError('no versions yet');
      return { production: { version } };
    },
    /** Newest first; the registry's own store is tested there. */
    listLedger: async ({ query }: { query: { version: number } }) => ({
      items: [
        { action: 'tagged', actor: 'user:default/eve', to: 'yes' },
        {
          action: state.rolledBack ? 'rolled-back' : 'promoted',
          actor: `user:default/approver-of-${query.version}`,
          to: 'production',
        },
      ],
    }),
    getModelVersion: async () => ({
      signature: {
        inputs: [
          { name: 'radius', type: 'double' },
          { name: 'texture', type: 'float' },
          { name: 'count', type: 'long' },
        ],
        outputs: [],
      },
    }),
    listVersionArtifacts: async ({
      params,
      query,
    }: {
      params: { version: number };
      query?: { path?: string };
    }) => ({
      items: query?.path
        ? [
            ...Object.keys(state.files[params.version]),
            ...(state.examples[params.version] ? [exampleFile] : []),
          ].map(path => ({
            path: `model/${path}`,
            isDir: false,
          }))
        : [{ path: 'model', isDir: true }],
    }),
  };
  const plugin = createBackendPlugin({
    pluginId: 'ml-registry',
    register(env) {
      env.registerInit({
        deps: {
          httpAuth: coreServices.httpAuth,
          httpRouter: coreServices.httpRouter,
        },
        async init({ httpAuth, httpRouter }) {
          const router = Router();
          router.get(
            '/v1/models/:namespace/tumour/versions/:version/artifact',
            async (req, res) => {
              const path = String(req.query.path).replace('model/', '');
              const { actor } = callerOf(await httpAuth.credentials(req));
              if (state.refused.includes(actor)) {
                res.status(403).json({
                  error: { name: 'NotAllowedError', message: 'No' },
                });
                return;
              }
              if (path === exampleFile) {
                res.send(state.examples[Number(req.params.version)]);
                return;
              }
              const file = state.files[Number(req.params.version)][path];
              createReadStream(join(fixtures, file)).pipe(res);
            },
          );
          httpRouter.use(router);
        },
      });
    },
  });
  const factory = createServiceFactory({
    service: mlRegistryServiceRef,
    deps: {},
    // Only what ml-serving calls.
    factory: () => service as unknown as MlRegistryService,
  });
  return { state, features: [plugin, factory] };
}

function features(
  registry: ReturnType<typeof aRegistry>,
  gateway: { port: number; enabled?: boolean } = { port: 0 },
  serving: { engine?: string } = {},
) {
  return [
    mlServingPlugin,
    ...registry.features,
    eventsServiceFactory,
    mockServices.rootConfig.factory({
      data: {
        downstage: { dataDir: directory.path },
        mlServing: { ...serving, gateway },
      },
    }),
    catalogServiceMock.factory({
      entities: [
        {
          apiVersion: 'downstage.dev/v1alpha1',
          kind: 'Model',
          metadata: { name: 'tumour', namespace: 'default' },
          spec: {},
          relations: [
            { type: 'ownedBy', targetRef: 'group:default/diagnostics' },
          ],
        },
        {
          apiVersion: 'downstage.dev/v1alpha1',
          kind: 'Model',
          metadata: { name: 'tumour', namespace: 'credit' },
          spec: {},
          relations: [{ type: 'ownedBy', targetRef: 'group:default/credit' }],
        },
      ],
    }),
    membersOf(group),
  ];
}

it('starts no gateway where the configuration wants none, and endpoints say so', async () => {
  const registry = aRegistry();
  registry.state.production = 1;
  const alone = await startTestBackend({
    features: features(registry, { port: 0, enabled: false }),
  });
  const path = '/api/ml-serving/v1/endpoints';
  await request(alone.server)
    .post(path)
    .set('authorization', ann)
    .send({ modelRef });
  let endpoint: Endpoint;
  do {
    const answer = await request(alone.server)
      .get(`${path}/default/tumour`)
      .set('authorization', ann);
    endpoint = answer.body;
    await new Promise(setImmediate);
  } while (endpoint.conditions.at(0)?.reason !== 'Fetched');
  expect(endpoint).toMatchObject({
    state: 'failed',
    gateway: { alive: false },
  });
  expect(endpoint.conditions[1]).toMatchObject({
    type: 'GatewayAlive',
    status: 'false',
    reason: 'NoGateway',
    message: 'This portal runs no gateway: mlServing.gateway.enabled is false',
  });
  const answer = await request(alone.server)
    .post(`${path}/default/tumour/predict`)
    .set('authorization', ann)
    .send({ rows: [{ radius: 1, texture: 2, count: 3 }] });
  expect(answer.status).toBe(503);
  expect(answer.body.error.message).toMatch(/runs no gateway/);
  expect(await readdir(directory.path)).not.toContain('gateway');
  await alone.stop();
});

describe('an engine that a module installs (W9)', () => {
  const path = '/api/ml-serving/v1/endpoints';
  const engine = new FakeServingEngine();
  /** What a second engine of the same id is told. */
  let refusal: unknown;
  const registry = aRegistry();
  let backend: Awaited<ReturnType<typeof startTestBackend>>;

  beforeAll(async () => {
    registry.state.production = 1;
    backend = await startTestBackend({
      features: [
        ...features(registry, { port: 0, enabled: false }, { engine: 'fake' }),
        createBackendModule({
          pluginId: 'ml-serving',
          moduleId: 'fake-engine',
          register(env) {
            env.registerInit({
              deps: { engines: mlServingEnginesExtensionPoint },
              async init({ engines }) {
                engines.addEngine(engine);
                try {
                  engines.addEngine(engine);
                } catch (error) {
                  refusal = error;
                }
              },
            });
          },
        }),
      ],
    });
  });
  afterAll(() => backend.stop());

  const ask = (
    method: 'get' | 'post' | 'patch' | 'delete',
    at = '',
    body?: object,
  ) =>
    request(backend.server)
      [method](`${path}${at}`)
      .set('authorization', ann)
      .send(body);
  const until = async (wanted: (endpoint: Endpoint) => boolean) => {
    for (;;) {
      const { body } = await ask('get', '/default/tumour');
      if (wanted(body)) return body;
      await new Promise(setImmediate);
    }
  };

  it('serves the endpoints that name it, and those that name none where the configuration says so', async () => {
    const unknown = await ask('post', '', { modelRef, engine: 'kserve' });
    expect(unknown.status).toBe(400);
    expect(unknown.body.error.message).toBe(
      "No module installs the serving engine 'kserve'; installed: gateway, fake",
    );
    const { body } = await ask('post', '', { modelRef });
    expect(body).toMatchObject({
      engine: 'fake',
      url: 'http://fake.example/v2/models/tumour',
    });
    expect(await until(({ state }) => state === 'ready')).toMatchObject({
      variants: [
        { variant: 'champion', version: 1, weight: 100, state: 'ready' },
      ],
      neededVersions: [1],
      gateway: { url: 'http://fake.example', alive: true },
    });
    const answer = await ask('post', '/default/tumour/predict', {
      rows: [{ radius: 1, texture: 2, count: 3 }],
    });
    expect(answer.body).toMatchObject({
      modelVersion: 1,
      predictions: [{ version: 1 }],
    });
    const traffic = await ask('get', '/default/tumour/traffic');
    expect(traffic.body).toEqual({ buckets: [] });
  });

  it('is the only one of its id', () => {
    expect(refusal).toEqual(
      new Error("Two serving engines have the id 'fake'"),
    );
  });

  it('keeps what the engine says of an endpoint beside what is judged', async () => {
    const { conditions } = await until(found =>
      found.conditions.some(({ type }) => type === 'PredictionLogged'),
    );
    expect(conditions.map(({ type }: { type: string }) => type)).toEqual([
      'VersionAvailable',
      'GatewayAlive',
      'Serving',
      'PredictionLogged',
    ]);
  });

  it('says at once what the engine cannot honour when who may ask changes', async () => {
    const apply = jest.spyOn(engine, 'apply').mockResolvedValueOnce([
      {
        endpoint: 'tumour',
        type: 'AccessApplied',
        status: 'false',
        reason: 'NotSupported',
        message: 'This engine answers everybody',
      },
    ]);
    const { body } = await ask('patch', '/default/tumour', {
      access: { groups: ['group:default/diagnostics'], anonymous: false },
    });
    expect(body.conditions).toContainEqual(
      expect.objectContaining({
        type: 'AccessApplied',
        message: 'This engine answers everybody',
      }),
    );
    apply.mockRestore();
  });

  it('is told of an endpoint that is taken down', async () => {
    expect(await engine.observe(['tumour'])).toHaveLength(1);
    expect((await ask('delete', '/default/tumour')).status).toBe(200);
    expect(await engine.observe(['tumour'])).toEqual([]);
  });
});

describe('ml-serving', () => {
  const registry = aRegistry();
  const actions = actionsRegistryServiceMock();
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let announceStage: () => Promise<void>;

  const start = async () => {
    const spy = createBackendPlugin({
      pluginId: 'spy',
      register(env) {
        env.registerInit({
          deps: { events: eventsServiceRef },
          async init({ events }) {
            announceStage = () =>
              publishTopic(events, stageChangedTopic, {
                modelRef,
                versionRef: 'default/tumour@1',
                from: 'staging',
                to: 'production',
              });
          },
        });
      },
    });
    backend = await startTestBackend({
      features: [
        ...features(registry),
        spy,
        createServiceFactory({
          service: actionsRegistryServiceRef,
          deps: {},
          factory: () => actions,
        }),
      ],
    });
  };
  beforeAll(start);
  afterAll(() => backend.stop());

  const base = '/api/ml-serving/v1/endpoints';
  const get = (path: string, authorization = ann) =>
    request(backend.server).get(path).set('authorization', authorization);
  const post = (path: string, body: object, authorization = ann) =>
    request(backend.server)
      .post(path)
      .set('authorization', authorization)
      .send(body);
  const predict = () =>
    post(`${base}/default/tumour/predict`, {
      rows: [{ radius: 1, texture: 2, count: 3 }],
    });
  const until = async (wanted: (endpoint: Endpoint) => boolean) => {
    for (;;) {
      const { body } = await get(`${base}/default/tumour`);
      if (wanted(body)) return body as Endpoint;
      await new Promise(setImmediate);
    }
  };
  const promote = async (version: number) => {
    registry.state.production = version;
    await announceStage();
  };
  const gatewayFile = async () =>
    JSON.parse(
      await readFile(directory.resolve('gateway/gateway.json'), 'utf8'),
    );

  it('lets owners create an endpoint, and nobody else', async () => {
    const refused = await post(base, { modelRef }, cleo);
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toMatch(
      /belongs to group:default\/diagnostics/,
    );
    const unknown = await post(base, { modelRef: 'model:default/none' });
    expect(unknown.status).toBe(404);
    const group_ = await post(base, { modelRef: 'group:default/diagnostics' });
    expect(group_.body.error.message).toMatch(/only models have endpoints/);

    const created = await post(base, { modelRef });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      ref: 'default/tumour',
      owner: 'group:default/diagnostics',
      // Nobody has looked yet, so nothing is said of versions.
      state: 'loading',
      createdBy: 'user:default/ann',
    });
    expect((await post(base, { modelRef })).status).toBe(409);
    const waiting = await until(
      ({ gateway, state }) => gateway.alive && state === 'waiting',
    );
    expect(waiting.conditions[0]).toMatchObject({
      type: 'VersionAvailable',
      reason: 'NoProductionVersion',
    });
  });

  it('serves the production version once there is one', async () => {
    await promote(1);
    const endpoint = await until(({ state }) => state === 'ready');
    expect(endpoint).toMatchObject({
      variants: [
        { variant: 'champion', version: 1, weight: 100, state: 'ready' },
      ],
      url: expect.stringMatching(/\/v2\/models\/tumour$/),
    });
    const answer = await predict();
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      modelVersion: 1,
      predictions: [{ label: 1 }],
    });
    const wrong = await post(`${base}/default/tumour/predict`, {
      rows: [{ radius: 1 }],
    });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.message).toMatch(/missing columns texture, count/);
  });

  it.each([
    [
      'its columns',
      '{"dataframe_split":{"columns":["count","more","radius","texture"],"data":[[3,"x",14.1,null]]}}',
      [{ radius: 14.1, texture: null, count: 3 }],
    ],
    [
      'a column too few',
      '{"columns":["radius","texture"],"data":[[14.1,2]]}',
      [],
    ],
    [
      'a value that is no cell',
      '{"dataframe_records":[{"radius":[1],"texture":2,"count":3}]}',
      [],
    ],
    ['tensors', '{"inputs":[[1,2,3]]}', []],
    ['no JSON', 'radius,texture', []],
    [
      'more than is read',
      `{"columns":["radius"],"data":[["${'x'.repeat(1024 * 1024)}"]]}`,
      [],
    ],
    ['nothing', '', []],
  ])(
    'answers a row to try it with, where the input example has %s',
    async (_, example, rows) => {
      registry.state.examples[1] = example;
      const path = `${base}/default/tumour/input-example`;
      expect((await get(path)).body).toEqual({ version: 1, rows });
    },
  );

  it('says in words why an input example with a row of null gives no row', async () => {
    registry.state.examples[1] =
      '{"columns":["radius","texture","count"],"data":[[14.1,2,3],null]}';
    const path = `${base}/default/tumour/input-example`;
    expect((await get(path)).body).toEqual({
      version: 1,
      rows: [],
      refusal: 'Row 2 of the input example is null, not a list of values',
    });
    delete registry.state.examples[1];
  });

  it('answers no row of data to callers without the right to read the files of the version', async () => {
    registry.state.examples[1] =
      '{"columns":["radius","texture","count"],"data":[[14.1,2,3]]}';
    registry.state.refused = ['user:default/cleo'];
    const path = `${base}/default/tumour/input-example`;
    const rows = [{ radius: 14.1, texture: 2, count: 3 }];
    expect((await get(path)).body).toEqual({ version: 1, rows });
    expect((await get(path, cleo)).body).toEqual({ version: 1, rows: [] });
    registry.state.refused = [];
    delete registry.state.examples[1];
    expect((await get(`${base}/default/none/input-example`)).status).toBe(404);
  });

  it('follows a promotion, and a rollback', async () => {
    await promote(2);
    const moved = await until(
      ({ state, variants }) => state === 'ready' && variants[0]?.version === 2,
    );
    expect(moved.previousVersion).toBe(1);

    registry.state.rolledBack = true;
    await promote(1);
    for (;;) {
      const { body } = await predict();
      if (body.modelVersion === 1) break;
    }
    registry.state.rolledBack = false;
  });

  it('keeps each change of what answers as a rollout: who, why, from what to what (W10)', async () => {
    const path = `${base}/default/tumour/rollouts`;
    let page = (await get(path)).body;
    while (page.items[0].state === 'running') page = (await get(path)).body;
    const alone = (version: number) => [
      { name: 'champion', version, weight: 100, mode: 'live' },
    ];
    expect(page.items).toMatchObject([
      {
        number: 3,
        state: 'succeeded',
        from: alone(2),
        to: alone(1),
        reason: 'RolledBack',
        startedBy: 'user:default/approver-of-1',
        message: 'Answers come from version 1',
      },
      {
        number: 2,
        state: 'succeeded',
        from: alone(1),
        to: alone(2),
        reason: 'Promoted',
        startedBy: 'user:default/approver-of-2',
      },
      {
        number: 1,
        state: 'succeeded',
        from: [],
        to: alone(1),
        reason: 'Deployed',
        startedBy: 'user:default/ann',
      },
    ]);
    const first = (await get(`${path}?limit=2`)).body;
    expect(first.items).toHaveLength(2);
    const rest = await get(`${path}?limit=2&cursor=${first.nextCursor}`);
    expect(rest.body.items.map((one: Rollout) => one.number)).toEqual([1]);
    expect(rest.body).not.toHaveProperty('nextCursor');
    expect((await get(`${path}?cursor=x`)).status).toBe(400);
    expect((await get(`${base}/default/none/rollouts`)).status).toBe(404);
  });

  it.each([
    [3, 'NoOnnxModel', /has no \.onnx file \(found: model\/model\.pkl\)/],
    [4, 'Fetched', /is the production version/],
  ])(
    'goes on with the old version when version %s cannot be served',
    async (version, reason, message) => {
      await promote(version);
      const endpoint = await until(({ state }) => state === 'degraded');
      expect(endpoint.variants[0].version).toBe(1);
      expect(endpoint.conditions).toContainEqual(
        expect.objectContaining({
          type: 'VersionAvailable',
          reason,
          message: expect.stringMatching(message),
        }),
      );
      expect((await predict()).status).toBe(200);
      await promote(1);
      await until(({ state }) => state === 'ready');
    },
  );

  it('keeps only the files of what answers and of the way back', async () => {
    await until(
      ({ observedGeneration, generation }) => observedGeneration === generation,
    );
    const { previousVersion } = await until(({ state }) => state === 'ready');
    const kept = [1, previousVersion].filter(v => v !== undefined);
    const folder = directory.resolve('serving/models/default/tumour');
    expect((await readdir(folder)).sort()).toEqual(
      kept.map(version => `v${version}`).sort(),
    );
  });

  it('says where the prediction log lies, and rolls it', async () => {
    await predict();
    const { status, body } = await post(
      `${base}/default/tumour/prediction-log/roll`,
      {},
    );
    expect(status).toBe(200);
    expect(body).toMatchObject({
      endpoint: 'default/tumour',
      modelRef,
      features: [
        { name: 'radius', type: 'double' },
        { name: 'texture', type: 'double' },
        { name: 'count', type: 'long' },
      ],
      predictions: [
        { name: 'label', type: 'long' },
        { name: 'probabilities_0', type: 'double' },
        { name: 'probabilities_1', type: 'double' },
      ],
      parquetGlob: directory.resolve('predictions/tumour/v*/date=*/*.parquet'),
      openFiles: [],
      dropped: 0,
    });
    expect(body.rows).toBeGreaterThan(2);
    const traffic = await get(`${base}/default/tumour/traffic?minutes=5`);
    expect(traffic.body.buckets).toHaveLength(5);
  });

  it('says by which id each row of an answer is found in the log', async () => {
    const { body } = await post(`${base}/default/tumour/predict`, {
      rows: [
        { radius: 14.1, texture: 2, count: 3 },
        { radius: 15.2, texture: 2, count: 3 },
      ],
    });
    expect(body.predictionId).toMatch(/^[0-9a-f-]{36}$/);
    const log = await post(`${base}/default/tumour/prediction-log/roll`, {});
    const instance = await DuckDBInstance.create(':memory:');
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `SELECT prediction_id, "feature.radius" AS radius FROM read_parquet('${log.body.parquetGlob}', union_by_name = true)
       WHERE starts_with(prediction_id, '${body.predictionId}') ORDER BY "row"`,
    );
    connection.closeSync();
    instance.closeSync();
    expect(reader.getRowObjectsJS()).toEqual([
      { prediction_id: predictionIdOf(body.predictionId, 0), radius: 14.1 },
      { prediction_id: predictionIdOf(body.predictionId, 1), radius: 15.2 },
    ]);
  });

  it('hands out the files of the log by address, to plugins and nobody else (W13)', async () => {
    await predict();
    const logOf = `${base}/default/tumour/prediction-log`;
    const open = await get(`${logOf}/count?version=1`);
    expect(open.body.openRows).toBeGreaterThanOrEqual(0);
    await post(`${logOf}/roll`, {});
    const { body: whole } = await get(logOf);
    const { body: counted } = await get(`${logOf}/count?version=1`);
    const { body: counted2 } = await get(`${logOf}/count?version=2`);
    expect(counted.rows + counted2.rows).toBe(whole.rows);
    expect(counted.openRows).toBe(0);
    const future = await get(
      `${logOf}/count?version=1&after=2999-01-01T00:00:00Z`,
    );
    expect(future.body).toEqual({ rows: 0, openRows: 0 });
    expect((await get(`${logOf}/count?version=1&after=soon`)).status).toBe(400);

    const plugin = mockCredentials.service.header({
      onBehalfOf: mockCredentials.service('plugin:ml-monitoring'),
      targetPluginId: 'ml-serving',
    });
    const first = await get(`${logOf}/files?limit=1`, plugin);
    const [file] = first.body.items;
    expect(file).toMatchObject({
      id: expect.stringMatching(/^v\d+\/\d{4}-\d{2}-\d{2}\/v\d+-.*\.parquet$/),
      url: `v1/endpoints/default/tumour/prediction-log/files/${file.id}`,
    });
    expect(file.rows).toBeGreaterThan(0);
    const address = `/api/ml-serving/${file.url}`;
    const content = await request(backend.server)
      .get(address)
      .set('authorization', plugin)
      .buffer(true)
      .parse((response, done) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => done(null, Buffer.concat(chunks)));
      });
    expect(content.status).toBe(200);
    expect(content.body).toHaveLength(file.bytes);
    expect(content.body.subarray(0, 4).toString()).toBe('PAR1');

    const all = await get(`${logOf}/files?limit=500`, plugin);
    for (const { path, bytes } of all.body.items) {
      expect(await readFile(path)).toHaveLength(bytes);
    }
    expect(
      all.body.items.reduce((sum: number, one: any) => sum + one.rows, 0),
    ).toBe(whole.rows);

    const configured = mockCredentials.service.header({
      onBehalfOf: mockCredentials.service('external:ci'),
      targetPluginId: 'ml-serving',
    });
    for (const who of [ann, cleo, configured]) {
      for (const asked of [`${logOf}/files`, address]) {
        expect((await get(asked, who)).status).toBe(403);
      }
    }
    const absent = address.replace(/[^/]+$/, 'v1-gone.parquet');
    expect((await get(absent, plugin)).status).toBe(404);
    const outside = address.replace(/[^/]+$/, '..%2f..%2fv1.parquet');
    expect((await get(outside, plugin)).status).toBe(404);
  });

  it('starts the gateway again when it dies', async () => {
    const { pid } = await gatewayFile();
    process.kill(pid, 'SIGKILL');
    await until(({ gateway }) => !gateway.alive);
    await until(({ state }) => state === 'ready');
    expect((await predict()).body.modelVersion).toBe(1);
    expect((await gatewayFile()).pid).not.toBe(pid);
  });

  it('offers the same as actions, reading ones marked as such', async () => {
    const credentials = mockCredentials.user('user:default/ann');
    const got = await actions.invoke({
      id: 'test:get-endpoint',
      input: { model: 'tumour' },
      credentials,
    });
    expect(got.output).toMatchObject({ state: 'ready', version: 1 });
    const { actions: all } = await actions.list();
    expect(
      Object.fromEntries(all.map(a => [a.name, a.attributes.readOnly])),
    ).toEqual({
      'list-endpoints': true,
      'get-endpoint': true,
      predict: false,
      'deploy-model': false,
    });
  });

  it('lets another team look and predict, and not delete', async () => {
    expect((await get(base, cleo)).body.items).toHaveLength(1);
    const refused = await request(backend.server)
      .delete(`${base}/default/tumour`)
      .set('authorization', cleo);
    expect(refused.status).toBe(403);
  });

  it('lists by name and state, and counts', async () => {
    const list = async (query: string) =>
      (await get(`${base}?${query}`)).body.items.length;
    expect(await list('search=UMO')).toBe(1);
    expect(await list('search=none')).toBe(0);
    expect(await list(`model=${modelRef}&state=ready&state=loading`)).toBe(1);
    expect((await get(`${base}?cursor=x`)).status).toBe(400);
    const { body } = await get('/api/ml-serving/v1/endpoint-counts');
    expect(body.total).toBe(1);
  });

  it('judges a version before anybody deploys it (walk 3)', async () => {
    const judge = async (version: number) =>
      (await get(`${base}/default/tumour/versions/${version}/servability`))
        .body;
    expect(await judge(1)).toEqual({
      servable: true,
      deployed: true,
      warnings: [],
    });
    expect(await judge(3)).toMatchObject({
      servable: false,
      deployed: true,
      reason: 'NoOnnxModel',
    });
  });

  it('answers at the gateway whom it answers itself (S5)', async () => {
    const { url } = await gatewayFile();
    const ask = async (headers: Record<string, string> = {}) => {
      const response = await fetch(`${url}/v2/models/tumour/predict`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({
          rows: [{ radius: 1, texture: 2, count: 3 }],
        }),
      });
      return { status: response.status, body: await response.json() };
    };
    const change = (access: object, authorization = ann) =>
      request(backend.server)
        .patch(`${base}/default/tumour`)
        .set('authorization', authorization)
        .send({ access });
    expect((await ask()).status).toBe(401);
    const wrong = await ask({ authorization: 'Bearer dst_none' });
    expect(wrong.status).toBe(401);
    expect((await ask({ authorization: ann })).status).toBe(200);

    expect((await change({ groups: [] }, cleo)).status).toBe(403);
    const closed = await change({ groups: ['group:default/checkout'] });
    expect(closed.body.access).toEqual({
      groups: ['group:default/checkout'],
      anonymous: false,
      public: false,
    });
    const refused = await ask({ authorization: cleo });
    expect(refused.status).toBe(403);
    expect(refused.body.error).toMatch(/answers group:default\/diagnostics/);
    const here = await post(
      `${base}/default/tumour/predict`,
      { rows: [{ radius: 1, texture: 2, count: 3 }] },
      cleo,
    );
    expect(here.status).toBe(403);

    // Asking for it opens nothing: the configuration does not name it.
    const asked = await change({ anonymous: true });
    expect(asked.body.access).toMatchObject({ anonymous: true, public: false });
    expect((await ask()).status).toBe(401);
    await change({});
  });

  it.each<[string, Partial<TokenIdentity>, string]>([
    ['with the scope', {}, 'allow'],
    ['without the scope', { scopes: ['read'] }, '403'],
    ['that was made for it', { permissions: ['ml.serving.predict'] }, 'allow'],
    [
      'that the policy allowed other things',
      { permissions: ['ml.serving.read'] },
      '403',
    ],
    ['bound to the model', { model: modelRef }, 'allow'],
    ['bound to another model', { model: 'model:default/other' }, 'deny'],
    ['bound to the owner', { group: 'group:default/diagnostics' }, 'allow'],
    ['bound to another group', { group: 'group:default/credit' }, 'deny'],
  ])('lets an access token %s ask: %s', async (_, change, expected) => {
    const subject = formatTokenSubject({
      actor: 'service:credit/nightly',
      tokenId: 'k3v9',
      tokenName: 'nightly',
      scopes: ['predict'],
      groups: ['group:default/credit'],
      ...change,
    });
    const { status, body } = await post(
      '/api/ml-serving/v1/access-decisions',
      { endpoints: ['default/tumour'] },
      mockCredentials.service.header({
        onBehalfOf: mockCredentials.service(subject),
        targetPluginId: 'ml-serving',
      }),
    );
    expect(status === 200 ? body.decisions[0].result : String(status)).toBe(
      expected,
    );
    expect([status, body.actor, body.token?.id]).toEqual(
      status === 200
        ? [200, 'service:credit/nightly', 'k3v9']
        : [403, undefined, undefined],
    );
  });

  it('serves models of one name in two namespaces beside each other (R5)', async () => {
    const model = { modelRef: 'model:credit/tumour' };
    expect((await post(base, model)).status).toBe(403);
    registry.state.inProduction.credit = 2;
    // Capital letters in a ref make no other endpoint.
    const created = await post(base, { modelRef: 'model:Credit/TUMOUR' }, cleo);
    expect(created.body).toMatchObject({
      ref: 'credit/tumour',
      namespace: 'credit',
      name: 'tumour',
      modelRef: 'model:credit/tumour',
      owner: 'group:default/credit',
    });
    expect((await post(base, model, cleo)).status).toBe(409);
    const ready = async (): Promise<Endpoint> => {
      for (;;) {
        const found = await get(`${base}/credit/tumour`);
        if (found.body.state === 'ready') return found.body;
        await new Promise(setImmediate);
      }
    };
    expect((await ready()).url).toMatch(/\/v2\/models\/__credit__tumour$/);
    const body = { rows: [{ radius: 1, texture: 2, count: 3 }] };
    const ofCredit = await post(`${base}/credit/tumour/predict`, body, cleo);
    expect(ofCredit.body.modelVersion).toBe(2);
    expect((await predict()).body.modelVersion).toBe(1);
    const log = await get(`${base}/credit/tumour/prediction-log`, cleo);
    expect(log.body.parquetGlob).toContain('/__credit__tumour/');
    expect(
      (
        await request(backend.server)
          .delete(`${base}/credit/tumour`)
          .set('authorization', cleo)
      ).status,
    ).toBe(200);
    expect((await predict()).status).toBe(200);
  });

  it('takes an endpoint down', async () => {
    const deleted = await request(backend.server)
      .delete(`${base}/default/tumour`)
      .set('authorization', ann);
    expect(deleted.status).toBe(200);
    expect((await predict()).status).toBe(404);
  });
});

describeDenyAll({
  pluginId: 'ml-serving',
  contract: mlServingContract,
  features: features(aRegistry()),
  exampleRequests: {
    listEndpoints: { query: {} },
    countEndpoints: {},
    judgeVersion: {
      params: { namespace: 'default', name: 'x', version: 1 },
    },
    getEndpoint: { params: { namespace: 'default', name: 'x' } },
    createEndpoint: { body: { modelRef } },
    updateEndpoint: {
      params: { namespace: 'default', name: 'x' },
      body: { access: {} },
    },
    deleteEndpoint: { params: { namespace: 'default', name: 'x' } },
    predict: {
      params: { namespace: 'default', name: 'x' },
      body: { rows: [{ a: 1 }] },
    },
    decideAccess: { body: { endpoints: [] } },
    getInputExample: { params: { namespace: 'default', name: 'x' } },
    listRollouts: { params: { namespace: 'default', name: 'x' } },
    getTraffic: { params: { namespace: 'default', name: 'x' } },
    getPredictionLog: { params: { namespace: 'default', name: 'x' } },
    countPredictions: {
      params: { namespace: 'default', name: 'x' },
      query: { version: 1 },
    },
    listPredictionLogFiles: { params: { namespace: 'default', name: 'x' } },
    rollPredictionLog: {
      params: { namespace: 'default', name: 'x' },
      body: {},
    },
  },
});
