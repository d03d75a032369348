import type { JobHandle, JobSpec } from '@downstage/plugin-ml-jobs-node';
import { describeJobRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import { clusterOfTests } from './__testUtils__/clusterOfTests';
import {
  aCluster,
  createFixture,
  openAccess,
} from './__testUtils__/createFixture';
import { FakeKubernetes } from './__testUtils__/FakeKubernetes';
import { until } from './__testUtils__/until';
import { KubeApi } from './api/KubeApi';
import { podObject } from './domain/objects';
import { KubernetesRuntime } from './KubernetesRuntime';

// Every attempt here is two processes of Python.
const timeoutMs = 180_000;
jest.setTimeout(timeoutMs);

async function onFake(options: { quota?: number; queue?: string } = {}) {
  const { quota, queue } = options;
  const fake = new FakeKubernetes({ quota });
  const access = openAccess(await fake.start());
  const made = await createFixture({ access, cluster: { queue } });
  const runtime = made.create();
  runtime.start();
  return {
    ...{ fake, access, runtime },
    restarted: async () => made.create(),
    specOf: async (...args: Parameters<typeof made.specOf>) =>
      made.specOf(...args),
    close: async () => {
      await made.close();
      await fake.close();
    },
  };
}

describeJobRuntime(
  'Kubernetes with Kueue, on a fake API server',
  () => onFake({ quota: 2, queue: 'jobs' }),
  { timeoutMs },
);

describeJobRuntime(
  'Kubernetes without Kueue, on a fake API server',
  () => onFake(),
  { timeoutMs },
);

const real = clusterOfTests();
if (real) {
  for (const queue of ['jobs', undefined])
    describeJobRuntime(
      `Kubernetes ${queue ? 'with' : 'without'} Kueue, on a real control plane`,
      () => real.fixture({ queue }),
      { timeoutMs },
    );
}

describe('an attempt on a cluster in trouble', () => {
  let place: Awaited<ReturnType<typeof onFake>>;
  beforeEach(async () => {
    place = await onFake();
  });
  afterEach(async () => {
    await place.close();
  });

  const { signal } = new AbortController();
  const submit = (spec: JobSpec, runtime = place.runtime) =>
    runtime.submit(spec, { idempotencyKey: 'key', signal });
  const stateIs = (handle: JobHandle, state: string, runtime = place.runtime) =>
    until(async () => {
      const seen = await runtime.inspect(handle);
      return seen.state === state && seen;
    });
  const logOf = async (
    handle: JobHandle,
    offset = 0,
    runtime = place.runtime,
  ) => {
    const bytes = await runtime.fetchLog(handle, {
      ...{ offset, limit: 100_000, signal },
    });
    return Buffer.from(bytes).toString('utf8');
  };
  /** What follows on what is known of a log, until it says something. */
  const readUntil = async (
    handle: JobHandle,
    says: RegExp,
    known = '',
    runtime = place.runtime,
  ) => {
    let text = '';
    return until(async () => {
      const offset = Buffer.byteLength(known + text);
      text += await logOf(handle, offset, runtime);
      return says.test(text) && text;
    });
  };
  const nameOf = (handle: JobHandle) => String(handle.name);

  it.each([
    ['POST', '/configmaps'],
    ['POST', '/secrets'],
    ['POST', '/jobs'],
    ['PATCH', '/secrets'],
    ['PATCH', '/configmaps'],
  ])(
    'is started once where %s %s is done and its answer is lost',
    async (method, path) => {
      const { fake, runtime, specOf } = place;
      const spec = await specOf('echo once');
      const handle = runtime.handleOf(spec);
      fake.failNext({ method, path });
      await expect(submit(spec)).rejects.toThrow('got no answer');
      // The portal looks, and submits again where nothing was started.
      const seen = await runtime.inspect(handle);
      const isSafe = seen.state === 'absent';
      expect(isSafe).toBe(fake.all('jobs').length === 0);
      expect((await submit(spec)).handle).toEqual(handle);
      await stateIs(handle, 'succeeded');
      expect(fake.all('jobs')).toHaveLength(1);
      expect(fake.all('pods')).toHaveLength(1);
    },
  );

  it('is lost where somebody deletes its Job, and is not started again', async () => {
    const { fake, specOf } = place;
    const spec = await specOf('sleep 600');
    const { handle } = await submit(spec);
    await stateIs(handle, 'running');
    await fake.remove('jobs', nameOf(handle));
    expect(await stateIs(handle, 'lost')).toMatchObject({
      reason: 'JobDeleted',
      message: `The Job '${handle.name}' of the namespace 'ml' was deleted, and not by the portal`,
    });
    await submit(spec);
    expect(fake.all('jobs')).toEqual([]);
    expect(fake.all('secrets')).toEqual([]);
  });

  it('runs again where its node is gone, and its log goes on', async () => {
    const { fake, specOf, restarted } = place;
    const { handle } = await submit(await specOf('echo begins; sleep 600'));
    await stateIs(handle, 'running');
    const first = await readUntil(handle, /begins\n$/);
    const [pod] = fake.podsOf(nameOf(handle));
    await fake.disrupt(pod.metadata.name);
    await until(async () => fake.podsOf(nameOf(handle)).length === 2);
    await stateIs(handle, 'running');
    const rest = await readUntil(handle, /begins\n$/, first);
    expect(rest).toBe(first);
    // Another portal knows where the log of the second pod begins.
    const other = await restarted();
    expect(await readUntil(handle, /begins\n$/, first, other)).toBe(first);
    expect(await logOf(handle, Buffer.byteLength(first + rest), other)).toBe(
      '',
    );
  });

  it('says that it was taken away until it runs again', async () => {
    const { fake, specOf } = place;
    const { handle } = await submit(await specOf('sleep 600'));
    await stateIs(handle, 'running');
    const [pod] = fake.podsOf(nameOf(handle));
    fake.change('pods', pod.metadata.name, ({ status }) => {
      status.conditions = [
        {
          ...{ type: 'DisruptionTarget', status: 'True' },
          message: 'Eviction API: evicting',
        },
      ];
    });
    expect(await stateIs(handle, 'waiting')).toMatchObject({
      reason: 'Disrupted',
      message: 'Stopped: Eviction API: evicting. It starts again',
    });
  });

  it('is seen as it is after the watches have expired or were cut', async () => {
    const { fake, specOf } = place;
    await until(() => fake.watching === 2);
    const { handle } = await submit(await specOf('sleep 600'));
    await stateIs(handle, 'running');
    fake.expireWatches();
    await until(() => fake.watching === 2);
    fake.cutWatches();
    const [pod] = fake.podsOf(nameOf(handle));
    await fake.remove('pods', pod.metadata.name);
    fake.change('jobs', nameOf(handle), ({ status }) => {
      status.conditions = [
        { type: 'Failed', status: 'True', reason: 'BackoffLimitExceeded' },
      ];
    });
    const failed = await until(async () => {
      const seen = await place.runtime.inspect(handle);
      return seen.state === 'failed' && !seen.startedAt && seen;
    });
    expect(failed.state).toBe('failed');
  });

  it('fails in the words of the cluster where a rule refuses it', async () => {
    const { fake, specOf } = place;
    const spec = await specOf('true');
    const message = 'admission webhook "images" denied the request: python';
    const answer = { code: 403, reason: 'Forbidden', message };
    fake.failNext({ method: 'POST', path: '/jobs', answer });
    const { handle } = await submit(spec);
    expect(await place.runtime.inspect(handle)).toMatchObject({
      ...{ state: 'failed', reason: 'ClusterRefused' },
      message: `The cluster 'kubernetes' refuses the job: ${message}`,
    });
    await submit(spec);
    expect(fake.all('jobs')).toEqual([]);
  });

  it('is submitted again later where a quota of the cluster is used up', async () => {
    const { fake, specOf } = place;
    const spec = await specOf('true');
    const message = 'jobs.batch "x" is forbidden: exceeded quota: objects';
    const answer = { code: 403, reason: 'Forbidden', message };
    fake.failNext({ method: 'POST', path: '/jobs', answer });
    await expect(submit(spec)).rejects.toThrow('exceeded quota');
    const handle = place.runtime.handleOf(spec);
    expect((await place.runtime.inspect(handle)).state).toBe('absent');
    await submit(spec);
    await stateIs(handle, 'succeeded');
  });

  it('fails where the cluster has not its environment', async () => {
    const { fake, specOf } = place;
    const spec = await specOf('true');
    spec.definition = { ...spec.definition, environment: { name: 'pytorch' } };
    const { handle } = await submit(spec);
    expect(await place.runtime.inspect(handle)).toMatchObject({
      ...{ state: 'failed', reason: 'EnvironmentUnknown' },
    });
    expect(fake.all('jobs')).toEqual([]);
  });

  it('keeps the first reason of a cancel whose answer was lost', async () => {
    const { fake, runtime, specOf, restarted } = place;
    const { handle } = await submit(await specOf('sleep 600'));
    await stateIs(handle, 'running');
    fake.failNext({ method: 'DELETE', path: '/jobs' });
    await expect(
      runtime.cancel(handle, { reason: 'TimedOut' }),
    ).rejects.toThrow('got no answer');
    const other = await restarted();
    await other.cancel(handle, { reason: 'Cancelled' });
    for (const one of [runtime, other])
      expect(await one.inspect(handle)).toMatchObject({
        ...{ state: 'cancelled', reason: 'TimedOut' },
      });
    expect(fake.all('pods')).toEqual([]);
  });

  it('has no Job where a cancel comes between its record and its Job', async () => {
    const { fake, access, runtime, specOf } = place;
    const spec = await specOf('sleep 600');
    const api = new KubeApi(access);
    const create = api.create.bind(api);
    api.create = async (path, body, schema, call) => {
      if (path.endsWith('/jobs'))
        await runtime.cancel(runtime.handleOf(spec), { reason: 'Cancelled' });
      return create(path, body, schema, call);
    };
    const slow = new KubernetesRuntime({
      ...{ cluster: aCluster, api, prepareScript: '' },
      clock: () => new Date(),
    });
    const { handle } = await submit(spec, slow);
    await stateIs(handle, 'cancelled');
    await until(async () => fake.podsOf(nameOf(handle)).length === 0);
    expect(fake.all('jobs')).toEqual([]);
    await slow.stop();
  });

  it('is not waited for without end where its pod does not end', async () => {
    const { access, specOf } = place;
    const { handle } = await submit(await specOf('sleep 600'));
    await stateIs(handle, 'running');
    const api = new KubeApi(access);
    const list = api.list.bind(api);
    const there = new Map<string, Awaited<ReturnType<typeof list>>>();
    // As a pod on a node that is away: it stays.
    api.list = async (path, schema, call) => {
      const now = await list(path, schema, call);
      if (now.items.length) there.set(path, now);
      return there.has(path) ? (there.get(path) as typeof now) : now;
    };
    await api.list('/api/v1/namespaces/ml/pods', podObject, {});
    let ms = Date.now();
    const other = new KubernetesRuntime({
      ...{ cluster: aCluster, api, prepareScript: '' },
      clock: () => new Date((ms += 10_000)),
    });
    await expect(other.cancel(handle, { reason: 'Cancelled' })).rejects.toThrow(
      'has pods that do not end; is their node away?',
    );
    await other.stop();
  });

  it('gives the end of its log after a cancel', async () => {
    const { specOf, runtime } = place;
    const { handle } = await submit(
      await specOf('echo one; while :; do echo more; sleep 0.1; done'),
    );
    await stateIs(handle, 'running');
    const text = await readUntil(handle, /more/);
    await runtime.cancel(handle, { reason: 'Cancelled' });
    const rest = await logOf(handle, Buffer.byteLength(text));
    expect(text + rest).toMatch(/one\n(more\n)+$/);
    expect(await logOf(handle, Buffer.byteLength(text + rest))).toBe('');
  });

  it('has a record until it is long over, and its Job is gone', async () => {
    const { fake, access, specOf } = place;
    const over = await submit(await specOf('true'));
    const there = await submit(await specOf('sleep 600'));
    await stateIs(over.handle, 'succeeded');
    await fake.remove('jobs', nameOf(over.handle));
    const records = () =>
      fake.all('configmaps').map(({ metadata }) => metadata.name);
    const cleanedAt = async (ms: number) => {
      const later = new KubernetesRuntime({
        ...{ cluster: aCluster, api: new KubeApi(access), prepareScript: '' },
        clock: () => new Date(Date.now() + ms),
      });
      await later.clean();
      await later.stop();
      return records();
    };
    const keepMs = aCluster.keepSeconds * 1_000;
    const both = [nameOf(over.handle), nameOf(there.handle)];
    expect(await cleanedAt(keepMs)).toEqual(both);
    expect(await cleanedAt(keepMs * 2)).toEqual([nameOf(there.handle)]);
  });

  it('is not known, and not absent, while the cluster does not answer', async () => {
    // Nobody listens there.
    const away = await createFixture({
      access: openAccess('http://127.0.0.1:1'),
    });
    const runtime = away.create();
    const handle = runtime.handleOf(away.specOf('true'));
    await expect(runtime.inspect(handle)).rejects.toThrow('got no answer');
    await expect(
      runtime.cancel(handle, { reason: 'Cancelled' }),
    ).rejects.toThrow('got no answer');
    await away.close();
  });
});
