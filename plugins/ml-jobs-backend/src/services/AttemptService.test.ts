import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createBackendModule } from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { NotAllowedError } from '@backstage/errors';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { callerOf } from '@downstage/node';
import { membersOf } from '@downstage/node/testUtils';
import {
  mlJobsInputsExtensionPoint,
  mlJobsRuntimesExtensionPoint,
  type InputFileRequest,
} from '@downstage/plugin-ml-jobs-node';
import { InMemoryRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import request from 'supertest';
import mlJobsPlugin from '../index';
import { createProject, definitionOf, until } from '../testFixtures';

jest.setTimeout(300_000);

const owner = 'group:default/diagnostics';
const ann = mockCredentials.user.header('user:default/ann');
const content = 'radius,label\n17.9,M\n';
const sha256 = createHash('sha256').update(content).digest('hex');

describe('what an attempt on another machine fetches', () => {
  let project: ReturnType<typeof createProject>;
  let runtime: InMemoryRuntime;
  let backend: Awaited<ReturnType<typeof startTestBackend>>;
  let opened: (InputFileRequest & { actor: string; job?: string })[];
  let mayRead: boolean;

  const data = createBackendModule({
    pluginId: 'ml-jobs',
    moduleId: 'data-of-the-test',
    register(env) {
      env.registerInit({
        deps: {
          inputs: mlJobsInputsExtensionPoint,
          runtimes: mlJobsRuntimesExtensionPoint,
        },
        async init({ inputs, runtimes }) {
          runtimes.addRuntime(runtime);
          inputs.addResolver({
            resolve: async () => ({
              ref: 'default/masses@3',
              path: '/data/of/the/portal.csv',
              sha256,
              format: 'csv',
              files: [{ name: 'masses.csv', size: content.length, sha256 }],
            }),
            async open(file, { credentials }) {
              const caller = callerOf(credentials);
              opened.push({
                ...file,
                actor: caller.actor,
                ...(caller.kind === 'job' && { job: caller.job.subject }),
              });
              if (!mayRead) throw new NotAllowedError('Ask for a grant');
              return Readable.from([content]);
            },
          });
        },
      });
    },
  });

  const submit = async (command: string, more = '') => {
    project.commit({ 'downstage.yaml': definitionOf(command, more) });
    const { body } = await request(backend.server)
      .post('/api/ml-jobs/v1/jobs')
      .set('authorization', ann)
      .send({ source: { repository: project.folder }, owner })
      .expect(201);
    return body.id as string;
  };
  const untilState = (id: string, ...states: string[]) =>
    until(async () => {
      const { body } = await request(backend.server)
        .get(`/api/ml-jobs/v1/jobs/${id}`)
        .set('authorization', ann);
      return states.includes(body.state) && body;
    });
  const inputs =
    'inputs:\n  - { name: training, dataset: "dataset:default/masses" }\n';
  const fetchAs = (token: string, path: string) =>
    request(backend.server)
      .get(`/api/ml-jobs/v1/attempt/${path}`)
      .set('authorization', `Bearer ${token}`);

  beforeEach(async () => {
    opened = [];
    mayRead = true;
    runtime = new InMemoryRuntime();
    project = createProject({ 'train.py': 'print("hello")\n' });
    backend = await startTestBackend({
      features: [
        mlJobsPlugin,
        data,
        mockServices.rootConfig.factory({
          data: {
            downstage: { dataDir: project.dataDir },
            mlJobs: { local: { enabled: false } },
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

  it('is the source at its commit and its inputs, with its token, in its name', async () => {
    const id = await submit('cat "$DOWNSTAGE_INPUT_TRAINING"', inputs);
    const job = await untilState(id, 'succeeded', 'failed');
    expect(job).toMatchObject({ state: 'succeeded' });
    expect(opened).toEqual([
      {
        ref: 'default/masses@3',
        file: 'masses.csv',
        of: 'files',
        actor: 'user:default/ann',
        job: `job:${id}`,
      },
    ]);
    const log = await request(backend.server)
      .get(`/api/ml-jobs/v1/jobs/${id}/log`)
      .set('authorization', ann);
    expect(log.body.text).toContain('17.9,M');

    const archive = runtime.fetched(
      runtime.handleOf({ jobId: id, attempt: 1 }),
      'source',
    );
    const files = execFileSync('tar', ['-t'], { input: archive })
      .toString()
      .split('\n');
    expect(files).toEqual(
      expect.arrayContaining(['./downstage.yaml', './train.py']),
    );
    expect(
      execFileSync('tar', ['-xO', './train.py'], { input: archive }).toString(),
    ).toBe('print("hello")\n');
    await until(
      async () => readdirSync(join(project.dataDir, 'archives')).length === 0,
    );
  });

  it('is nothing of what the job did not declare, and nothing once it has ended', async () => {
    const id = await submit('sleep 600', inputs);
    await untilState(id, 'running');
    const { token, inputs: given } = runtime.specOf(
      runtime.handleOf({ jobId: id, attempt: 1 }),
    )!;
    expect(given.training.path).toBeUndefined();
    await fetchAs(token, 'inputs/training?file=masses.csv').expect(200);
    const other = await fetchAs(token, 'inputs/other?file=masses.csv');
    expect([other.status, other.body.error.message]).toEqual([
      404,
      `Job ${id} has no input 'other'; it has training`,
    ]);
    await fetchAs(token, 'inputs/training').expect(400);
    await fetchAs('dsjob_x', 'source').expect(401);
    await request(backend.server)
      .get('/api/ml-jobs/v1/attempt/source')
      .set('authorization', ann)
      .expect(401);
    mayRead = false;
    await fetchAs(token, 'inputs/training?file=masses.csv').expect(403);
    mayRead = true;

    await request(backend.server)
      .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
      .set('authorization', ann)
      .send({});
    await fetchAs(token, 'source').expect(401);
    await fetchAs(token, 'inputs/training?file=masses.csv').expect(401);
  });

  it('keeps the log that it sends, once, and nothing of anybody else', async () => {
    const id = await submit('sleep 600');
    await untilState(id, 'running');
    const handle = runtime.handleOf({ jobId: id, attempt: 1 });
    const { token, logUrl } = runtime.specOf(handle)!;
    const path = new URL(logUrl).pathname;
    expect(path).toBe('/api/ml-jobs/v1/attempt/log');
    const send = (text: string, query: string, as = token) =>
      request(backend.server)
        .post(`${path}?${query}`)
        .set('authorization', `Bearer ${as}`)
        .set('content-type', 'text/plain')
        .send(text);
    const first = await send('grüße ', 'offset=0').expect(200);
    expect(first.body).toEqual({ size: 8, isFull: false });
    await send('grüße ', 'offset=0').expect(200);
    await send(`of ${token}\n`, 'offset=8').expect(200);

    const gap = await send('x', 'offset=900').expect(409);
    expect(gap.body.error.message).toMatch(/^The log ends at \d+; expected/);
    await send('x', 'offset=-1').expect(400);
    await send('x', '').expect(400);
    await send('x', 'offset=8&worker=../1').expect(400);
    await send('x', 'offset=0&worker=worker/1').expect(404);
    await send('x', 'offset=8', 'dsjob_x').expect(401);
    await send('x'.repeat(1024 * 1024 + 1), 'offset=8').expect(413);
    await send('x'.repeat(2_000_000), 'offset=8', 'dsjob_x').expect(401);

    const log = await request(backend.server)
      .get(`/api/ml-jobs/v1/jobs/${id}/log`)
      .set('authorization', ann);
    expect(log.body.text).toMatch(/^grüße of \*+\n$/);

    await request(backend.server)
      .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
      .set('authorization', ann)
      .send({});
    await untilState(id, 'cancelled');
    await send('more', 'offset=8').expect(401);
  });

  it('is no log where the runtime keeps logs itself, and nothing is kept then', async () => {
    const id = await submit('sleep 600');
    await untilState(id, 'running');
    const handle = runtime.handleOf({ jobId: id, attempt: 1 });
    const { token, logUrl } = runtime.specOf(handle)!;
    Object.assign(runtime, {
      readLog: async () => ({ text: '', offset: 0, nextOffset: 0, size: 0 }),
    });
    const answer = await request(backend.server)
      .post(`${new URL(logUrl).pathname}?offset=0`)
      .set('authorization', `Bearer ${token}`)
      .send('nobody reads this');
    expect([answer.status, answer.body.error.message]).toEqual([
      409,
      `The runtime '${runtime.id}' keeps the log of job ${id} itself: what the job writes to its output is there, and nothing is sent`,
    ]);
    expect(existsSync(join(project.dataDir, 'job-logs', id))).toBe(false);
  });

  it('fails the job with the reason where the data may not be read any more', async () => {
    mayRead = false;
    const id = await submit('true', inputs);
    const job = await untilState(id, 'succeeded', 'failed');
    expect(job).toMatchObject({
      state: 'failed',
      message: expect.stringContaining('answered 403'),
    });
  });
});
