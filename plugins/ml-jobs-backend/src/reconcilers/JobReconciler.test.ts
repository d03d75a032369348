import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { NotFoundError } from '@backstage/errors';
import { startReconciler } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Job } from '@downstage/plugin-ml-jobs-common';
import type {
  CancelReason,
  InputResolver,
  JobHandle,
  JobObservation,
  JobRuntimeOfPortal,
  JobSpec,
} from '@downstage/plugin-ml-jobs-node';
import { Runtimes } from '../services/Runtimes';
import { SourceService } from '../services/SourceService';
import { JobStore } from '../stores/JobStore';
import { TokenStore } from '../stores/TokenStore';
import { createProject } from '../testFixtures';
import { JobReconciler } from './JobReconciler';

jest.setTimeout(60_000);

/** A runtime that does what the test says. It outlives the portals of the test, as processes do. */
class ScriptedRuntime implements JobRuntimeOfPortal {
  readonly specVersion = 'v1';
  readonly id = 'scripted';
  readonly endsWithPortal = true;
  readonly seen = new Map<string, JobObservation>();
  readonly submitted: JobSpec[] = [];
  slots = 1;
  endsAtOnce = false;
  diesOnSubmit = false;

  async capacity() {
    return { slots: this.slots };
  }
  handleOf({ jobId, attempt }: { jobId: string; attempt: number }): JobHandle {
    return { key: `${jobId}/${attempt}` };
  }
  async submit(job: JobSpec, options: { idempotencyKey: string }) {
    if (this.diesOnSubmit) throw new Error('kill -9');
    this.submitted.push(job);
    this.seen.set(options.idempotencyKey, {
      state: this.endsAtOnce ? 'succeeded' : 'running',
      startedAt: '2026-01-01T00:00:01.000Z',
    });
    return { handle: this.handleOf(job), warnings: [] };
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

describe.each(
  TestDatabases.create({ ids: testDatabaseIds() }).eachSupportedId(),
)('JobReconciler on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });
  let project: ReturnType<typeof createProject>;
  let knex: Awaited<ReturnType<TestDatabases['init']>>;
  let store: JobStore;
  let runtime: ScriptedRuntime;
  let now: Date;
  let resolvers: InputResolver[];
  let told: { id: string; ended?: string }[];
  let loops: { stop(): Promise<void> }[];

  const clock = () => now;
  const forward = (ms: number) => {
    now = new Date(now.getTime() + ms);
  };
  /** A portal: its own loop and reconciler over the same tables and the same processes. */
  const startPortal = (own = runtime) => {
    const runtimes = new Runtimes();
    runtimes.add(own);
    const reconciler = new JobReconciler({
      store,
      tokens: new TokenStore(knex),
      runtimes,
      sources: new SourceService({
        roots: [project.dataDir],
        hosts: [],
        cache: project.dataDir,
      }),
      resolvers: () => resolvers,
      auth: mockServices.auth(),
      trackingUri: async () => 'http://127.0.0.1/mlflow',
      clock,
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
    overrides: { owner?: string; definition?: Partial<Job['definition']> } = {},
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
      runtime: 'scripted',
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
    store = new JobStore(knex);
    runtime = new ScriptedRuntime();
    resolvers = [];
    told = [];
    loops = [];
    portal = startPortal();
  });
  afterEach(async () => {
    await Promise.all(loops.map(loop => loop.stop()));
    project.remove();
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
    expect((await store.get('a')).attempts[0]).toMatchObject({
      state: 'failed',
      reason: 'ProcessLost',
    });
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
      now: now.toISOString(),
      message: 'Cancelled by ann',
    });
    await steps(2);
    expect(await store.get('a')).toMatchObject({
      state: 'cancelled',
      message: 'Cancelled by ann',
    });
  });

  it('cancels a job that its retry put back into the queue a moment before', async () => {
    await submit('a', { definition: { retries: 1 } });
    await steps();
    runtime.seen.set('a/1', { state: 'failed', message: 'code 1' });
    await steps(1);
    expect((await store.get('a')).state).toBe('queued');
    const wish = { now: now.toISOString(), message: 'Cancelled by ann' };
    expect(await store.requestCancel('a', wish)).toBe(true);
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
          slots: 1,
          attempt: { number: 1, state: 'preparing' },
        },
        { now: now.toISOString() },
      );
    const admitted = await Promise.all([admit(a), admit(b)]);
    expect(admitted.sort()).toEqual([false, true]);
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
    expect(timeline.map(({ type }) => type)).toEqual([
      'queued',
      'preparing',
      'running',
      'succeeded',
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
        return { ref: 'default/x@7', path: '/x', sha256: 'ab', format: 'csv' };
      },
    });
    const inputs = [{ name: 'training', dataset: 'dataset:default/x' }];
    await submit('a', { definition: { inputs } });
    await steps();
    expect(runtime.submitted).toEqual([]);
    expect((await store.get('a')).state).toBe('cancelled');
    resolvers[0] = {
      async resolve() {
        return { ref: 'default/x@7', path: '/x', sha256: 'ab', format: 'csv' };
      },
    };
    runtime.diesOnSubmit = true;
    await submit('b', { definition: { inputs } });
    await steps(2);
    expect((await store.get('b')).inputs).toEqual([
      { name: 'training', ref: 'default/x@7' },
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
        return {
          ref: `default/x@${asked.length + 6}`,
          path: '/data/x',
          sha256: 'ab',
          format: 'csv',
        };
      },
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
      MLFLOW_TRACKING_URI: 'http://127.0.0.1/mlflow',
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
});
