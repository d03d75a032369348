import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { startReconciler } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import type {
  CancelReason,
  FoundInput,
  InputResolver,
  JobHandle,
  JobObservation,
  JobRuntimeOfPortal,
  JobSpec,
  OutputLookup,
} from '@downstage/plugin-ml-jobs-node';
import {
  usualAdmission,
  type AdmissionOptions,
} from '../domain/admission/queueOptions';
import { Admission } from '../services/Admission';
import { Blocking } from '../services/Blocking';
import { JobLogs } from '../services/JobLogs';
import { JobOutputs } from '../services/JobOutputs';
import { Runtimes } from '../services/Runtimes';
import { SourceService } from '../services/SourceService';
import { JobStore } from '../stores/JobStore';
import { RuntimeStore } from '../stores/RuntimeStore';
import { TokenStore } from '../stores/TokenStore';
import { InMemoryLogStore } from '@downstage/plugin-ml-jobs-node/testUtils';
import { createProject } from '../testFixtures';
import { JobReconciler } from './JobReconciler';

jest.setTimeout(300_000);

/** A runtime that does what the test says. It outlives the portals of the test, as processes do. */
class ScriptedRuntime implements JobRuntimeOfPortal {
  readonly specVersion = 'v1';
  readonly id: string;
  readonly reads = 'paths';
  readonly trackingUrl = 'internal';
  admission: 'portal' | 'runtime' = 'portal';
  readonly endsWithPortal = true;
  readonly seen = new Map<string, JobObservation>();
  readonly submitted: JobSpec[] = [];
  slots = 1;
  resources?: { cpu?: number; memory?: number };
  endsAtOnce = false;
  diesOnSubmit = false;
  startsAs?: JobObservation;

  constructor(id = 'scripted') {
    this.id = id;
  }

  async capacity() {
    return { slots: this.slots, resources: this.resources };
  }
  handleOf({ jobId, attempt }: { jobId: string; attempt: number }): JobHandle {
    return { key: `${jobId}/${attempt}` };
  }
  async submit(job: JobSpec, options: { idempotencyKey: string }) {
    if (this.diesOnSubmit) throw new Error('kill -9');
    this.submitted.push(job);
    this.seen.set(
      options.idempotencyKey,
      this.startsAs ?? {
        state: this.endsAtOnce ? 'succeeded' : 'running',
        startedAt: '2026-01-01T00:00:01.000Z',
      },
    );
    // Says more than the one that is known beforehand.
    return { handle: { ...this.handleOf(job), more: 'x' }, warnings: [] };
  }
  async inspect(handle: JobHandle) {
    return this.seen.get(String(handle.key)) ?? { state: 'absent' as const };
  }
  async cancel(handle: JobHandle, { reason }: { reason: CancelReason }) {
    this.seen.set(String(handle.key), {
      state: 'cancelled',
      reason,
      message: reason,
    });
  }
}

const open = async () => undefined;
const foundAt = (ref: string, path: string): FoundInput => ({
  ...{ ref, path, sha256: 'ab', format: 'csv', files: [] },
});

describe.each(
  TestDatabases.create({ ids: testDatabaseIds() }).eachSupportedId(),
)('JobReconciler on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });
  let project: ReturnType<typeof createProject>;
  let knex: Awaited<ReturnType<TestDatabases['init']>>;
  let store: JobStore;
  let runtime: ScriptedRuntime;
  let logs: InMemoryLogStore;
  let now: Date;
  let resolvers: InputResolver[];
  let lookups: OutputLookup[];
  let told: { id: string; ended?: string }[];
  let loops: { stop(): Promise<void> }[];
  let question: AbortController;

  const clock = () => now;
  const forward = (ms: number) => {
    now = new Date(now.getTime() + ms);
  };
  /** A limit for each question; it never comes unless the one that is asked brings it about. */
  const timeLimit = () => {
    question = new AbortController();
    return question.signal;
  };
  const hangs = () => {
    question.abort();
    return new Promise<never>(() => {});
  };
  /** A portal: its own loop and reconciler over the same tables and the same processes. */
  const startPortal = (
    own = runtime,
    others: ScriptedRuntime[] = [],
    options?: AdmissionOptions,
  ) => {
    const runtimes = new Runtimes({ timeLimit });
    [own, ...others].forEach(one => runtimes.add(one));
    const admission = new Admission({ clock, admission: options });
    const reconciler = new JobReconciler({
      blocking: new Blocking({
        ...{ store, runtimes, admission, clock },
        runtimeStore: new RuntimeStore(knex),
        onChange: async id => void told.push({ id }),
      }),
      store,
      runtimeStore: new RuntimeStore(knex),
      lostAfterMs: 60_000,
      tokens: new TokenStore(knex),
      runtimes,
      sources: new SourceService({
        roots: [project.dataDir],
        hosts: [],
        cache: project.dataDir,
      }),
      logs: new JobLogs({ store: logs }),
      outputs: new JobOutputs({
        lookups: () => lookups,
        auth: mockServices.auth(),
      }),
      resolvers: () => resolvers,
      auth: mockServices.auth(),
      addressOf: async (pluginId, from) => `http://${from}/api/${pluginId}`,
      clock,
      admission,
      timeLimit,
      onChange: async change => {
        told.push(change);
      },
    });
    const loop = startReconciler({
      name: 'jobs',
      table: 'jobs',
      knex,
      logger: mockServices.logger.mock(),
      clock,
      intervalMs: 3_600_000,
      reconcile: lease => reconciler.reconcile(lease),
    });
    loops.push(loop);
    return { reconciler, loop };
  };
  let portal: ReturnType<typeof startPortal>;
  const steps = async (count = 4) => {
    for (let index = 0; index < count; index++) {
      forward(11_000);
      await portal.loop.tick();
    }
  };
  const submit = (
    id: string,
    overrides: {
      owner?: string;
      runtime?: string;
      priority?: string;
      definition?: Partial<Job['definition']>;
    } = {},
  ) =>
    store.insert({
      id,
      name: id,
      owner: overrides.owner ?? 'group:default/a',
      source: { repository: project.folder, commit: project.head },
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'true',
        ...overrides.definition,
      },
      definitionGiven: false,
      parameters: {},
      warnings: [],
      runtime: overrides.runtime ?? 'scripted',
      priority: overrides.priority,
      createdBy: 'user:default/ann',
      createdAt: now.toISOString(),
      message: 'Submitted',
    });

  beforeEach(async () => {
    now = new Date('2026-01-01T00:00:00.000Z');
    project = createProject({ 'README.md': 'x' });
    knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-jobs-backend',
        'migrations',
      ),
    });
    store = new JobStore(knex, new Admission({ clock }));
    runtime = new ScriptedRuntime();
    logs = new InMemoryLogStore();
    resolvers = [];
    lookups = [];
    told = [];
    loops = [];
    portal = startPortal();
  });
  afterEach(async () => {
    await Promise.all(loops.map(loop => loop.stop()));
    project.remove();
  });

  it('ends an attempt whose runtime says more than a table takes', async () => {
    runtime.startsAs = {
      ...{ state: 'failed', reason: 'A'.repeat(80) },
      message: 'no\0thing',
    };
    await submit('a');
    await steps();
    expect(await store.get('a')).toMatchObject({
      ...{ state: 'failed', reason: 'A'.repeat(64), message: 'nothing' },
    });
  });

  it('looks at jobs that waited here when their runtime comes to admit for itself', async () => {
    await submit('first');
    await steps();
    await submit('second');
    await steps();
    expect((await store.get('second')).state).toBe('queued');
    runtime.admission = 'runtime';
    await steps();
    expect((await store.get('second')).state).toBe('queued');
    await portal.reconciler.dispatch();
    await steps();
    expect((await store.get('second')).state).toBe('running');
  });

  it('brings a job from the queue to its end, and tells', async () => {
    await submit('a');
    await steps();
    expect((await store.get('a')).state).toBe('running');
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    expect((await store.get('a')).state).toBe('succeeded');
    expect(told.at(-1)).toEqual({ id: 'a', ended: 'succeeded' });
    expect(runtime.submitted).toHaveLength(1);
  });

  it('keeps the log of an attempt whose runtime loses it, and ends where it is lost', async () => {
    let answer = async () => Buffer.from('begin');
    const fetchLog = async (
      _: JobHandle,
      { offset, limit }: { offset: number; limit: number },
    ) => (await answer()).subarray(offset, offset + limit);
    Object.assign(runtime, { fetchLog });
    await submit('a');
    await steps();
    answer = async () => {
      throw new Error('the pod is gone');
    };
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'succeeded',
      warnings: [
        {
          option: 'log',
          message:
            'The end of the log could not be fetched from the runtime: Error: the pod is gone',
        },
      ],
    });
    const kept = await logs.read(
      { jobId: 'a', attempt: 1 },
      { offset: 0, limit: 100 },
    );
    expect(kept.text).toBe('begin');
  });

  it('says which declared outputs of a job came, and warns of the others', async () => {
    const asked: unknown[] = [];
    lookups.push({
      async find(output, { job }) {
        asked.push([output, job]);
        if (output.kind === 'dataset') return undefined;
        if (output.name === 'broken') throw new Error('no answer');
        return output.kind === 'model' ? { ref: 'default/churn@3' } : {};
      },
    });
    const model = 'model:default/churn';
    const outputs: Job['definition']['outputs'] = [
      { name: 'model', kind: 'model', model },
      { name: 'roc', kind: 'artifact', path: 'roc.png' },
      { name: 'scores', kind: 'dataset', dataset: 'dataset:default/scores' },
      { name: 'broken', kind: 'artifact', path: 'x' },
      { name: 'nameless', kind: 'model' },
    ];
    await submit('a', { definition: { outputs } });
    expect((await store.get('a')).outputs).toContainEqual({
      ...{ name: 'model', kind: 'model', state: 'expected' },
    });
    await steps();
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    const noLookup =
      'Nothing is installed that looks for outputs of the kind dataset';
    const noAnswer = 'It could not be looked for: Error: no answer';
    const noModel =
      'Neither the output nor the job names a model, so there is none to look for';
    const ended = await store.get('a');
    expect(ended).toMatchObject({
      state: 'succeeded',
      outputs: [
        {
          name: 'model',
          kind: 'model',
          state: 'found',
          ref: 'default/churn@3',
        },
        { name: 'roc', kind: 'artifact', state: 'missing' },
        { name: 'scores', state: 'unknown', message: noLookup },
        { name: 'broken', state: 'unknown', message: noAnswer },
        { name: 'nameless', state: 'unknown', message: noModel },
      ],
      warnings: [
        {
          option: 'outputs.roc',
          message: 'The job succeeded without this artifact, which it declares',
        },
        { option: 'outputs.scores', message: noLookup },
        { option: 'outputs.broken', message: noAnswer },
        { option: 'outputs.nameless', message: noModel },
      ],
    });
    expect(asked[0]).toEqual([
      outputs[0],
      { id: 'a', startedAt: '2026-01-01T00:00:01.000Z' },
    ]);
    const [listed] = (await store.list({ limit: 1 })).items;
    expect(listed.outputs).toBeUndefined();
  });

  it('starts nothing where the runtime would run it on less, and tries no second time', async () => {
    Object.assign(runtime, { features: [] });
    await submit('a', { definition: { retries: 3, resources: { gpus: 2 } } });
    await submit('b', { definition: { spot: true } });
    await steps(6);
    const job = await store.get('a');
    expect(job).toMatchObject({
      state: 'blocked',
      reason: 'RuntimeUnable',
      message:
        "The runtime 'scripted' cannot run this job: resources.gpus: 2 asked for, and it gives none. Change what it asks for, or submit it to another runtime.",
      attempts: [],
    });
    expect(job.timeline.at(-1)).toMatchObject({
      ...{ state: 'blocked', reason: 'RuntimeUnable', by: 'queue:default' },
    });
    expect(await store.get('b')).toMatchObject({
      state: 'running',
      warnings: [{ option: 'spot' }],
    });
    expect(runtime.submitted.map(({ jobId }) => jobId)).toEqual(['b']);
  });

  it('runs again what ran on less before, and says what is left out', async () => {
    await submit('a', { definition: { retries: 1, resources: { gpus: 2 } } });
    await steps();
    expect((await store.get('a')).state).toBe('running');
    // A later release of the runtime says what it has.
    Object.assign(runtime, { features: [] });
    runtime.seen.set('a/1', { state: 'failed', message: 'code 1' });
    await steps(6);
    expect(await store.get('a')).toMatchObject({
      state: 'running',
      warnings: [
        {
          option: 'resources.gpus',
          message: '2 asked for, and it gives none',
        },
      ],
    });
  });

  it('writes down what each attempt used, once', async () => {
    await submit('a', { definition: { retries: 1, resources: { cpu: 2 } } });
    await steps();
    for (const [attempt, state] of [
      [1, 'failed'],
      [2, 'succeeded'],
    ] as const) {
      runtime.seen.set(`a/${attempt}`, {
        ...{ state, exitCode: 0 },
        startedAt: '2026-01-01T00:00:01.000Z',
        endedAt: '2026-01-01T00:01:01.000Z',
      });
      // A second portal on the same database looks as well.
      const second = startPortal();
      await Promise.all([steps(), second.loop.tick()]);
      await steps();
    }
    const usage = await knex('job_usage')
      .where({ resource: 'cpu' })
      .orderBy('attempt');
    expect(usage).toMatchObject([
      { job_id: 'a', attempt: 1, amount: 120, unit: 'cpu-seconds' },
      { job_id: 'a', attempt: 2, amount: 120, unit: 'cpu-seconds' },
    ]);
    const slots = await knex('job_usage').where({ resource: 'slot' });
    expect(slots.length).toBeLessThanOrEqual(2);
  });

  it('looks for outputs when a job is over, and not before it runs again', async () => {
    const find = jest.fn(async () => ({}));
    lookups.push({ find });
    const outputs: Job['definition']['outputs'] = [
      { name: 'roc', kind: 'artifact', path: 'roc.png' },
    ];
    await submit('a', { definition: { outputs, retries: 1 } });
    await steps();
    runtime.seen.set('a/1', { state: 'failed', exitCode: 1 });
    await steps();
    expect(find).not.toHaveBeenCalled();
    runtime.seen.set('a/2', { state: 'failed', exitCode: 1 });
    await steps();
    expect(find).toHaveBeenCalledTimes(1);
    expect(await store.get('a')).toMatchObject({
      state: 'failed',
      outputs: [{ name: 'roc', state: 'missing' }],
      // It failed, which says enough.
      warnings: [],
    });
  });

  it('never fills more slots than there are, and takes owners in turn', async () => {
    for (const id of ['a1', 'a2', 'a3']) {
      await submit(id);
      forward(1);
    }
    await submit('b1', { owner: 'group:default/b' });
    const order: string[] = [];
    for (let round = 0; round < 4; round++) {
      await steps();
      const active = await store.active();
      expect(active).toHaveLength(1);
      order.push(active[0].id);
      runtime.seen.set(`${active[0].id}/1`, {
        state: 'succeeded',
        exitCode: 0,
      });
    }
    expect(order).toEqual(['a1', 'b1', 'a2', 'a3']);
  });

  it('does not start what another portal has started on its machine', async () => {
    Object.assign(runtime, { place: 'machine-a' });
    await submit('a');
    await steps();
    expect((await store.row('a')).place).toBe('machine-a');
    // It has a runtime of the same name, a folder of its own, and sees nothing of the attempt.
    const other = Object.assign(new ScriptedRuntime(), { place: 'machine-b' });
    const second = startPortal(other);
    await store.markDue('started', now.toISOString());
    for (let round = 0; round < 3; round++) {
      forward(11_000);
      await second.loop.tick();
    }
    expect(other.submitted).toEqual([]);
    expect(await store.get('a')).toMatchObject({ state: 'running' });
    await second.reconciler.stop();
    expect(await store.get('a')).toMatchObject({ state: 'running' });
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    expect((await store.get('a')).state).toBe('succeeded');
    expect(runtime.submitted).toHaveLength(1);
  });

  it('leaves those alone who wait while no slot is free, and wakes the next one at an end', async () => {
    for (const id of ['a', 'b', 'c']) await submit(id);
    await steps();
    const due = async () =>
      (await knex('jobs').whereNotNull('next_reconcile_at').orderBy('id')).map(
        ({ id }) => String(id),
      );
    expect(await due()).toEqual(['a']);
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    expect(await due()).toEqual(['b']);
    expect((await store.get('c')).queuePosition).toBe(1);
  });

  it('finds a running job again after kill -9, without starting it twice', async () => {
    await submit('a');
    await steps();
    await portal.loop.stop();
    portal = startPortal();
    await store.markDue('started', now.toISOString());
    await steps();
    expect((await store.get('a')).state).toBe('running');
    expect(runtime.submitted).toHaveLength(1);
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps();
    expect((await store.get('a')).attempts).toHaveLength(1);
  });

  it('submits again when the portal died between taking the slot and starting', async () => {
    await submit('a');
    await store.change(
      await store.row('a'),
      { to: 'preparing', attempt: { number: 1, state: 'preparing' } },
      { now: now.toISOString() },
    );
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'running',
      attempts: [{ number: 1 }],
    });
  });

  it('tries a lost job again, and gives up after three losses; none hangs in running', async () => {
    await submit('a');
    for (let attempt = 1; attempt <= 3; attempt++) {
      await steps(6);
      expect((await store.get('a')).state).toBe('running');
      runtime.seen.set(`a/${attempt}`, {
        state: 'lost',
        message: 'The process is gone',
      });
    }
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'failed',
      reason: 'ProcessLost',
      attempts: [{ number: 1 }, { number: 2 }, { number: 3 }],
    });
  });

  it('calls a job lost that its runtime has forgotten', async () => {
    await submit('a');
    await steps();
    runtime.seen.delete('a/1');
    await steps(1);
    const { attempts, timeline } = await store.get('a');
    expect(attempts[0]).toMatchObject({ state: 'lost', reason: 'ProcessLost' });
    const message = 'The runtime knows nothing of this attempt any more';
    expect(timeline.slice(-2)).toMatchObject([
      {
        ...{ type: 'lost', state: 'lost', reason: 'ProcessLost', message },
        by: 'runtime:scripted',
      },
      {
        type: 'retrying',
        state: 'queued',
        reason: 'ProcessLost',
        by: 'portal',
      },
    ]);
  });

  it('puts jobs back into the queue when the portal is stopped, and starts nothing after', async () => {
    await submit('a');
    await steps();
    await portal.reconciler.stop();
    expect(await store.get('a')).toMatchObject({
      state: 'queued',
      reason: 'PortalStopped',
      attempts: [{ number: 1, state: 'cancelled', reason: 'PortalStopped' }],
    });
    await steps();
    expect((await store.get('a')).state).toBe('queued');
    portal = startPortal();
    await portal.reconciler.dispatch();
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'running',
      attempts: [{}, { number: 2 }],
    });
  });

  it('cancels on request, also after the retry that came first', async () => {
    await submit('a', { definition: { retries: 1 } });
    await steps();
    await store.requestCancel('a', {
      ...{ now: now.toISOString(), by: 'user:default/ann' },
      message: 'Cancelled by ann',
    });
    await steps(2);
    const job = await store.get('a');
    expect(job).toMatchObject({
      state: 'cancelled',
      message: 'Cancelled by ann',
    });
    expect(job.timeline.at(-1)).toMatchObject({
      ...{ state: 'cancelled', by: 'user:default/ann' },
    });
  });

  it('cancels a job that its retry put back into the queue a moment before', async () => {
    await submit('a', { definition: { retries: 1 } });
    await steps();
    runtime.seen.set('a/1', { state: 'failed', message: 'code 1' });
    await steps(1);
    expect((await store.get('a')).state).toBe('queued');
    const desired = { now: now.toISOString(), message: 'Cancelled by ann' };
    expect(await store.requestCancel('a', desired)).toBe(true);
    await steps();
    expect((await store.get('a')).state).toBe('cancelled');
    expect(runtime.submitted).toHaveLength(1);
  });

  it('lets one of two portals take the last slot', async () => {
    await submit('a');
    await submit('b');
    const [a, b] = [await store.row('a'), await store.row('b')];
    const admit = (job: typeof a) =>
      store.change(
        job,
        {
          to: 'preparing',
          admits: running => running.length < 1,
          attempt: { number: 1, state: 'preparing' },
        },
        { now: now.toISOString() },
      );
    const admitted = await Promise.all([admit(a), admit(b)]);
    expect(admitted.sort()).toEqual([false, true]);
  });

  it('lets jobs run that fit together by cores and memory, not only by slots', async () => {
    runtime.slots = 3;
    runtime.resources = { cpu: 4, memory: 4 * 2 ** 30 };
    await submit('a', { definition: { resources: { cpu: 3 } } });
    forward(1);
    await submit('b', { definition: { resources: { cpu: 2 } } });
    forward(1);
    await submit('c', { definition: { resources: { cpu: 1, memory: '3Gi' } } });
    forward(1);
    await submit('d', { definition: { resources: { memory: '2Gi' } } });
    await steps();
    const states = async () =>
      Promise.all(
        'abcd'.split('').map(async id => (await store.get(id)).state),
      );
    expect(await states()).toEqual(['running', 'queued', 'running', 'queued']);
    runtime.seen.set('a/1', { state: 'succeeded' });
    await steps();
    expect(await states()).toEqual([
      ...['succeeded', 'running', 'running', 'queued'],
    ]);
  });

  it('starts no job on less than it asks for, and says what there is', async () => {
    runtime.resources = { cpu: 2 };
    await submit('a', { definition: { resources: { cpu: 8 } } });
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'blocked',
      reason: 'TooLarge',
      message:
        "Cannot start: it asks for 8 cores, and the runtime 'scripted' has 2 at most. Ask for less, or submit it to another runtime.",
    });
    const before = (await store.get('a')).timeline.length;
    await portal.reconciler.dispatch();
    await steps();
    // Nothing has changed, so nothing is written again.
    expect((await store.get('a')).timeline).toHaveLength(before);
    runtime.resources = { cpu: 8 };
    await portal.reconciler.dispatch();
    await steps();
    const job = await store.get('a');
    expect(job.state).toBe('running');
    expect(job.timeline[before]).toMatchObject({
      ...{ state: 'queued', reason: 'Unblocked', by: 'queue:default' },
    });
  });

  it('lets a job wait for the larger of two portals, and the smaller one does not contradict', async () => {
    const small = runtime;
    small.resources = { cpu: 2 };
    const large = {
      ...{ runtime: 'scripted', place: 'b', slots: 1 },
      capacity: { slots: 1, cpu: 8 },
    };
    const known = new RuntimeStore(knex);
    await known.tell(
      { ...large, holder: 'b', admission: 'portal' },
      new Date(now.getTime() + 60_000),
    );
    await submit('a', { definition: { resources: { cpu: 8 } } });
    await submit('b', { definition: { resources: { cpu: 16 } } });
    await steps();
    expect(await store.get('a')).toMatchObject({
      ...{ state: 'queued', reason: 'Submitted' },
    });
    expect(await store.get('b')).toMatchObject({
      state: 'blocked',
      message: expect.stringContaining('has 8 at most'),
    });
    // Its portal starts again: for a while that is no reason to block anything.
    await known.forget({ runtime: 'scripted', place: 'b' });
    await portal.reconciler.dispatch();
    expect((await store.get('a')).state).toBe('queued');
    forward(11 * 60_000);
    await portal.reconciler.dispatch();
    expect((await store.get('a')).state).toBe('blocked');
  });

  describe('whose place is gone', () => {
    const there = { runtime: 'scripted', place: 'there' };
    const tell = () =>
      new RuntimeStore(knex).tell(
        { ...there, holder: 'the portal on b', slots: 2, admission: 'portal' },
        now,
      );
    /** Both jobs run there; then another portal, with a place of its own, looks again and again. */
    const startThere = async () => {
      Object.assign(runtime, { place: 'there', slots: 2 });
      await tell();
      await submit('safe', { definition: { checkpoint: { keep: 1 } } });
      await submit('bare');
      await steps();
      const here = new ScriptedRuntime();
      Object.assign(here, { place: 'here' });
      const other = startPortal(here);
      const watch = async (looks: number) => {
        for (let index = 0; index < looks; index++) {
          forward(20_000);
          await other.reconciler.settlePlaces();
        }
      };
      return { here, other, watch };
    };

    it('runs again elsewhere with a checkpoint, and ends without', async () => {
      const { here, other, watch } = await startThere();
      await watch(3);
      await tell();
      await watch(3);
      expect((await store.get('safe')).state).toBe('running');
      await watch(1);
      const message =
        'Nothing was seen for 1 minute of the portal on b, where attempt 1 ran';
      const safe = await store.get('safe');
      expect(safe).toMatchObject({
        ...{ state: 'queued', reason: 'PlaceLost' },
        message: `${message}; trying again`,
        attempts: [{ number: 1, state: 'lost', reason: 'PlaceLost', message }],
      });
      expect(safe.timeline.slice(-2)).toMatchObject([
        { state: 'lost', by: 'portal', reason: 'PlaceLost', message },
        { state: 'queued', by: 'portal' },
      ]);
      expect(await store.get('bare')).toMatchObject({
        ...{ state: 'failed', reason: 'PlaceLost' },
        message: `${message}; it has no retries left, and no checkpoint to go on from`,
      });
      expect(await store.active()).toEqual([]);
      portal = other;
      await steps();
      expect(here.submitted).toMatchObject([{ jobId: 'safe', attempt: 2 }]);
      expect((await store.row('safe')).place).toBe('here');
    });

    it('ends what was given up when it comes back, and doubles no job', async () => {
      const back = portal;
      const { other, watch } = await startThere();
      await watch(4);
      portal = other;
      await steps();
      expect(runtime.seen.get('safe/1')?.state).toBe('running');
      await back.reconciler.settlePlaces();
      for (const key of ['safe/1', 'bare/1'])
        expect(runtime.seen.get(key)?.state).toBe('cancelled');
      expect(await store.strays(there)).toEqual([]);
      expect(await store.get('safe')).toMatchObject({
        state: 'running',
        attempts: [{ state: 'lost' }, { state: 'running' }],
      });
    });

    it('is given up once, though two portals look at the same time', async () => {
      const { other, watch } = await startThere();
      const third = startPortal(new ScriptedRuntime('another'));
      for (let index = 0; index < 4; index++) {
        await watch(1);
        await third.reconciler.settlePlaces();
      }
      await Promise.all([
        other.reconciler.settlePlaces(),
        third.reconciler.settlePlaces(),
      ]);
      const { timeline, attempts } = await store.get('safe');
      expect(attempts).toHaveLength(1);
      expect(timeline.filter(({ state }) => state === 'lost')).toHaveLength(1);
      expect(await store.strays(there)).toHaveLength(2);
    });

    it('ends an attempt that is submitted after it was given up', async () => {
      Object.assign(runtime, { place: 'there' });
      await tell();
      await submit('safe', { definition: { checkpoint: { keep: 1 } } });
      const here = new ScriptedRuntime();
      Object.assign(here, { place: 'here' });
      const other = startPortal(here);
      const submitNow = runtime.submit.bind(runtime);
      runtime.submit = async (job, options) => {
        for (let index = 0; index < 5; index++) {
          forward(20_000);
          await other.reconciler.settlePlaces();
        }
        return submitNow(job, options);
      };
      await steps();
      expect(runtime.seen.get('safe/1')?.state).toBe('cancelled');
      expect((await store.get('safe')).attempts[0].state).toBe('lost');
    });
  });

  it('leaves a job alone that is held, until it is released or cancelled', async () => {
    const ann = { kind: 'person' as const, actor: 'user:default/ann' };
    const write = async (id: string, to: 'held' | 'queued') =>
      store.change(
        await store.row(id),
        { to, by: ann, nextAt: now.toISOString() },
        { now: now.toISOString() },
      );
    for (const id of ['a', 'b']) {
      await submit(id);
      await write(id, 'held');
    }
    await portal.reconciler.dispatch();
    await steps();
    expect((await store.get('a')).state).toBe('held');
    expect(runtime.submitted).toEqual([]);
    await write('a', 'queued');
    await store.requestCancel('b', { now: now.toISOString(), message: 'm' });
    await steps();
    expect((await store.get('a')).state).toBe('running');
    expect((await store.get('b')).state).toBe('cancelled');
  });

  it.each(['portal', 'runtime'] as const)(
    'starts nothing of a queue that is held, where the %s admits',
    async admission => {
      runtime.admission = admission;
      portal = startPortal(runtime, [], {
        ...usualAdmission,
        queues: [{ ...usualAdmission.queues[0], held: true }],
      });
      await submit('a');
      await steps();
      expect(runtime.submitted).toEqual([]);
      expect(await store.get('a')).toMatchObject({
        ...{ state: 'queued', reason: 'QueueHeld' },
      });
    },
  );

  it('stops a background job for a production job, and runs it again later, with no retry used', async () => {
    await submit('low', { priority: 'background' });
    await steps();
    await submit('other', { priority: 'background' });
    await steps();
    expect((await store.get('low')).state).toBe('running');
    await submit('high', { priority: 'production' });
    await steps(6);
    expect(await store.get('low')).toMatchObject({
      state: 'queued',
      reason: 'Preempted',
      message: 'Stopped for a job that comes first; it runs again later',
      attempts: [{ number: 1, state: 'cancelled', reason: 'Preempted' }],
    });
    expect((await store.get('low')).timeline.slice(-2)).toMatchObject([
      { state: 'preempted', by: 'queue:default' },
      { state: 'queued', reason: 'Preempted', by: 'portal' },
    ]);
    expect((await store.get('high')).state).toBe('running');
    expect((await store.get('other')).state).toBe('queued');
    runtime.seen.set('high/1', { state: 'succeeded' });
    await steps();
    expect((await store.get('low')).state).toBe('running');
    runtime.seen.set('low/2', { state: 'failed', message: 'code 1' });
    await steps();
    expect((await store.get('low')).state).toBe('failed');
  });

  it('leaves a job alone when the one that it was to be stopped for has gone', async () => {
    await submit('low', { priority: 'background' });
    await steps();
    await submit('gone', { priority: 'production' });
    await knex('jobs')
      .where({ id: 'gone' })
      .update({ next_reconcile_at: null });
    await store.requestPreempt(['low'], {
      ...{ for: 'gone', now: now.toISOString() },
    });
    await knex('jobs').where({ id: 'gone' }).delete();
    await steps();
    expect(await store.row('low')).toMatchObject({
      state: 'running',
      attempt: 1,
      preempted_for: undefined,
    });
  });

  it('does not count the jobs of other runtimes against its slots', async () => {
    await submit('other');
    await knex('jobs').update({ runtime: 'elsewhere', state: 'running' });
    await submit('a');
    await steps();
    expect((await store.get('a')).state).toBe('running');
  });

  it('drops what was decided for an earlier attempt', async () => {
    await submit('a', { definition: { retries: 1 } });
    await steps();
    const early = await store.row('a');
    runtime.seen.set('a/1', { state: 'failed', message: 'code 1' });
    await steps();
    expect(await store.row('a')).toMatchObject({
      state: 'running',
      attempt: 2,
    });
    const late = await store.change(
      early,
      { to: 'queued', attempt: { number: 1, state: 'cancelled' } },
      { now: now.toISOString() },
    );
    expect(late).toBe(false);
  });

  it('says that a job ran though it ended between two looks', async () => {
    await submit('a');
    runtime.endsAtOnce = true;
    await steps();
    const { timeline, startedAt } = await store.get('a');
    expect(timeline.map(({ state, by }) => [state, by])).toEqual([
      ['submitted', 'user:default/ann'],
      ['queued', 'portal'],
      ['admitted', 'queue:default'],
      ['preparing', 'portal'],
      ['running', 'runtime:scripted'],
      ['succeeded', 'runtime:scripted'],
    ]);
    expect(startedAt).toBe('2026-01-01T00:00:01.000Z');
  });

  it('writes the inputs down before it starts, and starts nothing without its lease', async () => {
    resolvers.push({
      async resolve() {
        await store.requestCancel('a', {
          now: now.toISOString(),
          message: 'Cancelled by ann',
        });
        return foundAt('default/x@7', '/x');
      },
      open,
    });
    const inputs = [{ name: 'training', dataset: 'dataset:default/x' }];
    await submit('a', { definition: { inputs } });
    await steps();
    expect(runtime.submitted).toEqual([]);
    expect((await store.get('a')).state).toBe('cancelled');
    resolvers[0] = {
      async resolve() {
        return foundAt('default/x@7', '/x');
      },
      open,
    };
    runtime.diesOnSubmit = true;
    await submit('b', { definition: { inputs } });
    await steps(2);
    expect((await store.get('b')).inputs).toEqual([
      { name: 'training', ref: 'default/x@7' },
    ]);
  });

  it('keeps the handle of the submission, and finds the attempt without it after a crash', async () => {
    await submit('a');
    await steps();
    expect((await store.row('a')).handle).toEqual({ key: 'a/1', more: 'x' });
    const asked: JobHandle[] = [];
    const inspect = runtime.inspect.bind(runtime);
    runtime.inspect = handle => {
      asked.push(handle);
      return inspect(handle);
    };
    await steps(1);
    // What a crash between the submission and its writing down leaves.
    await knex('jobs').update({ handle: null });
    await steps(1);
    expect(asked).toEqual([{ key: 'a/1', more: 'x' }, { key: 'a/1' }]);
    expect((await store.get('a')).state).toBe('running');
  });

  it('leaves it to a runtime that admits by itself who starts, and shows why a job waits', async () => {
    runtime.admission = 'runtime';
    runtime.slots = 1;
    await submit('a');
    await submit('b');
    await steps();
    expect(runtime.submitted.map(({ jobId }) => jobId).sort()).toEqual([
      'a',
      'b',
    ]);

    runtime.startsAs = {
      state: 'waiting',
      reason: 'QuotaExceeded',
      message: 'Needs 2 GPUs; 0 of 8 are free',
      position: 3,
    };
    await submit('c');
    await steps();
    expect(await store.get('c')).toMatchObject({
      state: 'preparing',
      reason: 'QuotaExceeded',
      message: 'Needs 2 GPUs; 0 of 8 are free',
      waiting: { reason: 'QuotaExceeded', position: 3 },
    });
    runtime.seen.set('c/1', { state: 'preparing', message: 'Pulls the image' });
    await steps(1);
    expect(await store.get('c')).toMatchObject({
      reason: 'Preparing',
      message: 'Pulls the image',
    });
    runtime.seen.set('c/1', {
      state: 'running',
      startedAt: '2026-01-01T00:00:01.000Z',
    });
    await steps(1);
    const { timeline, waiting, state } = await store.get('c');
    expect([state, waiting]).toEqual(['running', undefined]);
    expect(timeline.map(({ type }) => type)).toEqual([
      'submitted',
      'queued',
      'preparing',
      'waiting',
      'preparing',
      'running',
    ]);
  });

  it('says by whom a job was stopped that its runtime runs again later, and uses no retry', async () => {
    runtime.admission = 'runtime';
    await submit('a');
    await steps();
    runtime.seen.set('a/1', {
      state: 'waiting',
      message: 'Stopped for job/urgent',
      preemptedBy: 'job/urgent',
    });
    await steps(1);
    expect(await store.get('a')).toMatchObject({
      state: 'preempted',
      reason: 'Preempted',
      message: 'Stopped for job/urgent',
      waiting: { reason: 'Preempted', preemptedBy: 'job/urgent' },
    });
    runtime.seen.set('a/1', {
      state: 'running',
      startedAt: '2026-01-01T00:00:09.000Z',
    });
    await steps(1);
    runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
    await steps(1);
    const job = await store.get('a');
    expect(job).toMatchObject({
      state: 'succeeded',
      attempts: [{ number: 1 }],
    });
    expect(job.waiting).toBeUndefined();
    expect(job.timeline.map(({ type }) => type)).toEqual([
      'submitted',
      'queued',
      'preparing',
      'running',
      'preempted',
      'running',
      'succeeded',
    ]);
  });

  it('writes down each worker as it changes, and those of each attempt for themselves', async () => {
    const worker = (rank: number, more: object) => ({
      ...{ role: 'worker', rank, state: 'running' as const, ...more },
    });
    const startedAt = '2026-01-01T00:00:01.000Z';
    runtime.startsAs = {
      ...{ state: 'running', startedAt },
      workers: [worker(0, {}), worker(1, { node: 'gpu-1' })],
    };
    await submit('a', { definition: { retries: 1 } });
    await steps();
    const workers = async () =>
      (await store.get('a')).attempts.map(attempt => attempt.workers);
    expect(await workers()).toEqual([
      [worker(0, {}), worker(1, { node: 'gpu-1' })],
    ]);
    runtime.seen.set('a/1', {
      ...{ state: 'running', startedAt },
      workers: [worker(0, {}), worker(1, { node: 'gpu-2' })],
    });
    await steps(1);
    expect((await workers())[0]?.[1].node).toBe('gpu-2');
    runtime.seen.set('a/1', {
      ...{ state: 'failed', reason: 'WorkerFailed', message: 'worker/1' },
      workers: [
        worker(0, { state: 'cancelled' }),
        worker(1, { state: 'failed', node: 'gpu-2', exitCode: 9 }),
      ],
    });
    await steps();
    expect(await workers()).toEqual([
      [
        worker(0, { state: 'cancelled' }),
        worker(1, { state: 'failed', node: 'gpu-2', exitCode: 9 }),
      ],
      [worker(0, {}), worker(1, { node: 'gpu-1' })],
    ]);
  });

  it('keeps both tokens when an attempt is handed over twice, and none of earlier attempts', async () => {
    const tokens = new TokenStore(knex);
    await submit('a');
    await steps();
    const issue = (attempt: number) =>
      tokens.issue({ jobId: 'a', attempt, now: now.toISOString() });
    const [one, two] = [await issue(1), await issue(1)];
    expect(await tokens.verify(one)).toBe('a');
    expect(await tokens.verify(two)).toBe('a');
    await issue(2);
    expect(await tokens.verify(one)).toBeUndefined();
  });

  it('kills what is over its timeout', async () => {
    await submit('a', { definition: { timeout: 'PT1M' } });
    await steps();
    forward(120_000);
    await steps(1);
    expect(await store.get('a')).toMatchObject({
      state: 'failed',
      reason: 'TimedOut',
    });
  });

  it('pins inputs once, and reads the same version in the next attempt', async () => {
    const asked: string[] = [];
    resolvers.push({
      async resolve(ref) {
        asked.push(ref);
        return foundAt(`default/x@${asked.length + 6}`, '/data/x');
      },
      open,
    });
    await submit('a', {
      definition: {
        retries: 1,
        inputs: [{ name: 'training', dataset: 'dataset:default/x' }],
      },
    });
    await steps();
    runtime.seen.set('a/1', {
      state: 'failed',
      reason: 'ProcessFailed',
      message: 'code 1',
    });
    await steps();
    expect(asked).toEqual(['dataset:default/x', 'default/x@7']);
    expect(runtime.submitted[0].variables).toMatchObject({
      DOWNSTAGE_INPUT_TRAINING: '/data/x',
      MLFLOW_TRACKING_URI: 'http://internal/api/ml-registry/mlflow',
    });
  });

  it('fails at once when an input is not there, and waits when its service does not answer', async () => {
    const definition = {
      inputs: [{ name: 'training', dataset: 'dataset:default/x' }],
    };
    let error: Error = new NotFoundError('There is no data set x');
    resolvers.push({
      async resolve() {
        throw error;
      },
      open,
    });
    await submit('a', { definition });
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'failed',
      reason: 'InputMissing',
    });
    error = new Error('connect ECONNREFUSED');
    await submit('b', { definition });
    await steps();
    expect(await store.get('b')).toMatchObject({
      state: 'preparing',
      message: 'Waiting for the inputs: connect ECONNREFUSED',
    });
    forward(15 * 60_000);
    await steps();
    expect(await store.get('b')).toMatchObject({
      state: 'failed',
      reason: 'InputUnavailable',
    });
  });

  it.each(['capacity', 'submit', 'inspect', 'cancel'] as const)(
    'is held up by no runtime that never answers to %s, and goes on when it does',
    async asking => {
      const stuck = new ScriptedRuntime('stuck');
      portal = startPortal(runtime, [stuck]);
      await submit('stuck', { runtime: 'stuck' });
      if (asking === 'cancel') {
        await steps();
        await store.requestCancel('stuck', {
          ...{ message: 'enough', now: now.toISOString() },
        });
      }
      const asked = jest.spyOn(stuck, asking).mockImplementation(hangs);
      await submit('a');
      await steps();
      expect(asked).toHaveBeenCalled();
      expect((await store.get('a')).state).toBe('running');
      runtime.seen.set('a/1', { state: 'succeeded', exitCode: 0 });
      await submit('b');
      await steps();
      expect((await store.get('a')).state).toBe('succeeded');
      expect((await store.get('b')).state).toBe('running');

      asked.mockRestore();
      await steps();
      expect((await store.get('stuck')).state).toBe(
        asking === 'cancel' ? 'cancelled' : 'running',
      );
    },
  );

  it('waits for inputs no longer than a limit, asks again, and says so', async () => {
    const definition = {
      inputs: [{ name: 'training', dataset: 'dataset:default/x' }],
    };
    let resolve: InputResolver['resolve'] = hangs;
    resolvers.push({ resolve: (...asked) => resolve(...asked), open });
    await submit('a', { definition });
    await steps();
    expect(await store.get('a')).toMatchObject({
      state: 'preparing',
      message:
        'Waiting for the inputs: The services that have the inputs did not answer within 240 seconds',
    });
    resolve = async () => foundAt('default/x@1', '/data/x');
    await steps();
    expect((await store.get('a')).state).toBe('running');
  });
});
