import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createMockDirectory } from '@backstage/backend-test-utils';
import request from 'supertest';
import { contractTable } from './__testUtils__/contractTable';
import { sampleOf } from './__testUtils__/sampleOf';
import { credit, diagnostics } from './__testUtils__/securedPortal';
import {
  startTrainedPortal,
  type TrainedPortal,
} from './__testUtils__/trainedModel';

jest.setTimeout(300_000);
const directory = createMockDirectory();

/** Posted, and it changes nothing. */
const changeNothing = [
  'ml-data checkDatasetAccess',
  'ml-jobs introspectToken',
  'ml-serving predict',
  'ml-serving decideAccess',
  'ml-monitoring previewRetraining',
  'ml-registry previewPromotion',
];
/** Not carried out here, each with its reason. */
const notHere: Record<string, string> = {
  'ml-serving rollPredictionLog': 'no gateway runs here',
  'ml-monitoring evaluateMonitor': 'no gateway runs here',
  'ml-monitoring evaluateNamedMonitor': 'no gateway runs here',
  'ml-registry reproduceVersion': 'no version comes from a job here',
};
/** One thing of each of two plugins. */
const makesTwo = ['ml-monitoring retrainModel'];

const changes = Object.entries(contractTable)
  .flatMap(([pluginId, { contract }]) =>
    Object.entries(contract)
      .filter(([, { method }]) => method !== 'get')
      .map(([name]) => `${pluginId} ${name}`),
  )
  .filter(id => !changeNothing.includes(id));

describe('every change that is carried out', () => {
  let portal: TrainedPortal;
  let outside: Server;
  let address: string;
  const done: { id: string; who: string; events: string[] }[] = [];

  beforeAll(async () => {
    directory.setContent({ 'data/patients.csv': 'name,age\nSmith,41\n' });
    outside = createServer((_, response) => {
      response.setHeader('content-type', 'application/json').end('{}');
    }).listen(0, '127.0.0.1');
    await once(outside, 'listening');
    address = `http://127.0.0.1:${(outside.address() as AddressInfo).port}`;
    portal = await startTrainedPortal(directory.resolve('state'), {
      dataRoots: [directory.resolve('data')],
      administrators: [credit],
      allowedHosts: ['127.0.0.1'],
    });
    portal.layModel('churn', diagnostics, {
      type: 'classifier',
      lifecycle: 'production',
      owner: diagnostics,
      evaluation: { gates: [{ metric: 'auc', min: 0.9 }] },
    });
  });
  afterAll(async () => {
    await portal?.stop();
    outside.close();
  });

  /** The monitor of a model comes by itself, soon after its endpoint. */
  async function untilWatched() {
    for (;;) {
      const { status } = await request(portal.server)
        .get('/api/ml-monitoring/v1/monitors/default/churn')
        .set('authorization', `Bearer ${portal.session('ann')}`);
      if (status === 200) return;
      await new Promise(setImmediate);
    }
  }

  /** Carries one operation out, and keeps what the audit trail was told by then. */
  async function change(
    id: string,
    who: string,
    given: { params?: object; body?: object; token?: string } = {},
  ) {
    const [pluginId, name] = id.split(' ');
    const { contract, rows } = contractTable[pluginId];
    const operation = contract[name];
    const params: Record<string, unknown> = {
      namespace: 'default',
      name: 'churn',
      version: 1,
      ...given.params,
    };
    const path = operation.path.replace(/:(\w+)/g, (_, key) =>
      encodeURIComponent(String(params[key])),
    );
    const body =
      given.body ??
      rows[name].body ??
      (operation.body ? (sampleOf(operation.body) as object) : undefined);
    const before = portal.entries.length;
    const call = request(portal.server)
      [operation.method](`/api/${pluginId}${path}`)
      .set('authorization', `Bearer ${given.token ?? portal.session(who)}`);
    const response = await (body ? call.send(body) : call);
    if (response.status >= 300) {
      throw new Error(`${id}: ${response.status} ${response.text}`);
    }
    const events = portal.entries
      .slice(before)
      // Reading guarded data is an event of its own, and so is what goes on by itself.
      .filter(({ eventId }) => !/-read$|^promotion-apply$/.test(eventId))
      .filter(({ meta }) => !/^service:ml-[a-z]+$/.test(String(meta?.actor)))
      .map(({ eventId, meta }) => `${eventId} by ${meta?.actor}`);
    done.push({ id, who, events });
    return response.body;
  }

  async function mlflow(
    path: string,
    body: object,
    token = portal.session('ann'),
  ) {
    const response = await request(portal.server)
      .post(`/api/ml-registry/mlflow/api/2.0/mlflow/${path}`)
      .set('authorization', `Bearer ${token}`)
      .send(body)
      .expect(200);
    return response.body;
  }
  async function get(path: string, who: string) {
    const { body } = await request(portal.server)
      .get(`/api/${path}`)
      .set('authorization', `Bearer ${portal.session(who)}`)
      .expect(200);
    return body;
  }
  async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const found = await look();
      if (found) return found;
      await new Promise(resolve => {
        setImmediate(resolve);
      });
    }
  }
  const wrong = () =>
    done
      .filter(
        ({ id, who, events }) =>
          events.length !== (makesTwo.includes(id) ? 2 : 1) ||
          events.some(event => !event.endsWith(` by user:default/${who}`)),
      )
      .map(({ id, events }) => `${id}: ${events}`);

  it('is written down once, for data sets', async () => {
    const params = { name: 'patients' };
    await change('ml-data previewDatasetVersion', 'ann', { params, body: {} });
    await change('ml-data registerDatasetVersion', 'ann', { params });
    const { id } = await change('ml-data startDatasetRegistration', 'ann', {
      params,
    });
    await change('ml-data cancelDatasetRegistration', 'ann', {
      params: { ...params, id },
    });
    const grant = await change('ml-data grantDatasetAccess', 'ann', { params });
    await change('ml-data revokeDatasetGrant', 'ann', {
      params: { ...params, id: grant.id },
    });
    await change('ml-data handOverDataset', 'ann', { params });
    expect(wrong()).toEqual([]);
  });

  it('is written down once, for jobs, endpoints, monitors and tokens', async () => {
    const { id } = await change('ml-jobs submitJob', 'ann', {
      body: {
        source: { repository: portal.trained.folder },
        owner: diagnostics,
      },
    });
    await change('ml-jobs cancelJob', 'ann', { params: { id } });
    // The runtime here chooses no kind of GPU, so it waits for as long as the test needs.
    const waits = await change('ml-jobs submitJob', 'ann', {
      body: {
        source: { repository: portal.trained.folder },
        owner: diagnostics,
        definition: {
          ...{ apiVersion: 'downstage.dev/v1', kind: 'Job' },
          ...{ entryPoint: 'true', resources: { gpus: 1, accelerator: 'x' } },
        },
      },
    });
    await change('ml-jobs holdJob', 'ann', { params: { id: waits.id } });
    await change('ml-jobs releaseJob', 'ann', { params: { id: waits.id } });
    await change('ml-jobs rerunJob', 'ann', { params: { id } });

    const params = { name: 'tumour' };
    await change('ml-serving createEndpoint', 'ann', {
      body: { modelRef: 'model:default/tumour' },
    });
    await change('ml-serving updateEndpoint', 'ann', { params });
    await change('ml-serving deleteEndpoint', 'ann', { params });
    await change('ml-monitoring retrainModel', 'ann');
    const strict = { kind: 'drift', monitor: 'strict' };
    await untilWatched();
    await change('ml-monitoring saveMonitor', 'ann', {
      params: strict,
      body: { settings: { warning: 0.01 } },
    });
    await change('ml-monitoring deleteMonitor', 'ann', { params: strict });
    await change('ml-monitoring sendLabels', 'ann');

    const { token } = await change('ml-tokens createToken', 'ann', {
      body: { name: 'nightly', scopes: ['read'] },
    });
    await change('ml-tokens revokeToken', 'ann', { params: { id: token.id } });
    expect(wrong()).toEqual([]);
  });

  it('is written down once, for runs, cards and what comes from outside', async () => {
    const { runId, experimentId } = portal.trained;
    await change('ml-registry updateRun', 'ann', { params: { runId } });
    const view = await change('ml-registry saveRunView', 'ann', {
      body: { scope: `experiment:${experimentId}`, name: 'mine', state: 'x' },
    });
    await change('ml-registry deleteRunView', 'ann', {
      params: { id: view.id },
    });
    const spare = await mlflow('runs/create', { experiment_id: experimentId });
    const body = { runIds: [spare.run.info.run_id] };
    await change('ml-registry deleteRuns', 'ann', { body });
    await change('ml-registry restoreRuns', 'ann', { body });
    await change('ml-registry saveVersionCard', 'ann');
    await change('ml-registry verifyModelSignature', 'ann');

    const { webhook } = await change('ml-registry createWebhook', 'cleo', {
      body: { name: 'told', url: `${address}/in`, events: ['*'] },
    });
    const params = { id: webhook.id };
    await change('ml-registry updateWebhook', 'cleo', {
      params,
      body: { description: 'of everything' },
    });
    await change('ml-registry testWebhook', 'cleo', { params, body: {} });
    const tag = { name: 'churn', key: 'seen', value: 'yes' };
    await mlflow('registered-models/set-tag', tag);
    const delivery = await until(async () => {
      const { items } = await get(
        `ml-registry/v1/webhooks/${webhook.id}/deliveries`,
        'cleo',
      );
      return items.find(({ state }: { state: string }) => state !== 'pending');
    });
    await change('ml-registry redeliverWebhook', 'cleo', {
      params: { ...params, deliveryId: delivery.id },
    });
    await change('ml-registry deleteWebhook', 'cleo', { params });

    const { id } = await change('ml-registry startImport', 'cleo', {
      body: { uri: address },
    });
    await change('ml-registry cancelImport', 'cleo', { params: { id } });
    const shown = await change('ml-registry previewGarbage', 'cleo');
    await change('ml-registry collectGarbage', 'cleo', {
      params: { id: shown.id },
    });
    expect(wrong()).toEqual([]);
  });

  it('names the token and the job that were used, beside the person', async () => {
    const { token, secret } = await portal.token(['track']);
    const { runId, jobToken, jobId } = portal.trained;
    const from = portal.entries.length;
    await change('ml-registry updateRun', 'ann', {
      params: { runId },
      token: secret,
    });
    const tag = { name: 'churn', key: 'of', value: 'a job' };
    await mlflow('registered-models/set-tag', tag, jobToken);
    expect(
      portal.entries.slice(from).map(({ eventId, meta }) => ({
        eventId,
        actor: meta?.actor,
        token: (meta?.token as { id?: string } | undefined)?.id,
        job: meta?.job,
      })),
    ).toEqual([
      { eventId: 'run-update', actor: 'user:default/ann', token: token.id },
      {
        eventId: expect.any(String),
        actor: 'user:default/ann',
        job: `job:${jobId}`,
      },
    ]);
  });

  it('is written down once, for promotions', async () => {
    const { runId } = portal.trained;
    await mlflow('model-versions/create', {
      name: 'churn',
      source: `runs:/${runId}/model`,
      run_id: runId,
    });
    const ask = async (version: number) => {
      const { id } = await change('ml-registry requestPromotion', 'ann', {
        params: { version },
        body: { to: 'production', comment: 'better than before' },
      });
      return { params: { id } };
    };
    const seen = async ({ params }: { params: { id: string } }) =>
      get(`ml-registry/v1/promotions/${params.id}`, 'ann');
    /** One that waits for an approval: the gate that it failed is waived. */
    const waiting = async (version: number) => {
      const asked = await ask(version);
      const { gates } = await seen(asked);
      for (const { gate, status } of gates) {
        if (status !== 'failed') continue;
        await change('ml-registry waiveGate', 'ben', {
          ...asked,
          body: { gate, reason: 'known, and of no harm here' },
        });
      }
      await until(
        async () => (await seen(asked)).state === 'waiting-for-approval',
      );
      return asked;
    };
    const first = await waiting(1);
    await change('ml-registry approvePromotion', 'ben', first);
    await until(async () => (await seen(first)).state === 'approved');
    await change('ml-registry rejectPromotion', 'ben', {
      ...(await waiting(2)),
      body: { comment: 'not better' },
    });
    await change('ml-registry withdrawPromotion', 'ann', await waiting(2));
    await change('ml-registry breakGlass', 'ann', {
      params: { version: 2 },
      body: { reason: 'the house is on fire now', confirm: 'churn' },
    });
    await change('ml-registry rollbackModel', 'ann');
    await change('ml-registry claimModel', 'ann');
    expect(wrong()).toEqual([]);
  });

  it('is all that the contracts have', () => {
    const made = new Set(done.map(({ id }) => id));
    expect(changes.filter(id => !made.has(id)).sort()).toEqual(
      Object.keys(notHere).sort(),
    );
  });

  it('is never written down without a person, nor as a plugin', () => {
    const nameless = portal.entries.filter(
      ({ meta }) => !/^user:/.test(String(meta?.actor)),
    );
    expect(nameless.map(({ eventId, meta }) => ({ eventId, meta }))).toEqual(
      [],
    );
  });
});
