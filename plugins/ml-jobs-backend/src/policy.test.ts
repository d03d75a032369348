import {
  createMockDirectory,
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import {
  AuthorizeResult,
  isResourcePermission,
} from '@backstage/plugin-permission-common';
import { hidingCatalog, membersOf, policyOf } from '@downstage/node/testUtils';
import {
  createMlJobConditionalDecision,
  mlJobConditions,
} from '@downstage/plugin-ml-jobs-node';
import Knex, { type Knex as KnexType } from 'knex';
import request from 'supertest';
import mlJobsPlugin from './index';
import { Admission } from './services/Admission';
import { JobStore } from './stores/JobStore';

jest.setTimeout(300_000);
const directory = createMockDirectory();
const diagnostics = 'group:default/diagnostics';
const credit = 'group:default/credit';
const groups: Record<string, string> = {
  'user:default/ann': diagnostics,
  'user:default/cleo': credit,
};
const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');
const model = (name: string, owner: string) => ({
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name, namespace: 'default' },
  spec: { owner },
});

describe('ml-jobs under a policy that answers with conditions', () => {
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let knex: KnexType;
  let conditional = true;
  let hides: string[] = [];

  beforeAll(async () => {
    knex = Knex({
      client: 'better-sqlite3',
      connection: ':memory:',
      useNullAsDefault: true,
    });
    backend = await startTestBackend({
      features: [
        mlJobsPlugin,
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: { downstage: { dataDir: directory.path } },
        }),
        hidingCatalog({
          entities: [model('churn', diagnostics), model('risk', credit)],
          hides: () => hides,
        }),
        membersOf(groups),
        policyOf((permission, person = '') => {
          if (isResourcePermission(permission, 'catalog-entity')) {
            return {
              result: hides.length
                ? AuthorizeResult.DENY
                : AuthorizeResult.ALLOW,
            };
          }
          return isResourcePermission(permission, 'ml-job') && conditional
            ? createMlJobConditionalDecision(
                permission,
                mlJobConditions.isOwner({ owners: [groups[person]] }),
              )
            : { result: AuthorizeResult.ALLOW };
        }),
      ],
    });
    const store = new JobStore(
      knex,
      new Admission({ clock: () => new Date(0) }),
    );
    for (const [index, [id, owner, trains]] of (
      [
        ['churn-1', diagnostics, 'model:default/churn'],
        ['risk-1', credit, 'model:default/risk'],
        ['plain-1', diagnostics, undefined],
        ['risk-2', credit, 'model:default/risk'],
      ] as const
    ).entries()) {
      await store.insert({
        id,
        name: id,
        owner,
        model: trains,
        source: { repository: '/projects/x', commit: 'f00d' },
        definition: {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: 'true',
        },
        definitionGiven: true,
        parameters: {},
        warnings: [],
        runtime: 'elsewhere',
        createdBy: 'user:default/ann',
        createdAt: `2026-11-21T10:00:0${index}.000Z`,
        message: 'Submitted',
      });
    }
    await knex('jobs').where({ id: 'risk-2' }).update({ state: 'running' });
  });
  beforeEach(() => {
    conditional = true;
    hides = [];
  });
  afterAll(async () => {
    await backend.stop();
    await knex.destroy();
  });

  const get = (path: string, authorization: string) =>
    request(backend.server)
      .get(`/api/ml-jobs/v1${path}`)
      .set('authorization', authorization);
  const idsOf = (items: { id: string }[]) => items.map(({ id }) => id);

  it('lists the jobs of my groups and no other, in pages that are full (issue 7)', async () => {
    expect(idsOf((await get('/jobs', ann)).body.items)).toEqual([
      'plain-1',
      'churn-1',
    ]);
    const first = (await get('/jobs?limit=1', cleo)).body;
    expect(idsOf(first.items)).toEqual(['risk-2']);
    const { body } = await get(
      `/jobs?limit=1&cursor=${first.nextCursor}`,
      cleo,
    );
    expect(idsOf(body.items)).toEqual(['risk-1']);
    expect(body.nextCursor).toBeUndefined();
  });

  it('lists what the jobs that I may see used, and nothing of others', async () => {
    const rows = await knex('jobs').select('id', 'owner', 'model', 'namespace');
    await knex('job_usage').insert(
      rows.map(({ id, ...job }) => ({
        ...job,
        ...{ job_id: id, attempt: 1, runtime: 'elsewhere' },
        at: '2026-11-21T11:00:00.000Z',
        ...{ resource: 'cpu', amount: 1, unit: 'cpu-seconds' },
      })),
    );
    const jobsOf = async (authorization: string) =>
      (await get('/usage?limit=2', authorization)).body.items
        .map(({ job }: { job: string }) => job)
        .sort();
    expect(await jobsOf(ann)).toEqual(['churn-1', 'plain-1']);
    expect(await jobsOf(cleo)).toEqual(['risk-1', 'risk-2']);
    conditional = false;
    hides = ['model:default/risk'];
    expect(await jobsOf(ann)).toEqual(['churn-1', 'plain-1']);
    await knex('job_usage').delete();
  });

  it('knows nothing of the jobs of others (issue 7)', async () => {
    for (const path of ['', '/log', '/log/stream', '/log/download']) {
      const { status } = await get(`/jobs/risk-1${path}`, ann);
      expect({ path, status }).toEqual({ path, status: 404 });
    }
    for (const change of ['cancel', 'rerun']) {
      const { status, body } = await request(backend.server)
        .post(`/api/ml-jobs/v1/jobs/risk-1/${change}`)
        .set('authorization', ann)
        .send({});
      expect({ change, status }).toEqual({ change, status: 404 });
      expect(body.error.message).toBe("There is no job 'risk-1'");
    }
    expect((await get('/jobs/churn-1', ann)).status).toBe(200);
  });

  it('explains why a job waits, and names nobody ahead whom the caller may not see', async () => {
    const why = (await get('/jobs/plain-1/explanation', ann)).body;
    expect(why).toMatchObject({
      state: 'queued',
      reason: 'RuntimeMissing',
      message: 'Waits for its runtime, which no running portal has',
      queue: 'default',
      position: 3,
      waiting: 3,
      ahead: [{ id: 'churn-1', name: 'churn-1', owner: diagnostics }],
      othersAhead: 1,
      canDo: ['Ask the platform team'],
    });
    expect(JSON.stringify(why)).not.toContain('risk');
    expect((await get('/jobs/risk-1/explanation', ann)).status).toBe(404);
    expect((await get('/jobs/risk-2/explanation', cleo)).body).toMatchObject({
      state: 'running',
      uses: { slots: 1 },
      lacking: [],
    });
  });

  it('shows the jobs of others as numbers and places in the queue (issue 7)', async () => {
    const { body } = await get('/queue', ann);
    expect(body).toMatchObject({
      running: [],
      othersRunning: 1,
      waiting: 3,
    });
    const places = body.queued.map(
      (item: { id: string; queuePosition: number }) => [
        item.id,
        item.queuePosition,
      ],
    );
    // An owner with a running job waits longest.
    expect(places).toEqual([
      ['churn-1', 1],
      ['plain-1', 3],
    ]);
    const page = (await get('/queue?limit=1', ann)).body;
    expect(idsOf(page.queued)).toEqual(['churn-1']);
    const next = await get(`/queue?limit=1&cursor=${page.nextCursor}`, ann);
    expect(idsOf(next.body.queued)).toEqual(['plain-1']);
    expect(next.body.nextCursor).toBeUndefined();
    const theirs = (await get('/queue', cleo)).body;
    expect(idsOf(theirs.running)).toEqual(['risk-2']);
    expect(theirs.othersRunning).toBe(0);
    expect(JSON.stringify(body)).not.toContain('risk');
  });

  it('hides the jobs of a model that the catalog hides (issue 7)', async () => {
    conditional = false;
    hides = ['model:default/risk'];
    expect(idsOf((await get('/jobs', ann)).body.items)).toEqual([
      'plain-1',
      'churn-1',
    ]);
    expect((await get('/jobs/risk-1', ann)).status).toBe(404);
    const queue = (await get('/queue', ann)).body;
    expect(idsOf(queue.queued)).toEqual(['churn-1', 'plain-1']);
    expect(queue).toMatchObject({ running: [], othersRunning: 1, waiting: 3 });
    const hold = (waiting: object | null) =>
      knex('jobs')
        .where({ state: 'running' })
        .update({ waiting: waiting && JSON.stringify(waiting) });
    await hold({ reason: 'QuotaExceeded' });
    expect((await get('/queue', ann)).body.othersRunning).toBe(0);
    await hold(null);
    const service = mockCredentials.service.header();
    expect((await get('/jobs', service)).body.items).toHaveLength(4);
  });
});
