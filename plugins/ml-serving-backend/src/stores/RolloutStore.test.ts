import { TestDatabases } from '@backstage/backend-test-utils';
import { claimDue, migrate } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { FakeServingEngine } from '@downstage/plugin-ml-serving-node/testUtils';
import { neededVersionsOf } from '../domain/neededVersionsOf';
import { onlyChampion } from '../domain/variants';
import { reconcileRollout } from '../reconcilers/reconcileRollout';
import { Engines } from '../services/Engines';
import { EngineSync } from '../services/EngineSync';
import { RolloutService } from '../services/RolloutService';
import { EndpointStore } from './EndpointStore';
import { RolloutStore } from './RolloutStore';

jest.setTimeout(60_000);

const at = '2026-03-04T05:06:07.000Z';
const id = 'default/tumour';

describe.each(testDatabaseIds())('rollouts on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });

  /** An endpoint with the files of two versions, of which the engine can load the first. */
  async function start(engine = new FakeServingEngine()) {
    const knex = await databases.init(databaseId);
    await migrate(
      { getClient: async () => knex },
      '@downstage/plugin-ml-serving-backend',
    );
    const store = new EndpointStore(knex);
    const rollouts = new RolloutStore(knex);
    await store.create({
      namespace: 'default',
      name: 'tumour',
      modelRef: 'model:default/tumour',
      owner: 'group:default/diagnostics',
      engine: engine.id,
      access: { groups: [], anonymous: false },
      createdBy: 'user:default/ann',
      createdAt: at,
    });
    for (const version of [1, 2]) {
      await store.saveVersion(id, {
        version,
        path: `/v${version}`,
        sha256: 'a'.repeat(64),
        features: [],
        predictions: [],
      });
    }
    engine.start({ onAlive: () => {} });
    const engines = new Engines({
      engines: [engine],
      defaultId: engine.id,
      syncOf: () =>
        new EngineSync({
          store,
          engine,
          discovery: {
            getBaseUrl: async () => 'http://portal.example',
            getExternalBaseUrl: async () => 'http://portal.example',
          },
          access: {
            hosts: [],
            origins: [],
            limits: { caller: {}, endpoint: {} },
            graceSeconds: 1,
          },
          granted: [],
        }),
    });
    const service = new RolloutService({
      reads: {} as never,
      rollouts,
      engines,
    });
    const announce = jest.fn(async () => {});
    const leaseOf = async (table: string) => {
      await knex(table)
        .whereNotNull('next_reconcile_at')
        .update({ next_reconcile_at: at });
      const claimed = await claimDue(knex, {
        table,
        limit: 1,
        leaseMs: 60_000,
        now: new Date(at),
      });
      return claimed[0];
    };
    const begin = async (
      version: number,
      to = onlyChampion(version),
      isThrough = false,
    ) => {
      const endpoint = await store.find(id);
      if (!endpoint) throw new Error('deleted');
      const lease = await leaseOf('endpoints');
      // Another one holds it now.
      if (!lease) return false;
      return service.begin(lease, endpoint, {
        desired: {
          wantedVersion: version,
          generation: endpoint.generation + 1,
        },
        ...{ to, at, isThrough, reason: 'Promoted', message: 'To it' },
        startedBy: 'user:default/ann',
      });
    };
    const step = async (
      lease: Awaited<ReturnType<typeof leaseOf>> | undefined,
    ) => {
      // None is due once the last one has ended.
      if (!lease) return;
      const patch = await reconcileRollout(lease, {
        ...{ engines, rollouts, store },
        clock: () => new Date(at),
        pollMs: 1000,
        announce,
        lookAgainIn: () => {},
        nudgeEndpoints: () => {},
      });
      if (patch)
        await knex('rollouts')
          .where({ ...lease })
          .update(patch);
    };
    const run = async (steps: number) => {
      for (let n = 0; n < steps; n++) await step(await leaseOf('rollouts'));
    };
    const history = async () =>
      (await rollouts.list(id, { limit: 9 })).map(
        ({ number, state, from, to }) => [
          number,
          state,
          from.at(0)?.version,
          to.at(0)?.version,
        ],
      );
    return {
      knex,
      store,
      rollouts,
      engine,
      announce,
      begin,
      leaseOf,
      step,
      run,
      history,
    };
  }

  it('goes from one set to the next in one step, keeps the one before, and comes back by a rollout', async () => {
    const { store, engine, begin, run, history } = await start();
    expect(await begin(1)).toBe(true);
    expect((await store.find(id))?.variants).toEqual([]);
    await run(2);
    await begin(2);
    await run(2);
    expect(await store.find(id)).toMatchObject({
      variants: onlyChampion(2),
      previousVersion: 1,
      wantedVersion: 2,
    });
    await begin(1);
    await run(2);
    expect(await history()).toEqual([
      [3, 'succeeded', 2, 1],
      [2, 'succeeded', 1, 2],
      [1, 'succeeded', undefined, 1],
    ]);
    expect(await engine.observe(['tumour'])).toMatchObject([
      { active: 1, versions: [{ version: 1 }, { version: 2 }] },
    ]);
  });

  it('goes on where a crash left it: after the tables, before the engine was told', async () => {
    const { store, rollouts, engine, begin, leaseOf, run, history } =
      await start();
    await begin(1);
    const lease = await leaseOf('rollouts');
    await rollouts.assign(lease, {
      ...{ endpointId: id, variants: onlyChampion(1), keep: undefined, at },
    });
    expect(await engine.observe(['tumour'])).toEqual([]);
    // Tells the engine, and sees that it answers.
    await run(2);
    expect(await history()).toEqual([[1, 'succeeded', undefined, 1]]);
    expect((await store.find(id))?.variants).toEqual(onlyChampion(1));
  });

  it('lets one of two replicas write: who lost the lease changes nothing', async () => {
    const { store, rollouts, begin, leaseOf, step, history } = await start();
    await begin(1);
    const slow = await leaseOf('rollouts');
    const fast = await leaseOf('rollouts');
    await step(slow);
    expect((await store.find(id))?.variants).toEqual([]);
    const end = { endpointId: id, message: 'done', at };
    expect(await rollouts.finish(slow, end)).toBe(false);
    await step(fast);
    expect((await store.find(id))?.variants).toEqual(onlyChampion(1));
    expect(await history()).toEqual([[1, 'running', undefined, 1]]);
  });

  it('lets a newer one take the place of one that runs, which then changes nothing', async () => {
    const { store, begin, leaseOf, step, run, history } = await start();
    await begin(1);
    const late = await leaseOf('rollouts');
    await begin(2);
    await step(late);
    await run(2);
    expect((await store.find(id))?.variants).toEqual(onlyChampion(2));
    expect(await history()).toEqual([
      [2, 'succeeded', undefined, 2],
      [1, 'superseded', undefined, 1],
    ]);
  });

  it('calls one through that answered before anybody looked again', async () => {
    const { begin, run, history } = await start();
    await begin(1);
    await run(1);
    await begin(2, undefined, true);
    expect(await history()).toEqual([
      [2, 'running', 1, 2],
      [1, 'succeeded', undefined, 1],
    ]);
  });

  it('calls one failed that was replaced while its version could not be loaded, and keeps what answered', async () => {
    const { store, rollouts, begin, run, history } = await start(
      new FakeServingEngine({ canLoad: ({ version }) => version === 1 }),
    );
    await begin(1);
    await run(2);
    await begin(2);
    await run(3);
    expect(await history()).toEqual([
      [2, 'running', 1, 2],
      [1, 'succeeded', undefined, 1],
    ]);
    expect(await store.find(id)).toMatchObject({ previousVersion: 1 });
    await begin(1);
    await run(2);
    const [, failed] = await rollouts.list(id, { limit: 9 });
    expect(failed).toMatchObject({
      state: 'failed',
      message: 'Version 2 could not be loaded: It cannot be loaded',
    });
    expect((await history())[0]).toEqual([3, 'succeeded', 2, 1]);
    expect(await store.find(id)).toMatchObject({
      variants: onlyChampion(1),
      previousVersion: undefined,
    });
  });

  it('keeps no version for the way back that never loaded', async () => {
    const { store, begin, run } = await start(
      new FakeServingEngine({ canLoad: ({ version }) => version === 2 }),
    );
    await begin(1);
    await run(2);
    await begin(2);
    await run(2);
    expect(await store.find(id)).toMatchObject({
      variants: onlyChampion(2),
      previousVersion: undefined,
    });
  });

  it('announces how a rollout stands once that is written, and only when it is news', async () => {
    let canLoad = false;
    const engine = new FakeServingEngine({ canLoad: () => canLoad });
    const { rollouts, announce, begin, run } = await start(engine);
    const heard: (string | undefined)[] = [];
    announce.mockImplementation(async () => {
      heard.push((await rollouts.list(id, { limit: 1 })).at(0)?.message);
    });
    await begin(1);
    await run(4);
    expect(heard).toEqual([
      'Version 1 could not be loaded: It cannot be loaded',
    ]);
    canLoad = true;
    const observe = jest.spyOn(engine, 'observe').mockRejectedValueOnce('away');
    await run(1);
    expect(heard.slice(1)).toEqual(['The engine does not answer']);
    observe.mockRestore();
  });

  it('makes a rollout due that runs, and leaves the step under way its lease', async () => {
    const { knex, store, rollouts, begin, leaseOf, run } = await start();
    const standing = {
      ...{ message: 'The engine does not answer', loadFailed: false },
      ...{ lookAt: '2026-03-04T05:14:00.000Z', at },
    };
    const dueAt = async () =>
      (await knex('rollouts').orderBy('number')).map(
        row => row.next_reconcile_at,
      );
    await begin(1);
    await run(2);
    await begin(2);
    await rollouts.keepStanding(await leaseOf('rollouts'), standing);
    expect(await dueAt()).toEqual([null, standing.lookAt]);
    await store.markDue(at, 'model:default/other');
    expect(await dueAt()).toEqual([null, standing.lookAt]);
    await store.markDue(at, 'model:default/tumour');
    expect(await dueAt()).toEqual([null, at]);
    // The view of the step is older than the reason to look again.
    const lease = await leaseOf('rollouts');
    await store.markDue(at);
    expect(await rollouts.keepStanding(lease, standing)).toBe(true);
    expect(await dueAt()).toEqual([null, at]);
  });

  it('divides requests between variants by their weights', async () => {
    const { engine, begin, run, rollouts } = await start();
    const [champion] = onlyChampion(1);
    await begin(1, [
      { ...champion, weight: 75 },
      { ...champion, name: 'challenger', version: 2, weight: 25 },
    ]);
    await run(2);
    expect((await rollouts.list(id, { limit: 1 }))[0].state).toBe('succeeded');
    let second = 0;
    for (let n = 0; n < 100; n++) {
      const { modelVersion } = await engine.predict('tumour', { rows: [{}] });
      if (modelVersion === 2) second += 1;
    }
    expect(Math.abs(second - 25)).toBeLessThan(5);
  });

  it('refuses in words what the engine cannot serve, and stores nothing', async () => {
    const { store, begin, history } = await start(
      new FakeServingEngine({ variants: 'one' }),
    );
    const before = await store.find(id);
    const [champion] = onlyChampion(1);
    await expect(
      begin(1, [
        { ...champion, weight: 50 },
        { ...champion, name: 'challenger', version: 2, weight: 50 },
      ]),
    ).rejects.toThrow(
      /The engine 'fake' lets one variant of an endpoint answer; asked were 2/,
    );
    expect(await history()).toEqual([]);
    expect(await store.find(id)).toEqual(before);
  });

  it('waits in no circle when one begins while another goes on', async () => {
    const { store, begin, leaseOf, step, run, history } = await start();
    await begin(1);
    for (let n = 0; n < 40; n++) {
      const lease = await leaseOf('rollouts');
      // Claimed at the same time by two replicas: each may lose, and none may fail.
      await Promise.all([begin(n % 2 ? 1 : 2), step(lease)]);
    }
    await begin(1);
    await run(3);
    expect((await store.find(id))?.variants).toEqual(onlyChampion(1));
    expect((await history())[0][1]).toBe('succeeded');
  });

  it('names every version whose files the endpoint needs, without a question to its engine', async () => {
    const { knex, store, begin, run } = await start();
    const needed = async () => {
      const endpoint = await store.find(id);
      return endpoint && neededVersionsOf(endpoint);
    };
    expect(await needed()).toEqual([]);
    await begin(1);
    await run(2);
    expect(await needed()).toEqual([1]);
    // Wanted, and what the rollout goes to: nothing is assigned yet.
    await begin(2);
    expect(await store.find(id)).toMatchObject({
      ...{ variants: onlyChampion(1), ahead: onlyChampion(2) },
      wantedVersion: 2,
    });
    expect(await needed()).toEqual([1, 2]);
    await run(2);
    await knex('endpoints').where({ id }).update({ wanted_version: 3 });
    expect(await store.find(id)).toMatchObject({
      ...{ variants: onlyChampion(2), ahead: [], previousVersion: 1 },
    });
    expect(await needed()).toEqual([1, 2, 3]);
  });

  it('goes away with its endpoint', async () => {
    const { knex, store, begin, run } = await start();
    await begin(1);
    await run(1);
    expect(await store.delete(id)).toBe(true);
    expect(await knex('rollouts')).toEqual([]);
    expect(await knex('endpoint_variants')).toEqual([]);
  });
});
