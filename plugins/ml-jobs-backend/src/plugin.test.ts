import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  createBackendModule,
  createServiceFactory,
  type BackendFeature,
} from '@backstage/backend-plugin-api';
import {
  mockCredentials,
  mockServices,
  startTestBackend,
} from '@backstage/backend-test-utils';
import { catalogServiceMock } from '@backstage/plugin-catalog-node/testUtils';
import { notificationService } from '@backstage/plugin-notifications-node';
import {
  AuthorizeResult,
  isPermission,
} from '@backstage/plugin-permission-common';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import {
  jobsSubmitPermission,
  mlJobsContract,
} from '@downstage/plugin-ml-jobs-common';
import {
  createMlJobConditionalDecision,
  mlJobConditions,
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
} from '@downstage/plugin-ml-jobs-node';
import {
  auditorThatTells,
  describeDenyAll,
  membersOf,
  policyOf,
  type AuditedEvent,
} from '@downstage/node/testUtils';
import Knex, { type Knex as KnexType } from 'knex';
import request from 'supertest';
import mlJobsPlugin from './index';
import { createProject, definitionOf, until } from './testFixtures';

jest.setTimeout(300_000);

const owner = 'group:default/diagnostics';
const ann = mockCredentials.user.header('user:default/ann');
const cleo = mockCredentials.user.header('user:default/cleo');

const groups = {
  'user:default/ann': owner,
  'user:default/cleo': 'group:default/credit',
};

const catalogInfo = (of: string) =>
  `apiVersion: downstage.dev/v1alpha1\nkind: Model\nmetadata:\n  name: x\nspec:\n  owner: ${of}\n`;

const creditModel = {
  apiVersion: 'downstage.dev/v1alpha1',
  kind: 'Model',
  metadata: { name: 'default-risk', namespace: 'default' },
  spec: { owner: 'group:default/credit' },
  relations: [{ type: 'ownedBy', targetRef: 'group:default/credit' }],
};

/** Hands out one file of restricted data, and lets nobody but Ann read what came out of it. */
const restrictedData = (options: { file: string; decides: boolean }) =>
  createBackendModule({
    pluginId: 'ml-jobs',
    moduleId: 'restricted-data',
    register(env) {
      env.registerInit({
        deps: {
          access: mlJobsDataAccessExtensionPoint,
          inputs: mlJobsInputsExtensionPoint,
        },
        async init({ access, inputs }) {
          inputs.addResolver({
            resolve: async () => ({
              ref: 'default/patients@1',
              path: options.file,
              sha256: 'a'.repeat(64),
              format: 'csv',
              files: [],
            }),
            open: async () => undefined,
          });
          if (!options.decides) return;
          access.setDataAccess({
            async ask(refs, { credentials }) {
              const { userEntityRef } = credentials.principal as {
                userEntityRef?: string;
              };
              return refs.map(ref =>
                userEntityRef === 'user:default/ann'
                  ? { ref, mayRead: true, because: 'owner' }
                  : {
                      ref,
                      mayRead: false,
                      message: `Ask ${owner} for a grant`,
                    },
              );
            },
          });
        },
      });
    },
  });

const isGuardedRead = ({ eventId }: { eventId: string }) =>
  eventId === 'guarded-content-read';

describe('the jobs plugin', () => {
  let project: ReturnType<typeof createProject>;
  let knex: KnexType;
  let sent: unknown[];
  let audited: AuditedEvent[];
  let backend: Awaited<ReturnType<typeof startTestBackend>>;

  const start = (local: object = {}, more: BackendFeature[] = []) =>
    startTestBackend({
      features: [
        mlJobsPlugin,
        ...more,
        mockServices.database.factory({ knex }),
        mockServices.rootConfig.factory({
          data: {
            backend: { baseUrl: 'http://127.0.0.1:0' },
            downstage: { dataDir: project.dataDir },
            mlJobs: {
              local: { enabled: true, slots: 1, graceSeconds: 1, ...local },
            },
          },
        }),
        auditorThatTells(event => audited.push(event)),
        membersOf(groups),
        catalogServiceMock.factory({ entities: [creditModel] }),
        createServiceFactory({
          service: notificationService,
          deps: {},
          factory: () => ({
            send: async notification => {
              sent.push(notification);
            },
          }),
        }),
      ],
    });

  const call = () => request(backend.server);
  const submit = (body: object = {}) =>
    call()
      .post('/api/ml-jobs/v1/jobs')
      .set('authorization', ann)
      .send({ source: { repository: project.folder }, owner, ...body });
  const get = async (id: string): Promise<Job> =>
    (
      await call()
        .get(`/api/ml-jobs/v1/jobs/${id}`)
        .set('authorization', ann)
        .expect(200)
    ).body;
  const untilState = (id: string, ...states: Job['state'][]) =>
    until(async () => {
      const job = await get(id);
      return states.includes(job.state) && job;
    });
  const untilOver = (id: string) =>
    untilState(id, 'succeeded', 'failed', 'cancelled');
  const logOf = async (id: string) =>
    (
      await call()
        .get(`/api/ml-jobs/v1/jobs/${id}/log`)
        .set('authorization', ann)
    ).body.text as string;

  beforeEach(async () => {
    sent = [];
    audited = [];
    project = createProject({
      'downstage.yaml': definitionOf(
        'python train.py',
        'name: hello\nparameters:\n  depth: 3\n',
      ),
      'train.py': [
        'import os',
        'print("depth", os.environ["DOWNSTAGE_PARAM_DEPTH"])',
        'print("tracking", os.environ["MLFLOW_TRACKING_URI"])',
        'print("experiment", os.environ["MLFLOW_EXPERIMENT_NAME"])',
      ].join('\n'),
    });
    knex = Knex({
      client: 'better-sqlite3',
      connection: ':memory:',
      useNullAsDefault: true,
    });
    backend = await start();
  });
  afterEach(async () => {
    await backend.stop();
    await knex.destroy();
    project.remove();
  });

  it('runs a project from submission to its log', async () => {
    const submitted = await submit({ parameters: { depth: 5 } }).expect(201);
    const job = await untilOver(submitted.body.id);
    expect(job).toMatchObject({
      name: 'hello',
      state: 'succeeded',
      createdBy: 'user:default/ann',
      source: { repository: project.folder, commit: project.head },
      parameters: { depth: 5 },
      attempts: [{ number: 1, state: 'succeeded', exitCode: 0 }],
    });
    expect(job.timeline.map(({ type }) => type)).toEqual([
      ...['submitted', 'queued', 'admitted'],
      ...['preparing', 'running', 'succeeded'],
    ]);
    const text = await logOf(job.id);
    expect(text).toContain('depth 5');
    expect(text).toMatch(/tracking http:.*\/api\/ml-registry\/mlflow/);
    expect(text).toContain('experiment hello');
    expect(sent).toEqual([]);
  });

  it('streams the log to its end and offers it as a file', async () => {
    const { id } = (await submit()).body;
    const stream = await call()
      .get(`/api/ml-jobs/v1/jobs/${id}/log/stream`)
      .set('authorization', ann)
      .buffer(true)
      .expect('content-type', /event-stream/);
    expect(stream.text).toContain('depth 3');
    expect(stream.text).toMatch(/event: end\nid: \d+\ndata: \{\}\n\n$/);
    const file = await call()
      .get(`/api/ml-jobs/v1/jobs/${id}/log/download`)
      .set('authorization', ann)
      .expect('content-disposition', `attachment; filename="job-${id}.log"`);
    expect(file.text).toBe(await logOf(id));
  });

  it('refuses a wrong downstage.yaml and names the line', async () => {
    project.commit({
      'downstage.yaml': definitionOf('true', 'timeout: soon\n'),
    });
    const response = await submit().expect(400);
    expect(response.body.error.message).toMatch(
      /downstage\.yaml:4:1: timeout: Expected an ISO 8601/,
    );
  });

  it('takes the job that is named of a file with several, also when it is run again', async () => {
    project.commit({
      'downstage.yaml': `${definitionOf(
        'echo prepared',
        'name: prepare\n',
      )}---\n${definitionOf('echo trained', 'name: train\n')}`,
    });
    const unnamed = await submit().expect(400);
    expect(unnamed.body.error.message).toBe(
      'downstage.yaml: there are several jobs, name one of them: prepare, train',
    );
    const unknown = await submit({ job: 'test' }).expect(400);
    expect(unknown.body.error.message).toBe(
      "downstage.yaml: there is no job 'test'; there are: prepare, train",
    );
    const { id } = (await submit({ job: 'train' }).expect(201)).body;
    await untilOver(id);
    expect(await logOf(id)).toContain('trained');
    const again = await call()
      .post(`/api/ml-jobs/v1/jobs/${id}/rerun`)
      .set('authorization', ann)
      .send({})
      .expect(201);
    expect(again.body).toMatchObject({
      name: 'train',
      definition: { entryPoint: 'echo trained' },
    });
    await untilOver(again.body.id);
    const { definition } = again.body;
    const both = await submit({ job: 'train', definition }).expect(400);
    expect(both.body.error.message).toMatch(/either definition or job/);
  });

  it('refuses a job that the runtime would run on less, and warns of what changes no result', async () => {
    const asking = (lines: string) => {
      project.commit({ 'downstage.yaml': definitionOf('true', lines) });
      return submit();
    };
    const blocked = await asking(
      'resources: { gpus: 2, nodes: 2 }\ndistributed: ddp\n',
    ).expect(201);
    const message =
      "The runtime 'local-process' cannot run this job: " +
      'resources.gpus: 2 asked for, and it gives none; ' +
      'resources.nodes: 2 asked for, and it has one. ' +
      'Change what it asks for, or submit it to another runtime.';
    expect(blocked.body).toMatchObject({
      ...{ state: 'blocked', reason: 'RuntimeUnable', message, attempts: [] },
    });
    const why = await call()
      .get(`/api/ml-jobs/v1/jobs/${blocked.body.id}/explanation`)
      .set('authorization', ann)
      .expect(200);
    expect(why.body).toMatchObject({
      ...{ state: 'blocked', reason: 'RuntimeUnable', message },
      canDo: ['Change what it asks for', 'Submit it to another runtime'],
    });
    const taken = await asking(
      'queue: research\npriority: standard\nspot: true\ncheckpoint: { keep: 2 }\n',
    ).expect(201);
    expect(
      taken.body.warnings.map(({ option }: { option: string }) => option),
    ).toEqual(['spot', 'queue']);
  });

  it.each([
    [
      '/etc',
      /no project folder '\/etc' that jobs may read; allowed are the projects of this portal/,
    ],
    [
      'https://169.254.169.254/x.git',
      /may not be fetched from '169\.254\.169\.254'; allowed: github\.com/,
    ],
    ['https://me:secret@github.com/x.git', /must not hold a user name/],
    ['projects/x', /expected an absolute folder/],
  ])('refuses the source %s', async (repository, message) => {
    const response = await submit({ source: { repository } }).expect(400);
    expect(response.body.error.message).toMatch(message);
  });

  it('gives the same job for the same idempotency key', async () => {
    const first = await submit({ idempotencyKey: 'k' });
    const second = await submit({ idempotencyKey: 'k' });
    expect(second.body.id).toBe(first.body.id);
  });

  it('tries again as often as the project says, and tells the submitter in the end', async () => {
    project.commit({
      'downstage.yaml': definitionOf('exit 7', 'retries: 1\n'),
    });
    const { id } = (await submit()).body;
    const job = await untilOver(id);
    expect(job.state).toBe('failed');
    expect(job.attempts).toMatchObject([
      { number: 1, state: 'failed', exitCode: 7 },
      { number: 2, state: 'failed', exitCode: 7 },
    ]);
    await until(async () => sent.length > 0);
    expect(sent).toMatchObject([
      {
        recipients: { entityRef: 'user:default/ann' },
        payload: { link: `/training/jobs/${id}` },
      },
    ]);
  });

  it('kills what takes longer than its timeout', async () => {
    project.commit({
      'downstage.yaml': definitionOf('sleep 600', 'timeout: PT1S\n'),
    });
    const job = await untilOver((await submit()).body.id);
    expect(job).toMatchObject({ state: 'failed', reason: 'TimedOut' });
  });

  it('holds a job that waits until it is released, for its owners alone', async () => {
    project.commit({ 'downstage.yaml': definitionOf('sleep 600') });
    const first = (await submit()).body.id;
    await untilState(first, 'running');
    const second = (await submit()).body.id;
    const post = (id: string, what: string, as = ann) =>
      call()
        .post(`/api/ml-jobs/v1/jobs/${id}/${what}`)
        .set('authorization', as)
        .send({ reason: 'the data is wrong' });
    for (const what of ['hold', 'release'])
      await post(second, what, cleo).expect(403);
    await post(second, 'hold').expect(200);
    const { body: held } = await post(second, 'hold').expect(200);
    expect(held).toMatchObject({
      ...{ state: 'held', reason: 'Held' },
      message: 'Held by user:default/ann: the data is wrong',
    });
    expect(held.queuePosition).toBeUndefined();
    expect(held.timeline).toHaveLength(3);
    expect(held.timeline[2]).toMatchObject({
      ...{ state: 'held', by: 'user:default/ann' },
    });
    const running = await post(first, 'hold').expect(409);
    expect(running.body.error.message).toBe(
      `Job ${first} is running; only a job that waits in the portal can be held`,
    );
    await post(first, 'release').expect(200);
    await post(first, 'cancel').expect(200);
    await untilState(first, 'cancelled');
    // Its place is free, and it is not taken.
    expect((await get(second)).state).toBe('held');
    const { body: released } = await post(second, 'release').expect(200);
    expect(released.timeline[3]).toMatchObject({
      ...{ state: 'queued', reason: 'Released', by: 'user:default/ann' },
      message: 'Released by user:default/ann: the data is wrong',
    });
    await untilState(second, 'running');
    await post(second, 'cancel').expect(200);
    await untilState(second, 'cancelled');
    await post(second, 'release').expect(409);
  });

  it('queues what finds no slot, and cancels what waits and what runs', async () => {
    project.commit({ 'downstage.yaml': definitionOf('sleep 600') });
    const first = (await submit()).body.id;
    await untilState(first, 'running');
    const second = (await submit()).body.id;
    expect(await get(second)).toMatchObject({
      state: 'queued',
      queuePosition: 1,
    });
    const queue = await call()
      .get('/api/ml-jobs/v1/queue')
      .set('authorization', ann);
    expect(queue.body).toMatchObject({
      slots: 1,
      running: [{ id: first }],
      queued: [{ id: second, queuePosition: 1 }],
    });
    for (const id of [second, first]) {
      await call()
        .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
        .set('authorization', ann)
        .send({ reason: 'a mistake' })
        .expect(200);
    }
    expect(await untilOver(first)).toMatchObject({
      state: 'cancelled',
      message: 'Cancelled by user:default/ann: a mistake',
    });
    expect(await untilOver(second)).toMatchObject({ state: 'cancelled' });
    const again = await call()
      .post(`/api/ml-jobs/v1/jobs/${first}/cancel`)
      .set('authorization', ann)
      .send({})
      .expect(409);
    expect(again.body.error.message).toContain(
      'is cancelled; only a job that waits or runs',
    );
  });

  it('stops a background job for a production job, and goes on from its checkpoint (issue 9)', async () => {
    project.commit({
      'downstage.yaml': definitionOf(
        'python train.py',
        'name: train\npriority: background\ncheckpoint: { keep: 2 }\n',
      ),
      // It never ends by itself in its first attempt, and says what it saved only once that is on the disk.
      'train.py': [
        'import os, pathlib, time',
        'file = pathlib.Path(os.environ["DOWNSTAGE_CHECKPOINT_DIR"], "step")',
        'step = int(file.read_text()) if file.exists() else 0',
        'print("began at", step, flush=True)',
        'while True:',
        '    step += 1',
        '    file.with_suffix(".draft").write_text(str(step))',
        '    file.with_suffix(".draft").replace(file)',
        '    print("saved", step, flush=True)',
        '    if os.environ["DOWNSTAGE_ATTEMPT"].endswith("/2"): break',
        '    time.sleep(0.01)',
      ].join('\n'),
    });
    const background = (await submit().expect(201)).body.id;
    await until(async () => (await logOf(background)).includes('saved 3\n'));

    project.commit({
      'downstage.yaml': definitionOf(
        'echo urgent',
        'name: urgent\npriority: production\n',
      ),
    });
    const production = (await submit().expect(201)).body.id;
    expect(await untilOver(production)).toMatchObject({ state: 'succeeded' });

    const job = await untilOver(background);
    expect(job).toMatchObject({
      state: 'succeeded',
      attempts: [
        { number: 1, state: 'cancelled', reason: 'Preempted' },
        { number: 2, state: 'succeeded' },
      ],
    });
    expect(job.attempts[0].message).toBe('Stopped for a job that comes first');
    const [first, second] = (await logOf(background)).split('Attempt 2:');
    const saved = Number(/.*saved (\d+)/s.exec(first)?.[1]);
    const began = Number(/began at (\d+)/.exec(second)?.[1]);
    expect(began).toBeGreaterThanOrEqual(saved);
    // At most the step that was saved and not yet said.
    expect(began).toBeLessThanOrEqual(saved + 1);
  });

  it('runs a job again, on the newest commit and with its parameters', async () => {
    const { id } = (await submit({ parameters: { depth: 9 } })).body;
    await untilOver(id);
    const head = project.commit({
      'train.py':
        'import os\nprint("now", os.environ["DOWNSTAGE_PARAM_DEPTH"])\n',
    });
    const again = await call()
      .post(`/api/ml-jobs/v1/jobs/${id}/rerun`)
      .set('authorization', ann)
      .send({ reason: 'drift' })
      .expect(201);
    expect(again.body).toMatchObject({
      rerunOf: id,
      source: { commit: head },
      parameters: { depth: 9 },
    });
    await untilOver(again.body.id);
    expect(await logOf(again.body.id)).toContain('now 9');
  });

  it('runs a job again with other resources, and keeps them from then on', async () => {
    project.commit({
      'downstage.yaml': definitionOf('true', 'resources: { memory: 64Mi }\n'),
    });
    const { id } = (await submit()).body;
    await untilOver(id);
    const rerun = (of: string, body: object) =>
      call()
        .post(`/api/ml-jobs/v1/jobs/${of}/rerun`)
        .set('authorization', ann)
        .send(body);
    const larger = await rerun(id, { resources: { memory: '96Mi' } });
    expect(larger.body).toMatchObject({
      definition: { resources: { memory: '96Mi' } },
      warnings: [{ option: 'resources' }],
    });
    await untilOver(larger.body.id);
    const again = await rerun(larger.body.id, {});
    expect(again.body).toMatchObject({
      definition: { resources: { memory: '96Mi' } },
    });
    await untilOver(again.body.id);
    const wrong = await rerun(id, { resources: { memory: 'lots' } });
    expect(wrong.status).toBe(400);
    expect(wrong.body.error.message).toContain('512Mi or 4Gi');
  });

  it('says that a job which is run again goes to another runtime, where its own is off', async () => {
    const { id } = (await submit()).body;
    await untilOver(id);
    await knex('jobs').where({ id }).update({ runtime: 'kubernetes' });
    const again = await call()
      .post(`/api/ml-jobs/v1/jobs/${id}/rerun`)
      .set('authorization', ann)
      .send({})
      .expect(201);
    expect(again.body).toMatchObject({
      runtime: 'local-process',
      warnings: [
        {
          option: 'runtime',
          message:
            "The runtime 'kubernetes' of the job that is run again is off; this one runs on 'local-process'",
        },
      ],
    });
    await untilOver(again.body.id);
  });

  it('says what attempts used, to who may see the job, by owner and period', async () => {
    project.commit({
      'downstage.yaml': definitionOf('true', 'resources: { cpu: 0.5 }\n'),
    });
    const { id } = (await submit()).body;
    await untilOver(id);
    const usage = async (query: string, status = 200) =>
      (
        await call()
          .get(`/api/ml-jobs/v1/usage?${query}`)
          .set('authorization', ann)
          .expect(status)
      ).body;
    const { items } = await usage(`owner=${encodeURIComponent(owner)}`);
    const own = items.filter(({ job }: { job: string }) => job === id);
    expect(own).toEqual([
      expect.objectContaining({ resource: 'slot', unit: 'slot-seconds' }),
      expect.objectContaining({
        ...{ owner, job: id, attempt: 1, runtime: 'local-process' },
        ...{ resource: 'cpu', unit: 'cpu-seconds' },
      }),
    ]);
    const [slot, cpu] = own;
    expect(cpu.amount).toBeGreaterThan(0);
    // Preparing holds a slot as well, and half a core was asked for.
    expect(slot.amount).toBeGreaterThan(cpu.amount * 2);
    expect((await usage('to=2020-01-01')).items).toEqual([]);
    expect((await usage('owner=group:default/nobody')).items).toEqual([]);
    const order = await usage('from=2026-02-01&to=2026-01-01', 400);
    expect(order.error.message).toContain("'from' is after 'to'");
    await usage('from=tomorrow', 400);
  });

  it('lets another team look and nothing else', async () => {
    const { id } = (await submit()).body;
    await call()
      .get(`/api/ml-jobs/v1/jobs/${id}`)
      .set('authorization', cleo)
      .expect(200);
    for (const [path, body] of [
      ['v1/jobs', { source: { repository: project.folder }, owner }],
      [`v1/jobs/${id}/cancel`, {}],
      [`v1/jobs/${id}/rerun`, {}],
    ] as const) {
      await call()
        .post(`/api/ml-jobs/${path}`)
        .set('authorization', cleo)
        .send(body)
        .expect(403);
    }
    await submit({ model: 'model:default/default-risk' }).expect(403);
    await submit({ model: 'group:default/x' }).expect(400);
  });

  it.each([
    [
      'readers of the data',
      true,
      'default/patients@1. Ask group:default/diagnostics for a grant',
    ],
    [
      'its owner, where nothing decides about data',
      false,
      'it is for group:default/diagnostics only',
    ],
  ])(
    'shows the log of a job on restricted data to %s, in each of its forms',
    async (_, decides, message) => {
      const file = join(project.dataDir, 'patients.csv');
      await writeFile(file, 'name\nMrs-Secret\n');
      await backend.stop();
      backend = await start({}, [restrictedData({ file, decides })]);
      project.commit({
        'downstage.yaml': definitionOf(
          'cat "$DOWNSTAGE_INPUT_TRAINING"',
          'inputs:\n  - { name: training, dataset: default/patients@1 }\n',
        ),
      });
      const { id } = (await submit().expect(201)).body;
      await untilOver(id);
      for (const form of ['log', 'log/stream', 'log/download', 'samples']) {
        const read = (who: string) =>
          call()
            .get(`/api/ml-jobs/v1/jobs/${id}/${form}`)
            .set('authorization', who)
            .buffer(true);
        expect((await read(ann).expect(200)).text).toContain(
          form === 'samples' ? '"points":[' : 'Mrs-Secret',
        );
        const refused = await read(cleo).expect(403);
        expect(refused.text).not.toContain('Mrs-Secret');
        expect(refused.body.error).toMatchObject({
          message: expect.stringContaining(message),
          code: 'ml-data.access-needed',
          dataset: 'dataset:default/patients',
        });
        const reads = audited.splice(0).filter(isGuardedRead);
        expect(reads).toMatchObject([
          {
            outcome: 'succeeded',
            meta: {
              actor: 'user:default/ann',
              job: id,
              datasets: ['default/patients@1'],
              because: [{ right: 'owner' }],
            },
          },
          { outcome: 'failed', meta: { actor: 'user:default/cleo', job: id } },
        ]);
      }
    },
  );

  it('lets a policy decide for which models jobs are submitted, also by what the project names (issue 7)', async () => {
    await backend.stop();
    backend = await start({}, [
      policyOf(permission =>
        isPermission(permission, jobsSubmitPermission)
          ? createMlJobConditionalDecision(
              permission,
              mlJobConditions.isOfModel({ models: ['model:default/churn'] }),
            )
          : { result: AuthorizeResult.ALLOW },
      ),
    ]);
    const refused = await submit();
    expect(refused.status).toBe(403);
    expect(refused.body.error.message).toContain('for other things only');
    await submit({ model: 'model:default/other' }).expect(403);
    await submit({ model: 'model:default/churn' }).expect(201);
    const definition = {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'true',
      model: 'model:default/churn',
    };
    await submit({ definition }).expect(201);
  });

  it('says before a job runs what its working copy will not hold, as folder 17 has it', async () => {
    const lib = join(project.dataDir, 'projects', 'lib');
    project.git('init', '-q', '-b', 'main', lib);
    project.git('-C', lib, 'commit', '-q', '--allow-empty', '-m', 'x');
    project.git(
      ...['-c', 'protocol.file.allow=always', 'submodule', 'add', '-q', lib],
    );
    project.commit({
      '.gitattributes': '*.bin filter=lfs diff=lfs\n',
      'model.bin':
        'version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 1\n',
    });
    const { id, warnings } = (await submit().expect(201)).body as Job;
    expect(warnings.map(({ message }) => message)).toEqual([
      `The submodule 'lib' (${lib}) stays an empty folder: submodules are fetched by https only`,
      expect.stringMatching(/the job finds pointers instead: model\.bin\./),
    ]);
    await untilOver(id);
    expect(await logOf(id)).toContain(`The submodule 'lib'`);
  });

  it('fetches submodules from the hosts of the configuration only', async () => {
    project.commit({
      '.gitmodules':
        '[submodule "lib"]\n  path = lib\n  url = https://github.com:9/x/lib.git\n',
    });
    project.git(
      ...['update-index', '--add', '--cacheinfo', `160000,${project.head},lib`],
    );
    project.git('commit', '-qm', 'lib');
    const { warnings } = (await submit().expect(201)).body as Job;
    expect(warnings.at(-1)?.message).toContain(
      'github.com:9 is not one of mlJobs.sourceHosts',
    );
  });

  it.each([
    [
      'has no runtime',
      { enabled: false },
      /^503 .*kept by the portal on .*, process/,
    ],
    ['finds the folder held', {}, /^200 .*depth 3/],
  ])(
    'gives the same answers at a second portal that %s',
    async (_, local, answer) => {
      const second = await start(local);
      try {
        const at = (path: string) =>
          request(second.server)
            .get(`/api/ml-jobs/v1${path}`)
            .set('authorization', ann);
        const submitted = await request(second.server)
          .post('/api/ml-jobs/v1/jobs')
          .set('authorization', ann)
          .send({ source: { repository: project.folder }, owner })
          .expect(201);
        const { id } = submitted.body as Job;
        expect((await untilOver(id)).state).toBe('succeeded');
        expect((await at(`/jobs/${id}`)).body).toMatchObject(await get(id));
        const here = await call()
          .get('/api/ml-jobs/v1/queue')
          .set('authorization', ann);
        const there = await at('/queue');
        expect(there.body).toEqual(here.body);
        expect(there.body).toMatchObject({
          slots: 1,
          runtime: 'local-process',
          portals: [expect.stringMatching(/^the portal on .*, process \d+$/)],
        });
        const log = await at(`/jobs/${id}/log`);
        expect(`${log.status} ${JSON.stringify(log.body)}`).toMatch(answer);
      } finally {
        await second.stop();
      }
    },
  );

  it('runs a project of the portal for its owners only, whatever an old commit says', async () => {
    project.commit({ 'catalog-info.yaml': catalogInfo('credit') });
    const old = project.commit({ 'train.py': 'print("secret code")' });
    const now = {
      'catalog-info.yaml': catalogInfo('group:default/diagnostics'),
    };
    project.commit(now);
    const asCleo = (body: object) =>
      call()
        .post('/api/ml-jobs/v1/jobs')
        .set('authorization', cleo)
        .send({ owner: 'group:default/credit', ...body });
    for (const ref of ['HEAD', old]) {
      const refused = await asCleo({
        source: { repository: project.folder, ref },
      }).expect(403);
      expect(refused.body.error.message).toContain(
        "The project 'project' belongs to group:default/diagnostics; only members may run it",
      );
    }
    await submit().expect(201);
  });

  it('audits every change, also what was refused, and no password', async () => {
    const { id } = (await submit()).body;
    const change = (path: string, header: string) =>
      call()
        .post(`/api/ml-jobs/v1/jobs/${id}/${path}`)
        .set('authorization', header)
        .send({ reason: 'a mistake' });
    await change('cancel', cleo).expect(403);
    await change('cancel', ann).expect(200);
    const again = (await change('rerun', ann).expect(201)).body;
    await submit({
      source: { repository: 'https://me:secret@github.com/x.git' },
    }).expect(400);
    const actor = 'user:default/ann';
    expect(audited).toEqual([
      {
        eventId: 'job-submit',
        outcome: 'succeeded',
        meta: expect.objectContaining({
          actor,
          owner,
          job: id,
          commit: project.head,
        }),
      },
      {
        eventId: 'job-cancel',
        outcome: 'failed',
        meta: { actor: 'user:default/cleo', job: id, reason: 'a mistake' },
      },
      {
        eventId: 'job-cancel',
        outcome: 'succeeded',
        meta: expect.objectContaining({ actor, job: id, owner }),
      },
      {
        eventId: 'job-rerun',
        outcome: 'succeeded',
        meta: expect.objectContaining({ actor, rerunOf: id, job: again.id }),
      },
      {
        eventId: 'job-submit',
        outcome: 'failed',
        meta: { actor, owner },
      },
    ]);
    await untilOver(id);
    await untilOver(again.id);
  });

  it('knows the token of a job while it runs, tells services only, and forgets it after', async () => {
    project.commit({
      'downstage.yaml': definitionOf(
        // Not by the log, which shows no token.
        'echo "$MLFLOW_TRACKING_TOKEN" > ../home/part; mv ../home/part ../home/token; sleep 600',
        'model: model:default/tumour\n',
      ),
    });
    const { id, source } = (await submit()).body;
    const home = join(project.dataDir, 'jobs', id, 'attempt-1', 'home');
    const token = await until(async () => {
      const text = await readFile(join(home, 'token'), 'utf8').catch(() => '');
      return text.trim();
    });
    const introspect = (header: string) =>
      call()
        .post('/api/ml-jobs/v1/tokens/introspect')
        .set('authorization', header)
        .send({ token });
    await introspect(ann).expect(403);
    const service = mockCredentials.service.header();
    const seen = await introspect(service).expect(200);
    expect(seen.body).toMatchObject({
      active: true,
      subject: `job:${id}`,
      actor: 'user:default/ann',
      owner,
      attributes: {
        job: id,
        commit: source.commit,
        datasets: [],
        model: 'model:default/tumour',
      },
    });
    await call()
      .post(`/api/ml-jobs/v1/jobs/${id}/cancel`)
      .set('authorization', ann)
      .send({});
    await untilOver(id);
    expect((await introspect(service)).body).toEqual({ active: false });
    const rows = await knex('job_tokens').select();
    expect(JSON.stringify(rows)).not.toContain(token);
  });

  it('fails clearly when an input cannot be resolved', async () => {
    project.commit({
      'downstage.yaml': definitionOf(
        'true',
        'inputs:\n  - { name: training, dataset: dataset:default/x }\n',
      ),
    });
    const job = await untilOver((await submit()).body.id);
    expect(job).toMatchObject({ state: 'failed', reason: 'InputMissing' });
    expect(job.message).toMatch(
      /no input resolver is installed, so 'dataset:default\/x' cannot be read/,
    );
  });

  it('stops jobs with the portal and runs them again after the next start', async () => {
    project.commit({
      'downstage.yaml': definitionOf(
        'echo "attempt $DOWNSTAGE_ATTEMPT"; test "${DOWNSTAGE_ATTEMPT#*/}" = 2 || sleep 600',
      ),
    });
    const { id } = (await submit()).body;
    await untilState(id, 'running');
    await until(async () => (await logOf(id)).includes('/1'));
    await backend.stop();
    expect(await knex('jobs').where({ id }).first()).toMatchObject({
      state: 'queued',
      reason: 'PortalStopped',
    });
    backend = await start();
    const job = await untilOver(id);
    expect(job).toMatchObject({
      state: 'succeeded',
      attempts: [
        { number: 1, state: 'cancelled', reason: 'PortalStopped' },
        { number: 2, state: 'succeeded' },
      ],
    });
  });
});

describeDenyAll({
  pluginId: 'ml-jobs',
  contract: mlJobsContract,
  features: [mlJobsPlugin, catalogServiceMock.factory({ entities: [] })],
  exampleRequests: {
    submitJob: { body: { source: { repository: '/project' }, owner } },
    listJobs: {},
    getJob: { params: { id: 'x' } },
    cancelJob: { params: { id: 'x' }, body: {} },
    holdJob: { params: { id: 'x' }, body: {} },
    releaseJob: { params: { id: 'x' }, body: {} },
    rerunJob: { params: { id: 'x' }, body: {} },
    getJobLog: { params: { id: 'x' } },
    explainJob: { params: { id: 'j' } },
    getJobSamples: { params: { id: 'x' } },
    getQueue: {},
    listUsage: {},
    introspectToken: { body: { token: 'x' } },
  },
});
