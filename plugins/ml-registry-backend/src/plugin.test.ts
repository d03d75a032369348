import {
  coreServices,
  createBackendModule,
  createServiceFactory,
  type DatabaseService,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import type { Entity } from '@backstage/catalog-model';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { describeDenyAll } from '@downstage/node/testUtils';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import request from 'supertest';
import mlRegistryPlugin from '.';
import { aModelEntity } from './__testUtils__/aModelEntity';
import { peopleFactory } from './__testUtils__/people';
import { modelFile } from './__testUtils__/registryFixture';

jest.setTimeout(30_000);
const directory = createMockDirectory();

function features() {
  return [
    mlRegistryPlugin,
    mockServices.rootConfig.factory({
      data: {
        app: { baseUrl: 'http://portal' },
        downstage: { dataDir: directory.path },
      },
    }),
    catalogServiceMock.factory({
      entities: [aModelEntity(), inNamespace('credit', aModelEntity())],
    }),
    peopleFactory,
    mockServices.events.factory(),
  ];
}

function inNamespace(namespace: string, entity: Entity): Entity {
  const metadata = { ...entity.metadata, namespace, title: 'Bad debts' };
  return { ...entity, metadata };
}

const header = (name: string) =>
  mockCredentials.user.header(`user:default/${name}`);

describe('ml-registry', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let database: DatabaseService | undefined;
  const actions = actionsRegistryServiceMock();

  const mlflow = (path: string, body: object, name = 'ann') =>
    request(backend.server)
      .post(`/api/ml-registry/mlflow/api/2.0/mlflow/${path}`)
      .set('authorization', header(name))
      .send(body);
  const get = (path: string, name = 'cleo') =>
    request(backend.server)
      .get(`/api/ml-registry/v1/${path}`)
      .set('authorization', header(name));
  const post = (path: string, body: object, name: string) =>
    request(backend.server)
      .post(`/api/ml-registry/v1/${path}`)
      .set('authorization', header(name))
      .send(body);
  const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
    const end = Date.now() + 15_000;
    while (Date.now() < end) {
      const found = await look();
      if (found !== undefined) return found;
      await new Promise(resolve => setImmediate(resolve));
    }
    throw new Error('Waited for too long');
  };

  /** What an MLflow client does: a run with a metric, its files, a version. */
  async function register(auc: number, name = 'tumours') {
    const created = await mlflow('runs/create', { experiment_id: '0' });
    const { run_id: runId } = created.body.run.info;
    await mlflow('runs/log-metric', {
      run_id: runId,
      key: 'auc',
      value: auc,
      timestamp: 1,
      step: 0,
    });
    await mlflow('runs/log-parameter', {
      run_id: runId,
      key: 'depth',
      value: '3',
    });
    await request(backend.server)
      .put(
        `/api/ml-registry/mlflow/api/2.0/mlflow-artifacts/artifacts/0/${runId}/artifacts/model/MLmodel`,
      )
      .set('authorization', header('ann'))
      .set('content-type', 'application/octet-stream')
      .send(Buffer.from(modelFile))
      .expect(200);
    await mlflow('runs/update', { run_id: runId, status: 'FINISHED' });
    await mlflow('registered-models/create', { name });
    const version = await mlflow('model-versions/create', {
      name,
      source: `runs:/${runId}/model`,
      run_id: runId,
    });
    expect({ status: version.status, body: version.body }).toMatchObject({
      status: 200,
    });
    return { runId, version: Number(version.body.model_version.version) };
  }

  beforeAll(async () => {
    backend = await startTestBackend({
      features: [
        ...features(),
        createServiceFactory({
          service: actionsRegistryServiceRef,
          deps: {},
          factory: () => actions,
        }),
        createBackendModule({
          pluginId: 'ml-registry',
          moduleId: 'database-of-the-test',
          register(env) {
            env.registerInit({
              deps: { found: coreServices.database },
              async init({ found }) {
                database = found;
              },
            });
          },
        }),
      ],
    });
  });
  afterAll(() => backend.stop());

  it('takes a version from an MLflow client to production, asked by one and approved by another', async () => {
    const { runId, version } = await register(0.95);
    const path = `models/default/tumours/versions/${version}`;
    const staged = await until(async () => {
      const { body } = await get(path);
      return body.stage === 'staging' ? body : undefined;
    });
    expect(staged).toMatchObject({
      ref: 'default/tumours@1',
      owner: 'group:default/diagnostics',
      runId,
      metrics: { auc: 0.95 },
      params: { depth: '3' },
      flavors: ['onnx', 'python_function'],
      signature: { inputs: [{ name: 'radius', type: 'double' }] },
      createdBy: 'user:default/ann',
    });

    // Asking for the stage as MLflow clients do opens the promotion and says so.
    const refused = await mlflow('model-versions/transition-stage', {
      name: 'tumours',
      version: String(version),
      stage: 'Production',
      archive_existing_versions: false,
    });
    expect({ status: refused.status, body: refused.body }).toMatchObject({
      status: 409,
      body: {
        error_code: 'INVALID_STATE_TRANSITION',
        message: expect.stringMatching(
          /promotion.*waiting-for-approval.*http:\/\/portal\/catalog/s,
        ),
      },
    });
    const alias = await mlflow('registered-models/alias', {
      name: 'tumours',
      version: String(version),
      alias: 'champion',
    });
    expect(alias.status).toBe(409);

    const { body: open } = await get('promotions?model=model:default/tumours');
    expect(open.items).toHaveLength(1);
    const [{ id }] = open.items;
    expect((await post(`promotions/${id}/approve`, {}, 'ann')).status).toBe(
      403,
    );
    expect((await post(`promotions/${id}/approve`, {}, 'cleo')).status).toBe(
      403,
    );
    const approved = await post(`promotions/${id}/approve`, {}, 'ben');
    expect(approved.body).toMatchObject({ state: 'approved' });
    const { body: model } = await get('models/default/tumours');
    expect(model).toMatchObject({
      ref: 'model:default/tumours',
      title: 'Tumours',
      hasEntity: true,
      production: { version: 1, stage: 'production' },
      pendingPromotions: 0,
    });
    const { body: versionNow } = await get(path);
    expect(versionNow.aliases).toEqual(['champion']);
  });

  it('takes a version of another namespace there as well, and leaves the model of that name in default alone', async () => {
    const { version } = await register(0.96, '__credit__tumours');
    const path = `models/credit/tumours/versions/${version}`;
    const staged = await until(async () => {
      const { body } = await get(path);
      return body.stage === 'staging' ? body : undefined;
    });
    expect(staged).toMatchObject({
      ref: 'credit/tumours@1',
      modelRef: 'model:credit/tumours',
      metrics: { auc: 0.96 },
    });
    const refused = await mlflow('model-versions/transition-stage', {
      name: '__credit__tumours',
      version: String(version),
      stage: 'Production',
      archive_existing_versions: false,
    });
    expect(refused.body.message).toContain(
      'http://portal/catalog/credit/model/tumours/versions',
    );
    const { body: open } = await get('promotions?model=model:credit/tumours');
    expect(open.items).toMatchObject([{ versionRef: 'credit/tumours@1' }]);
    const [{ id }] = open.items;
    expect(
      (await post(`promotions/${id}/approve`, {}, 'ben')).body,
    ).toMatchObject({ state: 'approved' });
    expect((await get('models/credit/tumours')).body).toMatchObject({
      ref: 'model:credit/tumours',
      title: 'Bad debts',
      production: { version: 1, metrics: { auc: 0.96 } },
    });
    expect((await get('models/default/tumours')).body).toMatchObject({
      ref: 'model:default/tumours',
      title: 'Tumours',
      production: { version: 1, metrics: { auc: 0.95 } },
    });
    const champion = await request(backend.server)
      .get('/api/ml-registry/mlflow/api/2.0/mlflow/registered-models/alias')
      .query({ name: '__credit__tumours', alias: 'champion' })
      .set('authorization', header('ann'));
    expect(champion.body.model_version).toMatchObject({
      name: '__credit__tumours',
      version: '1',
      aliases: ['champion'],
    });
    // What the portal says about it, in all its answers together, never has MLflow's spelling.
    const said = await Promise.all(
      [
        path,
        `${path}/card`,
        `${path}/promotion-preview?to=production`,
        'models/credit/tumours/history',
        'ledger?model=model:credit/tumours',
        'ledger/production?at=2026-12-01',
        'models',
        'promotions',
      ].map(async each => JSON.stringify((await get(each)).body)),
    );
    expect(said.join()).toContain('credit/tumours');
    expect(said.join()).not.toContain('__credit__');
    const credentials = mockCredentials.user('user:default/ann');
    const { output } = await actions.invoke({
      id: 'test:get-model',
      input: { model: 'credit/tumours' },
      credentials,
    });
    expect(output).toMatchObject({ ref: 'model:credit/tumours' });
    // Out of the way of the tests below, which speak of one model.
    await mlflow('model-versions/transition-stage', {
      name: '__credit__tumours',
      version: '1',
      stage: 'Archived',
      archive_existing_versions: false,
    });
    const removed = await request(backend.server)
      .delete('/api/ml-registry/mlflow/api/2.0/mlflow/registered-models/delete')
      .set('authorization', header('ann'))
      .send({ name: '__credit__tumours' });
    expect({ status: removed.status, body: removed.body }).toEqual({
      status: 200,
      body: {},
    });
  });

  it('lists and streams the files of a version', async () => {
    const base = 'models/default/tumours/versions/1';
    const { body } = await get(`${base}/artifacts`);
    expect(body.items).toEqual([
      {
        path: 'MLmodel',
        isDir: false,
        size: modelFile.length,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    ]);
    const file = await get(`${base}/artifact?path=MLmodel`).buffer();
    expect(file.status).toBe(200);
    expect(String(file.body)).toBe(modelFile);
    expect((await get(`${base}/artifact?path=nothing`)).status).toBe(404);
    expect((await get(`${base}/artifact?path=../../x`)).status).toBeGreaterThan(
      399,
    );
    expect((await get(`${base}/artifact`)).status).toBe(400);
  });

  it('shows experiments, runs and metric curves', async () => {
    const { body: experiments } = await get('experiments');
    expect(experiments.items).toMatchObject([
      { experimentId: '0', name: 'Default' },
    ]);
    const { body: runs } = await get(
      'runs?model=model:default/tumours&filter=metrics.auc%20%3E%200.9',
    );
    expect(runs.items).toHaveLength(1);
    const { runId } = runs.items[0];
    expect(runs.items[0]).toMatchObject({
      experimentName: 'Default',
      status: 'FINISHED',
      metrics: { auc: 0.95 },
    });
    const { body: history } = await get(`runs/${runId}/metrics?key=auc`);
    expect(history.points).toEqual([
      { step: 0, at: '1970-01-01T00:00:00.001Z', value: 0.95 },
    ]);
    const { body: files } = await get(`runs/${runId}/artifacts`);
    expect(files.items).toEqual([{ path: 'model', isDir: true }]);
  });

  it('answers agents through actions, under the same permissions', async () => {
    const credentials = mockCredentials.user('user:default/cleo');
    const listed = await actions.invoke({
      id: 'test:list-models',
      input: {},
      credentials,
    });
    expect(listed.output).toMatchObject({
      models: [{ ref: 'model:default/tumours', production: { version: 1 } }],
    });
    const model = await actions.invoke({
      id: 'test:get-model',
      input: { model: 'tumours' },
      credentials,
    });
    expect(model.output).toMatchObject({
      health: { status: 'ok' },
      production: { version: 1 },
    });
    await expect(
      actions.invoke({
        id: 'test:request-promotion',
        input: { modelVersion: 'tumours@1' },
        credentials,
      }),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    const { actions: all } = await actions.list();
    expect(
      all.map(({ name, attributes }) => [name, attributes.readOnly]),
    ).toEqual([
      ['list-models', true],
      ['get-model', true],
      ['list-runs', true],
      ['get-metric-series', true],
      ['update-run', false],
      ['delete-runs', false],
      ['restore-runs', false],
      ['list-run-views', true],
      ['save-run-view', false],
      ['delete-run-view', false],
      ['list-promotions', true],
      ['request-promotion', false],
      ['approve-promotion', false],
      ['roll-back-model', false],
      ['claim-model', false],
      ['waive-gate', false],
      ['break-glass', false],
      ['get-model-card', true],
      ['save-model-card', false],
      ['verify-model-signature', false],
      ['compare-versions', true],
      ['get-reproduction', true],
      ['reproduce-version', false],
      ['list-ledger', true],
      ['get-production-on', true],
      ['list-production-changes', true],
      ['preview-garbage', true],
      ['collect-garbage', false],
      ['list-webhooks', true],
      ['create-webhook', false],
      ['update-webhook', false],
      ['test-webhook', false],
      ['list-webhook-deliveries', true],
      ['redeliver-webhook', false],
      ['delete-webhook', false],
      ['import-mlflow-server', false],
      ['get-import', true],
      ['cancel-import', false],
      ['search-model-versions', true],
    ]);
  });

  it('shows what a newer release wrote into the ledger, on every way to it (R4)', async () => {
    const knex = await database?.getClient();
    await knex?.('ledger').insert({
      name: 'tumours',
      at: '2027-03-01T10:00:00.000Z',
      actor: 'user:default/ann',
      action: 'quantised',
      version: 1,
      from_stage: 'production',
      to_stage: 'frozen',
      message: 'Version 1 was quantised',
      flagged: false,
    });
    const entry = {
      action: 'quantised',
      version: 1,
      from: 'production',
      to: 'frozen',
      message: 'Version 1 was quantised',
    };
    for (const path of ['ledger?limit=1', 'models/default/tumours/history']) {
      const { status, body } = await get(path);
      expect({ status, first: body.items?.[0] }).toMatchObject({
        status: 200,
        first: entry,
      });
    }
    for (const format of ['csv', 'json']) {
      const { status, text } = await get(`ledger/export?format=${format}`);
      expect({ status, text }).toEqual({
        status: 200,
        text: expect.stringContaining('quantised'),
      });
    }
    // It left production with an action that this release has no word for.
    const on = async (day: string) =>
      (await get(`ledger/production?at=${day}`)).body.items;
    expect(await on('2027-02-28')).toMatchObject([
      { name: 'tumours', version: 1, until: '2027-03-01T10:00:00.000Z' },
    ]);
    expect(await on('2027-03-02')).toEqual([]);
    const { output } = await actions.invoke({
      id: 'test:list-ledger',
      input: { model: 'tumours' },
      credentials: mockCredentials.user('user:default/cleo'),
    });
    expect(JSON.stringify(output)).toContain('quantised');
    // Nobody can ask for a word that this release does not know: the refusal names those that it does.
    const asked = await get('ledger?action=quantised');
    expect(asked.status).toBe(400);
    expect(asked.body.error.message).toContain('promoted');
  });

  it('refuses a time that ends before it begins, and a cursor of nobody', async () => {
    const span = 'from=2026-12-02&to=2026-12-01';
    for (const path of ['ledger', 'ledger/production-changes']) {
      const { status, body } = await get(`${path}?${span}`);
      expect({ path, status, message: body.error?.message }).toEqual({
        path,
        status: 400,
        message: expect.stringContaining(
          "'from' is after 'to': 2026-12-02 and 2026-12-01",
        ),
      });
    }
    const { status, body } = await get(
      'ledger/production?at=2026-12-01&cursor=%25',
    );
    expect([status, body.error.message]).toEqual([
      400,
      "Not a cursor: '%'; expected the nextCursor of the page before",
    ]);
  });

  it('says what is there when something is not', async () => {
    const { status, body } = await get('models/default/tumours/versions/9');
    expect({ status, message: body.error.message }).toEqual({
      status: 404,
      message: 'tumours has no version 9; it has 1, the latest is 1',
    });
    expect((await get('models/other/tumours')).status).toBe(404);
    expect((await get('models/default/tumours/versions/x')).status).toBe(400);
    expect((await get('models?limit=0')).status).toBe(400);
  });

  it('refuses an export that it cannot read before it begins to answer', async () => {
    for (const query of ['model=%00', 'from=tomorrow', 'format=xml']) {
      const { status, body } = await get(`ledger/export?${query}`);
      expect({ status, message: body.error.message }).toEqual({
        status: 400,
        message: expect.stringMatching(
          /^Invalid query: .*at (model|from|format)$/s,
        ),
      });
    }
  });

  it('says which part of a path no entity could have', async () => {
    for (const path of ['models/%2F/tumours', 'models/default/a%0Ab']) {
      const { status, body } = await get(path);
      expect({ status, message: body.error.message }).toEqual({
        status: 400,
        message: expect.stringMatching(/^Invalid path: .*Expected a name/),
      });
    }
  });
});

const model = { namespace: 'default', name: 'tumours' };
const version = { ...model, version: 1 };

describeDenyAll({
  pluginId: 'ml-registry',
  contract: mlRegistryContract,
  features: features(),
  exampleRequests: {
    listModels: {},
    countModels: {},
    searchModelVersions: {},
    getModel: { params: model },
    listModelVersions: { params: model },
    getModelVersion: { params: version },
    listVersionArtifacts: { params: version },
    previewPromotion: { params: version },
    requestPromotion: { params: version, body: { to: 'production' } },
    listPromotions: {},
    countPromotions: {},
    getPromotion: { params: { id: 'x' } },
    approvePromotion: { params: { id: 'x' }, body: {} },
    rejectPromotion: { params: { id: 'x' }, body: { comment: 'no' } },
    withdrawPromotion: { params: { id: 'x' } },
    waiveGate: { params: { id: 'x' }, body: { gate: 'auc', reason: 'no' } },
    breakGlass: { params: version, body: { reason: 'no', confirm: 'x' } },
    rollbackModel: { params: model, body: { reason: 'no' } },
    claimModel: { params: model, body: { owner: 'group:default/credit' } },
    listModelHistory: { params: model },
    listLedger: {},
    productionOn: { query: { at: '2026-03-01' } },
    productionChanges: { query: { from: '2026-03-01', to: '2026-03-02' } },
    getVersionCard: { params: version },
    saveVersionCard: { params: version, body: {} },
    getModelSignature: { params: version },
    verifyModelSignature: { params: version, body: {} },
    compareVersions: { params: model, query: { left: 1, right: 1 } },
    getReproduction: { params: version },
    reproduceVersion: { params: version },
    listExperiments: {},
    searchRuns: {},
    getRun: { params: { runId: 'x' } },
    getMetricHistory: { params: { runId: 'x' }, query: { key: 'auc' } },
    listRunArtifacts: { params: { runId: 'x' } },
    previewGarbage: {},
    listGarbageCollections: {},
    getGarbageCollection: { params: { id: 'x' } },
    collectGarbage: { params: { id: 'x' } },
    getRunTable: {},
    listRunFields: {},
    getMetricSeries: {},
    listRunModels: { params: { runId: 'x' } },
    updateRun: { params: { runId: 'x' }, body: { name: 'y' } },
    deleteRuns: { body: { runIds: ['x'] } },
    restoreRuns: { body: { runIds: ['x'] } },
    listRunViews: { query: { scope: 'all' } },
    saveRunView: { body: { scope: 'all', name: 'x', state: '' } },
    deleteRunView: { params: { id: 'x' } },
    startImport: { body: { uri: 'https://example.org' } },
    listImports: {},
    getImport: { params: { id: 'x' } },
    listImportOmissions: { params: { id: 'x' } },
    cancelImport: { params: { id: 'x' }, body: {} },
    listWebhooks: {},
    createWebhook: {
      body: { name: 'x', url: 'https://example.org', events: ['*'] },
    },
    updateWebhook: { params: { id: 'x' }, body: {} },
    deleteWebhook: { params: { id: 'x' } },
    testWebhook: { params: { id: 'x' }, body: {} },
    listWebhookDeliveries: { params: { id: 'x' } },
    redeliverWebhook: { params: { id: 'x', deliveryId: 'y' }, body: {} },
  },
});
