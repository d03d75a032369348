// The golden path for two models of one name, in the namespaces default and credit, side by side: template, job, registry,
// promotion, endpoint, monitor. Neither sees anything of the other.
//   node e2e/namespaces.mjs
import assert from 'node:assert/strict';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from '../scripts/shell.mjs';
import {
  askGateway,
  createProject,
  leaveNothing,
  startWithData,
} from './crash.mjs';
import { minute, person, portalOn, until } from './portal.mjs';
import { endWith, walkSteps } from './steps.mjs';

const name = 'twin';
const twins = [
  { namespace: 'default', spelled: name },
  { namespace: 'credit', spelled: `__credit__${name}` },
].map(twin => ({
  ...twin,
  modelRef: `model:${twin.namespace}/${name}`,
  of: `model=${encodeURIComponent(`model:${twin.namespace}/${name}`)}`,
  path: `${twin.namespace}/${name}`,
}));

export async function namespaces({ node, scratch }) {
  const portal = await portalOn({ node, dataDir: join(scratch, 'names') });
  try {
    return await walkSteps(steps(portal), { explain: portal.complaints });
  } finally {
    await leaveNothing(portal);
  }
}

function steps(portal) {
  const ann = person(portal.url, 'user:default/ann');
  const eve = person(portal.url, 'user:default/eve');
  const registry = '/api/ml-registry/v1';
  let rows;

  const trained = async ({ of, path, spelled }) => {
    const job = await until(
      `the job of ${path}`,
      async () => {
        const { items } = await ann.get(`/api/ml-jobs/v1/jobs?${of}`);
        assert.ok(items.length <= 1, 'each project has one job');
        return ['succeeded', 'failed'].includes(items[0]?.state) && items[0];
      },
      10 * minute,
    );
    assert.equal(job.state, 'succeeded', job.message);
    const { model_version: version } = await ann.get(
      `/api/ml-registry/mlflow/api/2.0/mlflow/model-versions/get?name=${spelled}&version=1`,
    );
    assert.equal(version.name, spelled);
  };

  const promoted = async ({ of, path }) => {
    await until(`${path} past its gates`, async () => {
      const { items } = await ann.get(`${registry}/models/${path}/versions`);
      assert.equal(items.length, 1);
      assert.equal(items[0].ref, `${path}@1`);
      return items[0].stage !== 'none';
    });
    const { id } = await ann.post(
      `${registry}/models/${path}/versions/1/promotions`,
      { to: 'production' },
    );
    await until(`${path} in production`, async () => {
      const { items } = await ann.get(`${registry}/promotions?${of}`);
      assert.deepEqual(
        items.map(promotion => promotion.id),
        [id],
      );
      if (items[0].state === 'waiting-for-approval')
        await eve.post(`${registry}/promotions/${id}/approve`);
      return items[0].state === 'approved';
    });
  };

  const served = async ({ modelRef, path, spelled }) => {
    const endpoint = `/api/ml-serving/v1/endpoints/${path}`;
    await ann.post('/api/ml-serving/v1/endpoints', { modelRef });
    await until(
      `${path} to answer`,
      async () => (await ann.get(endpoint)).state === 'ready',
    );
    await askGateway(portal, {
      model: spelled,
      token: await ann.token(),
      rows: rows.slice(0, 20),
    });
    await ann.post(`${endpoint}/prediction-log/roll`);
    await until(`the answers of ${path} in its log`, async () => {
      const log = await ann.get(`${endpoint}/prediction-log`);
      assert.ok(log.rows <= 20, `${log.rows} rows of 20`);
      return log.rows === 20;
    });
  };

  const monitored = async ({ modelRef, path }) => {
    const monitor = `/api/ml-monitoring/v1/monitors/${path}`;
    await until(`the monitor of ${path}`, () => ann.find(monitor));
    await ann.post(`${monitor}/evaluate`);
    const { items } = await ann.get(`${monitor}/windows`);
    assert.ok(items.length > 0);
    assert.equal((await ann.get(monitor)).modelRef, modelRef);
  };

  return [
    [
      'a project of each namespace is made by the template',
      async () => {
        rows = await startWithData(portal, ann);
        for (const { namespace } of twins)
          await createProject(ann, { name, namespace, title: namespace });
      },
    ],
    ...[
      ['each trains its own model', trained],
      ['each goes into production by itself', promoted],
      ['each answers under a name of its own', served],
      ['each has a monitor of its own', monitored],
    ].map(([title, work]) => [
      title,
      async () => {
        for (const twin of twins) await work(twin);
      },
    ]),
    [
      'the portal names each by namespace and name, and nowhere as MLflow does',
      async () => {
        const said = [
          await ann.get(`${registry}/models?query=${name}`),
          await ann.get(`${registry}/ledger?model=credit/${name}`),
          await ann.get(`${registry}/promotions`),
          await ann.get('/api/ml-monitoring/v1/monitors'),
          await ann.get('/api/catalog/entities/by-query?filter=kind=model'),
        ].map(answer => JSON.stringify(answer));
        assert.ok(said.every(text => text.includes(name)));
        const [models, ledger, promotions, monitors] = said;
        for (const text of [models, ledger, promotions, monitors])
          assert.ok(!text.includes('__credit__'), text.slice(0, 2000));
      },
    ],
  ];
}

if (process.argv[1]?.endsWith('namespaces.mjs')) {
  const scratch = join(root, '.downstage', 'namespaces-run');
  await rm(scratch, { recursive: true, force: true });
  endWith(await namespaces({ node: process.execPath, scratch }));
}
