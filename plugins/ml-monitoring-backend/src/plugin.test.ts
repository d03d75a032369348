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
import { notificationService } from '@backstage/plugin-notifications-node';
import { describeDenyAll } from '@downstage/node/testUtils';
import { mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import { mlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
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

function features(registry = actionsRegistryServiceMock()) {
  return [
    mlMonitoringPlugin,
    catalogServiceMock.factory({ entities: [model] }),
    mockServices.events.factory(),
    mockServices.userInfo.mock({
      getUserInfo: async credentials => {
        const { userEntityRef } = credentials.principal as {
          userEntityRef: string;
        };
        return {
          userEntityRef,
          ownershipEntityRefs: [userEntityRef, groups[userEntityRef]],
        };
      },
    }).factory,
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
    previewRetraining: { params: path },
    retrainModel: { params: path, body: {} },
  },
});
