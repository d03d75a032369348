import {
  createBackendModule,
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
import { notificationService } from '@backstage/plugin-notifications-node';
import {
  AuthorizeResult,
  isResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  auditorThatTells,
  describeDenyAll,
  hidingCatalog,
  membersOf,
  policyOf,
  type AuditedEvent,
} from '@downstage/node/testUtils';
import { mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import {
  createMlMonitorConditionalDecision,
  mlMonitorConditions,
  mlMonitoringDetectorsExtensionPoint,
} from '@downstage/plugin-ml-monitoring-node';
import { volumeDetector } from '@downstage/plugin-ml-monitoring-node/testUtils';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { mlServingServiceRef } from '@downstage/plugin-ml-serving-node';
import request from 'supertest';
import mlMonitoringPlugin from './index';
import {
  aVersion,
  FakeLog,
  fakeServices,
  normal,
  writeParquet,
} from './testUtils/fakes';

jest.setTimeout(60_000);
const directory = createMockDirectory();
const training = directory.resolve('training.parquet');
const log = new FakeLog(directory.resolve('predictions'));
const actions = actionsRegistryServiceMock();
const send = jest.fn();
const fakes = fakeServices({ log, training });
// Without a run there are no recorded predictions to fetch.
fakes.state.versions = [aVersion({ runId: undefined })];

const model = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'tumour-malignancy', namespace: 'default' },
  spec: { type: 'classifier', owner: 'group:default/diagnostics' },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/diagnostics' }],
};
const groups: Record<string, string> = {
  'user:default/ann': 'group:default/diagnostics',
  'user:default/cleo': 'group:default/credit',
};

/** What the audit trail keeps of looks at guarded data. */
const looks: AuditedEvent[] = [];

/** Whether the detector of a module throws. */
let volumeFails = false;

/** Whether the catalog hides the model from people. */
let hides = false;

function features(registry = actionsRegistryServiceMock()) {
  return [
    mlMonitoringPlugin,
    createBackendModule({
      pluginId: 'ml-monitoring',
      moduleId: 'volume',
      register(env) {
        env.registerInit({
          deps: { detectors: mlMonitoringDetectorsExtensionPoint },
          async init({ detectors }) {
            detectors.addDetector(
              volumeDetector({
                hook: async () => {
                  if (volumeFails) throw new Error('no memory');
                },
              }),
            );
          },
        });
      },
    }),
    auditorThatTells(event => {
      if (event.eventId === 'guarded-content-read') looks.push(event);
    }),
    hidingCatalog({
      entities: [model],
      hides: () => (hides ? ['model:default/tumour-malignancy'] : []),
    }),
    mockServices.events.factory(),
    membersOf(groups),
    createServiceFactory({
      service: mlRegistryServiceRef,
      deps: {},
      factory: () => fakes.registry,
    }),
    createServiceFactory({
      service: mlServingServiceRef,
      deps: {},
      factory: () => fakes.serving,
    }),
    createServiceFactory({
      service: mlDataServiceRef,
      deps: {},
      factory: () => fakes.data,
    }),
    createServiceFactory({
      service: mlJobsServiceRef,
      deps: {},
      factory: () => fakes.jobs,
    }),
    createServiceFactory({
      service: notificationService,
      deps: {},
      factory: () => ({ send }),
    }),
    createServiceFactory({
      service: actionsRegistryServiceRef,
      deps: {},
      factory: () => registry,
    }),
  ];
}

const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');
const base = '/api/ml-monitoring/v1/monitors';
const one = `${base}/default/tumour-malignancy`;

describe('ml-monitoring', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  const get = (path: string, authorization = ann) =>
    request(backend.server).get(path).set('authorization', authorization);
  const post = (path: string, body: object = {}, authorization = ann) =>
    request(backend.server)
      .post(path)
      .set('authorization', authorization)
      .send(body);

  /** The loops bring it about; asked again until they have. */
  async function until(path: string, done: (body: any) => boolean) {
    for (let round = 0; round < 200; round++) {
      const { body } = await get(path);
      if (done(body)) return body;
      await new Promise(resolve => setTimeout(resolve, 25));
    }
    throw new Error(`${path} did not come to what was expected`);
  }

  beforeAll(async () => {
    await writeParquet(training, [
      { name: 'radius', type: 'DOUBLE', values: normal(500) },
      {
        name: 'kind',
        type: 'VARCHAR',
        values: normal(500).map((_, index) => 'ab'[index % 2]),
      },
    ]);
    await log.answer({ radius: normal(300) });
    backend = await startTestBackend({ features: features(actions) });
    await until(`${one}/baseline`, body => body.state === 'ready');
  });
  afterAll(() => backend.stop());

  it('watches every endpoint by itself', async () => {
    const body = await until(base, ({ items }) => items[0]?.latestWindow);
    expect(body.items).toMatchObject([
      {
        ref: 'model:default/tumour-malignancy',
        owner: 'group:default/diagnostics',
        version: 1,
        status: 'ok',
        latestWindow: { rows: 300, trigger: 'schedule' },
      },
    ]);
  });

  it('closes a window on request, keeps it, and opens one episode', async () => {
    await log.answer({ radius: normal(300, 2) });
    const evaluated = await post(`${one}/evaluate`);
    expect(evaluated.body).toMatchObject({
      status: 'drift',
      driftedColumns: ['radius'],
      epsilon: 0.0001,
      trigger: 'request',
    });
    const { id } = evaluated.body;
    expect((await get(`/api/ml-monitoring/v1/windows/${id}`)).body).toEqual(
      evaluated.body,
    );
    const { body: windows } = await get(`${one}/windows?limit=1`);
    expect(windows.items).toMatchObject([{ id, maxColumn: 'radius' }]);
    expect((await get(one)).body.openEpisode).toEqual({
      since: evaluated.body.createdAt,
      columns: ['radius'],
    });

    const again = await post(`${one}/evaluate`);
    expect(again.body).toMatchObject({ status: 'drift', rows: 200 });
    expect(send).toHaveBeenCalledTimes(1);
  });

  it('retrains by submitting the latest successful job again', async () => {
    const { body } = await post(`${one}/retrain`, { reason: 'radius moved' });
    expect(body).toEqual({
      jobId: 'job2',
      sameModel: true,
      message:
        'Data: default/masses@1, same as before; code: the same commit. Retraining will give the same model.',
    });
    expect(fakes.state.reruns).toEqual([
      { id: 'job1', reason: 'radius moved' },
    ]);
  });

  it('says before a retraining what it would learn from', async () => {
    const look = async () => (await get(`${one}/retrain`)).body;
    expect(await look()).toEqual({
      repeats: 'job1',
      commit: 'abc',
      inputs: [
        {
          name: 'data',
          before: 'default/masses@1',
          newest: 'default/masses@1',
        },
      ],
      sameData: true,
    });
    fakes.state.newestData = 'default/masses@2';
    expect(await look()).toMatchObject({
      inputs: [{ before: 'default/masses@1', newest: 'default/masses@2' }],
      sameData: false,
    });
    // One that names its version does not follow.
    const [{ definition }] = fakes.state.jobs;
    definition.inputs[0].dataset = 'default/masses@1';
    expect(await look()).toMatchObject({ sameData: true });
    definition.inputs[0].dataset = 'dataset:default/masses';
    fakes.state.newestData = 'default/masses@1';
  });

  it('says so when no job has trained the model', async () => {
    const { jobs } = fakes.state;
    fakes.state.jobs = [];
    const { status, body } = await post(`${one}/retrain`);
    fakes.state.jobs = jobs;
    expect(status).toBe(409);
    expect(body.error.message).toContain('No job has trained');
  });

  it('lets people of another team look and not change', async () => {
    expect((await get(one, cleo)).status).toBe(200);
    for (const change of ['evaluate', 'retrain']) {
      const { status, body } = await post(`${one}/${change}`, {}, cleo);
      expect({ change, status }).toEqual({ change, status: 403 });
      expect(body.error.message).toContain('group:default/diagnostics');
    }
  });

  it('shows values of guarded data to its readers, and to others what moved', async () => {
    const { id } = (await get(`${one}/windows?limit=1`)).body.items[0];
    const window = `/api/ml-monitoring/v1/windows/${id}`;
    const open = (await get(window, cleo)).body;
    expect(open.columns[0].histogram).toBeDefined();
    expect(looks).toEqual([]);

    fakes.state.readers = ['user:default/ann'];
    try {
      expect((await get(window)).body).toEqual(open);
      expect((await get(`${one}/baseline`)).body.columns).not.toEqual([]);

      const { columns, withheld, withheldDataset } = (await get(window, cleo))
        .body;
      expect(withheldDataset).toBe('dataset:default/masses');
      expect(withheld).toContain('Ask group:default/diagnostics for a grant');
      expect(columns[0]).toMatchObject({ name: 'radius', findings: [] });
      expect(columns[0].psi).toBe(open.columns[0].psi);
      expect(JSON.stringify(columns)).not.toContain('histogram');
      const signals = JSON.stringify(open.signals);
      const found = open.columns.flatMap(
        (column: { findings: object[] }) => column.findings,
      );
      expect(found).not.toEqual([]);
      for (const { message } of found) expect(signals).not.toContain(message);
      const refused = await get(`${one}/baseline`, cleo);
      expect({ status: refused.status, code: refused.body.error.code }).toEqual(
        { status: 403, code: 'ml-data.access-needed' },
      );
      expect(refused.body.error.message).toContain('dataset:default/masses');
      expect(refused.body.error.dataset).toBe('dataset:default/masses');
      // The summary says that something moved.
      expect((await get(`${one}/windows`, cleo)).status).toBe(200);

      const context = {
        version: 'default/tumour-malignancy@1',
        datasets: ['dataset:default/masses'],
      };
      const given = { ...context, because: [{ right: 'owner', grant: null }] };
      expect(looks).toMatchObject([
        { outcome: 'succeeded', meta: { actor: 'user:default/ann', ...given } },
        { outcome: 'succeeded', meta: { actor: 'user:default/ann', ...given } },
        { outcome: 'failed', meta: { actor: 'user:default/cleo', ...context } },
        { outcome: 'failed', meta: { actor: 'user:default/cleo', ...context } },
      ]);
    } finally {
      fakes.state.readers = undefined;
    }
  });

  it('evaluates for the owner of the model, who may have lost the right to the data', async () => {
    fakes.state.readers = [];
    try {
      const { status, body } = await post(`${one}/evaluate`);
      expect({ status, columns: body.columns[0] }).toMatchObject({
        status: 200,
        columns: { name: 'radius', findings: [] },
      });
      expect(body.withheld).toContain('dataset:default/masses');
    } finally {
      fakes.state.readers = undefined;
    }
  });

  describe('with a detector of a module (W12)', () => {
    const daily = `${one}/kinds/volume/daily`;
    const put = (at: string, settings: object, authorization = ann) =>
      request(backend.server)
        .put(at)
        .set('authorization', authorization)
        .send({ settings });
    const remove = (at: string, authorization = ann) =>
      request(backend.server).delete(at).set('authorization', authorization);

    it('says which kinds there are and what each may set', async () => {
      const { body } = await get('/api/ml-monitoring/v1/detectors');
      expect(body.items).toMatchObject([
        { kind: 'drift', needs: { baseline: true } },
        { kind: 'performance', needs: { labels: true } },
        {
          kind: 'volume',
          title: 'Volume',
          settings: { properties: { least: { default: 10 } } },
        },
      ]);
    });

    it('watches by it beside the drift monitor, which stays what addresses of before mean', async () => {
      const before = (await get(one)).body;
      const saved = await put(daily, { least: 100_000 });
      expect(saved.body).toMatchObject({
        id: 'model:default/tumour-malignancy/volume/daily',
        kind: 'volume',
        name: 'daily',
        modelRef: 'model:default/tumour-malignancy',
        version: 1,
        thresholds: { warning: 100_000, drift: 50_000 },
        settings: { least: 100_000 },
      });
      const evaluated = await post(`${daily}/evaluate`);
      expect(evaluated.body).toMatchObject({
        kind: 'volume',
        status: 'drift',
        columns: [],
        driftedColumns: ['volume'],
        signals: [{ name: 'volume', state: 'drift', unit: 'predictions' }],
      });
      const { id } = evaluated.body;
      expect((await get(`/api/ml-monitoring/v1/windows/${id}`)).body).toEqual(
        evaluated.body,
      );
      expect((await get(`${daily}/windows`)).body.items[0].id).toBe(id);
      expect((await get(daily)).body.openEpisode.columns).toEqual(['volume']);
      expect(send).toHaveBeenLastCalledWith({
        recipients: {
          type: 'entity',
          entityRef: 'model:default/tumour-malignancy',
        },
        payload: expect.objectContaining({
          topic: 'ml-monitoring.volume',
          title: expect.stringContaining('volume'),
          scope: saved.body.id,
        }),
      });

      expect((await get(one)).body).toEqual(before);
      const kinds = async (query: string) =>
        (await get(`${base}${query}`)).body.items.map(
          (item: { kind: string }) => item.kind,
        );
      expect(await kinds('')).toEqual(['drift']);
      expect(await kinds('?kind=volume')).toEqual(['volume']);
      expect((await kinds('?kind=all')).sort()).toEqual(['drift', 'volume']);
    });

    it('tells in words that a detector failed, of its own monitor only', async () => {
      const before = (await get(one)).body;
      await put(`${one}/kinds/volume/failing`, {});
      volumeFails = true;
      try {
        const { status, body } = await post(
          `${one}/kinds/volume/failing/evaluate`,
        );
        expect({ status, found: body.status }).toEqual({
          status: 200,
          found: 'unknown',
        });
        expect(body.message).toContain('no memory');
        expect((await get(`${one}/kinds/volume/failing`)).body).toMatchObject({
          status: 'unknown',
          message: body.message,
        });
        expect((await get(one)).body).toEqual(before);
      } finally {
        volumeFails = false;
      }
    });

    it('checks settings by the schema of the detector', async () => {
      const { status, body } = await put(daily, { least: 'many', more: 1 });
      expect(status).toBe(400);
      expect(body.error.message).toContain('least');
      expect((await get(daily)).body.settings).toEqual({ least: 100_000 });
      const missing = await put(`${one}/kinds/nothing/daily`, {});
      expect(missing.status).toBe(409);
      expect(missing.body.error.message).toContain(
        'there are drift, performance, volume',
      );
    });

    it('lets a monitor of drift have limits of its own', async () => {
      const strict = `${one}/kinds/drift/strict`;
      const { body } = await put(strict, { warning: 0.01, drift: 0.02 });
      expect(body.thresholds).toEqual({ warning: 0.01, drift: 0.02 });
      expect((await post(`${strict}/evaluate`)).body.columns[0]).toMatchObject({
        thresholds: { warning: 0.01, drift: 0.02 },
      });
      expect((await get(one)).body.thresholds.drift).toBe(0.2);
      expect((await remove(strict)).status).toBe(200);
    });

    it('lets only owners set up, change and remove one, and nobody the first', async () => {
      for (const answer of [
        await put(daily, {}, cleo),
        await remove(daily, cleo),
        await post(`${daily}/evaluate`, {}, cleo),
      ]) {
        expect(answer.status).toBe(403);
      }
      const first = await remove(`${one}/kinds/drift/default`);
      expect(first.status).toBe(409);
      expect(first.body.error.message).toContain('by being served');
      expect((await remove(daily)).body.kind).toBe('volume');
      expect((await get(daily)).status).toBe(404);
      expect((await get(`${daily}/windows`)).status).toBe(404);
      expect((await remove(`${one}/kinds/volume/failing`)).status).toBe(200);
    });
  });

  describe('with labels that come later (W12)', () => {
    const batch = (label: (row: number) => number, at?: string) => ({
      labels: Array.from({ length: 200 }, (_, row) => ({
        predictionId: `answer/${row}`,
        label: label(row),
        ...(at && { at }),
      })),
    });
    const sendLabels = (body: object, authorization = ann) =>
      post(`${one}/labels`, body, authorization);

    it('tells how a model performs, and of how many predictions that is known', async () => {
      await log.answer({
        radius: normal(200),
        score: normal(200, 100),
        id: 'answer',
      });
      const monitor = `${one}/kinds/performance/default`;
      await request(backend.server)
        .put(monitor)
        .set('authorization', ann)
        .send({ settings: { task: 'regression', warning: 1, drift: 5 } });
      // The loop may close a window at the same moment; then its own is asked for again.
      const evaluate = async () => {
        for (;;) {
          const { status, body } = await post(`${monitor}/evaluate`);
          if (status !== 409) return body;
        }
      };
      expect(await evaluate()).toMatchObject({
        status: 'insufficient_data',
        message: expect.stringMatching(/^0 of \d+ predictions have labels/),
      });

      const scores = normal(200, 100);
      const sent = await sendLabels(batch(row => scores[row] + 3));
      expect(sent.body).toEqual({
        ...{ received: 200, added: 200 },
        ...{ unchanged: 0, corrected: 0, late: 0 },
      });
      expect(
        (await sendLabels(batch(row => scores[row] + 3))).body,
      ).toMatchObject({
        unchanged: 200,
      });
      const saved = await request(backend.server)
        .put(monitor)
        .set('authorization', ann)
        .send({
          settings: {
            ...{ task: 'regression', warning: 1, drift: 5 },
            minShare: 0.01,
          },
        });
      expect(saved.body.settings.minShare).toBe(0.01);
      const judged = await evaluate();
      expect(judged).toMatchObject({
        status: 'warning',
        signals: [{ name: 'mae', unit: 'units of the label' }, {}],
      });
      expect(judged.signals[0].value).toBeCloseTo(3, 6);
    });

    it('takes another label as a correction', async () => {
      const { body } = await sendLabels({
        labels: [{ predictionId: 'answer/0', label: 7 }],
      });
      expect(body).toMatchObject({ received: 1, corrected: 1 });
    });

    it.each([
      [
        'is no prediction id',
        'never1/0',
        { predictionId: 'answer', label: 1 },
        /such as/,
      ],
      [
        'is known in the future only',
        'never2/0',
        { predictionId: 'a/0', label: 1, at: '2999-01-01T00:00:00Z' },
        /still to come/,
      ],
    ])(
      'refuses all of a batch where one %s',
      async (_, predictionId, label, words) => {
        const good = { predictionId, label: 1 };
        const { status, body } = await sendLabels({ labels: [good, label] });
        expect(status).toBe(400);
        expect(body.error.message).toMatch(words);
        expect((await sendLabels({ labels: [good] })).body.added).toBe(1);
      },
    );

    it('refuses a batch that is too large, and one of another team', async () => {
      const label = 'x'.repeat(490);
      const labels = Array.from({ length: 2500 }, (_, row) => ({
        predictionId: `big/${row}`,
        label,
      }));
      expect((await sendLabels({ labels })).status).toBe(413);
      const { status, body } = await sendLabels(
        batch(() => 1),
        cleo,
      );
      expect(status).toBe(403);
      expect(body.error.message).toContain('group:default/diagnostics');
    });
  });

  it('answers what is not there with what there is', async () => {
    const { status, body } = await get(`${base}/default/nothing`);
    expect(status).toBe(404);
    expect(body.error.message).toContain(
      'a monitor comes with the endpoint of a model',
    );
    expect((await get('/api/ml-monitoring/v1/windows/nope')).status).toBe(404);
  });

  it('offers the same as actions', async () => {
    const credentials = mockCredentials.user('user:default/ann');
    const listed = await actions.invoke({
      id: 'test:list-monitors',
      input: {},
      credentials,
    });
    expect(listed.output).toMatchObject({
      monitors: [{ model: 'model:default/tumour-malignancy', version: 1 }],
    });
    const drift = await actions.invoke({
      id: 'test:get-drift',
      input: { model: 'tumour-malignancy' },
      credentials,
    });
    expect(drift.output).toMatchObject({
      status: 'drift',
      window: { columns: [{ name: 'radius', significant: true }, {}, {}] },
    });
    await expect(
      actions.invoke({
        id: 'test:retrain-model',
        input: { model: 'tumour-malignancy' },
        credentials: mockCredentials.user('user:default/cleo'),
      }),
    ).rejects.toThrow('not one of its owners');
    const { actions: registered } = await actions.list();
    expect(
      registered.map(({ name, attributes }) => [name, attributes.readOnly]),
    ).toEqual([
      ['list-monitors', true],
      ['get-drift', true],
      ['retrain-model', false],
    ]);
  });
});

const path = { namespace: 'default', name: 'tumour-malignancy' };
const volume = { ...path, kind: 'volume', monitor: 'daily' };
describe('ml-monitoring under a policy that answers with conditions', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  const ids = { window: '' };
  const get = (at: string, authorization: string) =>
    request(backend.server).get(at).set('authorization', authorization);
  const statuses = async (authorization: string) => {
    const { window: closed } = ids;
    const paths = {
      monitor: one,
      windows: `${one}/windows`,
      window: `/api/ml-monitoring/v1/windows/${closed}`,
      baseline: `${one}/baseline`,
      'baseline of a version': `${one}/baseline?version=1`,
      preview: `${one}/retrain`,
    };
    const found: Record<string, number> = {};
    for (const [name, at] of Object.entries(paths)) {
      found[name] = (await get(at, authorization)).status;
    }
    return found;
  };
  const all = (status: number) => ({
    monitor: status,
    windows: status,
    window: status,
    baseline: status,
    'baseline of a version': status,
    preview: status,
  });

  beforeAll(async () => {
    backend = await startTestBackend({
      features: [
        ...features(),
        policyOf((permission, person = '') => {
          if (isResourcePermission(permission, 'catalog-entity') && hides) {
            return { result: AuthorizeResult.DENY };
          }
          return isResourcePermission(permission, 'ml-monitor') && !hides
            ? createMlMonitorConditionalDecision(
                permission,
                mlMonitorConditions.isOwner({ owners: [groups[person]] }),
              )
            : { result: AuthorizeResult.ALLOW };
        }),
      ],
    });
    for (let round = 0; round < 200 && !ids.window; round++) {
      const { body } = await get(one, ann);
      ids.window = body.latestWindow?.id ?? '';
      await new Promise(resolve => setTimeout(resolve, 25));
    }
  });
  afterAll(() => backend.stop());

  it('shows owners their monitors, and nobody else that there are any (issue 7)', async () => {
    expect((await get(base, ann)).body.items).toHaveLength(1);
    expect((await get(base, cleo)).body).toEqual({ items: [] });
    const counts = '/api/ml-monitoring/v1/monitor-counts';
    expect((await get(counts, ann)).body.total).toBe(1);
    expect((await get(counts, cleo)).body).toEqual({ total: 0, byStatus: {} });
    expect(await statuses(ann)).toEqual(all(200));
    expect(await statuses(cleo)).toEqual(all(404));
    for (const change of ['evaluate', 'retrain']) {
      const { status } = await request(backend.server)
        .post(`${one}/${change}`)
        .set('authorization', cleo)
        .send({});
      expect({ change, status }).toEqual({ change, status: 404 });
    }
  });

  it('hides the monitor of a model that the catalog hides (issue 7)', async () => {
    hides = true;
    const counts = '/api/ml-monitoring/v1/monitor-counts';
    expect((await get(base, ann)).body).toEqual({ items: [] });
    expect((await get(counts, ann)).body.total).toBe(0);
    expect(await statuses(ann)).toEqual(all(404));
    const service = mockCredentials.service.header();
    expect((await get(base, service)).body.items).toHaveLength(1);
    hides = false;
  });
});

describeDenyAll({
  pluginId: 'ml-monitoring',
  contract: mlMonitoringContract,
  features: features(),
  exampleRequests: {
    listMonitors: {},
    countMonitors: {},
    getMonitor: { params: path },
    listWindows: { params: path },
    getWindow: { params: { id: 'w1' } },
    getBaseline: { params: path },
    evaluateMonitor: { params: path },
    listDetectors: {},
    getNamedMonitor: { params: volume },
    saveMonitor: { params: volume, body: {} },
    deleteMonitor: { params: volume },
    listNamedWindows: { params: volume },
    evaluateNamedMonitor: { params: volume },
    previewRetraining: { params: path },
    retrainModel: { params: path, body: {} },
    sendLabels: {
      params: path,
      body: { labels: [{ predictionId: 'r/0', label: 1 }] },
    },
  },
});
