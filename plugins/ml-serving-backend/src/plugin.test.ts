import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  coreServices,
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
  formatTokenSubject,
  publishTopic,
  type TokenIdentity,
} from '@downstage/node';
import { describeDenyAll } from '@downstage/node/testUtils';
import {
  mlRegistryServiceRef,
  stageChangedTopic,
  type MlRegistryService,
} from '@downstage/plugin-ml-registry-node';
import {
  mlServingContract,
  type Endpoint,
} from '@downstage/plugin-ml-serving-common';
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
    files: {
      1: { 'model.onnx': 'logistic-v1.onnx', MLmodel: 'make-models.py' },
      2: { 'model.onnx': 'logistic-v2.onnx' },
      3: { 'model.pkl': 'make-models.py' },
      4: { 'model.onnx': 'make-models.py' },
    } as Record<number, Record<string, string>>,
  };
  const service = {
    getModel: async () => {
      if (state.production === undefined) {
        throw new NotFoundError('no versions yet');
      }
      return { production: { version: state.production } };
    },
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
        ? Object.keys(state.files[params.version]).map(path => ({
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
        deps: { httpRouter: coreServices.httpRouter },
        async init({ httpRouter }) {
          const router = Router();
          router.get(
            '/v1/models/default/tumour/versions/:version/artifact',
            (req, res) => {
              const path = String(req.query.path).replace('model/', '');
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

function features(registry: ReturnType<typeof aRegistry>) {
  return [
    mlServingPlugin,
    ...registry.features,
    eventsServiceFactory,
    mockServices.rootConfig.factory({
      data: {
        downstage: { dataDir: directory.path },
        mlServing: { gateway: { port: 0 } },
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
      ],
    }),
    mockServices.userInfo.mock({
      getUserInfo: async credentials => {
        const { userEntityRef } = credentials.principal as {
          userEntityRef: string;
        };
        return {
          userEntityRef,
          ownershipEntityRefs: [userEntityRef, group[userEntityRef]],
        };
      },
    }).factory,
  ];
}

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

  it('follows a promotion, and a rollback', async () => {
    await promote(2);
    const moved = await until(
      ({ state, variants }) => state === 'ready' && variants[0]?.version === 2,
    );
    expect(moved.previousVersion).toBe(1);

    await promote(1);
    for (;;) {
      const { body } = await predict();
      if (body.modelVersion === 1) break;
    }
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
    getTraffic: { params: { namespace: 'default', name: 'x' } },
    getPredictionLog: { params: { namespace: 'default', name: 'x' } },
    rollPredictionLog: {
      params: { namespace: 'default', name: 'x' },
      body: {},
    },
  },
});
