import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { membersOf } from '@downstage/node/testUtils';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import { mlJobsRuntimesExtensionPoint } from '@downstage/plugin-ml-jobs-node';
import { InMemoryRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import request from 'supertest';
import mlJobsPlugin from './index';
import { createProject, definitionOf, until } from './testFixtures';

jest.setTimeout(300_000);

const owner = 'group:default/diagnostics';
const ann = mockCredentials.user.header('user:default/ann');

describe('a portal with two runtimes', () => {
  let project: ReturnType<typeof createProject>;
  let memory: InMemoryRuntime;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;

  const get = async (path: string) =>
    (
      await request(backend.server)
        .get(`/api/ml-jobs/v1${path}`)
        .set('authorization', ann)
        .expect(200)
    ).body;
  const submit = (body: object = {}) =>
    request(backend.server)
      .post('/api/ml-jobs/v1/jobs')
      .set('authorization', ann)
      .send({ source: { repository: project.folder }, owner, ...body });
  const untilJob = (id: string, is: (job: Job) => boolean) =>
    until(async () => {
      const job: Job = await get(`/jobs/${id}`);
      return is(job) && job;
    });

  beforeEach(async () => {
    project = createProject({ 'downstage.yaml': definitionOf('echo hello') });
    memory = new InMemoryRuntime({ slots: 1 });
    backend = await startTestBackend({
      features: [
        mlJobsPlugin,
        createBackendModule({
          pluginId: 'ml-jobs',
          moduleId: 'in-memory',
          register(env) {
            env.registerInit({
              deps: { runtimes: mlJobsRuntimesExtensionPoint },
              async init({ runtimes }) {
                runtimes.addRuntime(memory);
              },
            });
          },
        }),
        mockServices.rootConfig.factory({
          data: {
            downstage: { dataDir: project.dataDir },
            mlJobs: {
              runtime: 'local-process',
              local: { enabled: true, slots: 1, isolation: 'none' },
            },
          },
        }),
        membersOf({ 'user:default/ann': owner }),
        catalogServiceMock.factory({ entities: [] }),
      ],
    });
  });
  afterEach(async () => {
    await backend.stop();
    project.remove();
  });

  it('runs a job on each: on the one it names, else on the one of the configuration', async () => {
    const usual = (await submit().expect(201)).body;
    const named = (
      await submit({ runtime: 'in-memory', group: 'sweep-7' }).expect(201)
    ).body;
    expect([usual.runtime, named.runtime]).toEqual([
      'local-process',
      'in-memory',
    ]);
    for (const { id } of [usual, named]) {
      const job = await untilJob(id, ({ endedAt }) => Boolean(endedAt));
      expect(job).toMatchObject({ state: 'succeeded' });
      // The portal keeps what its runtime has forgotten by now.
      memory.dropLog(memory.handleOf({ jobId: id, attempt: 1 }));
      expect(await get(`/jobs/${id}/log`)).toMatchObject({
        text: expect.stringContaining('hello'),
        end: true,
      });
    }
    const { items } = await get('/jobs?runtime=in-memory');
    expect(items.map(({ id }: { id: string }) => id)).toEqual([named.id]);

    expect(await get('/jobs?group=sweep-7')).toMatchObject({
      items: [{ id: named.id, group: 'sweep-7' }],
    });
    expect(await get('/jobs?group=sweep-8')).toEqual({ items: [] });
    await submit({ group: 'a b' }).expect(400);

    const again = await request(backend.server)
      .post(`/api/ml-jobs/v1/jobs/${named.id}/rerun`)
      .set('authorization', ann)
      .send({})
      .expect(201);
    expect(again.body.runtime).toBe('in-memory');

    const unknown = await submit({ runtime: 'kubernetes' }).expect(400);
    expect(unknown.body.error.message).toBe(
      "There is no job runtime 'kubernetes'; those that are on: in-memory, local-process",
    );
  });

  it('tells of each worker of a job on several nodes, and gives the log of each', async () => {
    project.commit({
      'downstage.yaml': definitionOf(
        'echo "rank $RANK"; test "$RANK" = 0',
        'resources: { nodes: 2 }\n',
      ),
    });
    const { id } = (await submit({ runtime: 'in-memory' }).expect(201)).body;
    const job = await untilJob(id, ({ endedAt }) => Boolean(endedAt));
    expect(job).toMatchObject({
      state: 'failed',
      attempts: [
        {
          workers: [
            { role: 'worker', rank: 0, state: 'succeeded', node: 'node-0' },
            { role: 'worker', rank: 1, state: 'failed', exitCode: 1 },
          ],
        },
      ],
    });
    const log = (worker: string) =>
      request(backend.server)
        .get(`/api/ml-jobs/v1/jobs/${id}/log`)
        .query({ worker })
        .set('authorization', ann);
    expect((await log('worker/1').expect(200)).body.text).toBe('rank 1\n');
    expect((await get(`/jobs/${id}/log`)).text).toBe('rank 0\n');
    for (const form of ['stream', 'download']) {
      const { text } = await request(backend.server)
        .get(`/api/ml-jobs/v1/jobs/${id}/log/${form}?worker=worker/1`)
        .set('authorization', ann)
        .buffer(true)
        .expect(200);
      expect(text).toContain('rank 1');
      for (const wrong of ['worker=../1', 'worker=worker/0&worker=worker/1']) {
        await request(backend.server)
          .get(`/api/ml-jobs/v1/jobs/${id}/log/${form}?${wrong}`)
          .set('authorization', ann)
          .expect(400);
      }
    }
    const none = await log('worker/7').expect(404);
    expect(none.body.error.message).toBe(
      `Attempt 1 of job ${id} has no worker 'worker/7'; it has 2, the first is worker/0`,
    );
    await log('../1').expect(400);
    const [listed] = (await get('/jobs')).items;
    expect(listed.attempts[0].workers).toBeUndefined();
  });

  it('shows the log of a job while it runs elsewhere', async () => {
    project.commit({ 'downstage.yaml': definitionOf('echo now; sleep 600') });
    const { id } = (await submit({ runtime: 'in-memory' }).expect(201)).body;
    await untilJob(id, ({ state }) => state === 'running');
    expect(await get(`/jobs/${id}/log`)).toEqual({
      ...{ text: 'now\n', offset: 0, nextOffset: 4, end: false },
    });
    await request(backend.server)
      .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
      .set('authorization', ann)
      .send({});
    await untilJob(id, ({ state }) => state === 'cancelled');
    const log = await get(`/jobs/${id}/log`);
    expect(log).toMatchObject({ text: 'now\n', end: true });
  });

  it('shows what waits in the queue of a runtime, and by whom a job was stopped', async () => {
    project.commit({ 'downstage.yaml': definitionOf('sleep 600') });
    const first = (await submit({ runtime: 'in-memory' })).body.id as string;
    await untilJob(first, ({ state }) => state === 'running');
    const second = (await submit({ runtime: 'in-memory' })).body.id as string;
    expect(
      await untilJob(second, ({ waiting }) => Boolean(waiting)),
    ).toMatchObject({
      state: 'preparing',
      message: 'Waits for room: 1 of 1 run',
      waiting: { reason: 'NoRoom', position: 1 },
    });
    expect(await get('/queue?runtime=in-memory')).toMatchObject({
      runtime: 'in-memory',
      slots: 1,
      running: [
        { id: first },
        { id: second, waiting: { reason: 'NoRoom', position: 1 } },
      ],
      runtimes: [
        { id: 'in-memory', admission: 'runtime', slots: 1, isDefault: false },
        { id: 'local-process', admission: 'portal', isDefault: true },
      ],
    });
    expect(await get('/queue')).toMatchObject({
      runtime: 'local-process',
      slots: 2,
    });
    const nowhere = await request(backend.server)
      .get('/api/ml-jobs/v1/queue?runtime=kubernetes')
      .set('authorization', ann);
    expect(nowhere.status).toBe(400);

    memory.preempt(memory.handleOf({ jobId: first, attempt: 1 }), 'job/urgent');
    expect(
      await untilJob(first, ({ waiting }) => Boolean(waiting)),
    ).toMatchObject({
      reason: 'Preempted',
      waiting: { preemptedBy: 'job/urgent' },
    });
    await untilJob(second, ({ state }) => state === 'running');
    for (const id of [first, second]) {
      await request(backend.server)
        .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
        .set('authorization', ann)
        .send({});
      await untilJob(id, ({ state }) => state === 'cancelled');
    }
  });
});
