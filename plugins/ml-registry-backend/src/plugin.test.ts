import { createServiceFactory } from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { actionsRegistryServiceMock } from '@backstage/backend-test-utils/alpha';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { describeDenyAll } from '@downstage/node/testUtils';
import { mlRegistryContract } from '@downstage/plugin-ml-registry-common';
import request from 'supertest';
import mlRegistryPlugin from './index';
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
    catalogServiceMock.factory({ entities: [aModelEntity()] }),
    peopleFactory,
    mockServices.events.factory(),
  ];
}

const header = (name: string) =>
  mockCredentials.user.header(`user:default/${name}`);

describe('ml-registry', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
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
  async function register(auc: number) {
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
    await mlflow('registered-models/create', { name: 'tumours' });
    const version = await mlflow('model-versions/create', {
      name: 'tumours',
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
