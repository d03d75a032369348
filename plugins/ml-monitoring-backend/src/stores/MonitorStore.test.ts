import { TestDatabases } from '@backstage/backend-test-utils';
import { claimDue, commitWithLease, type FactCriteria } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Window } from '@downstage/plugin-ml-monitoring-common';
import type { Knex } from 'knex';
import { resolve } from 'node:path';
import { planEpisode } from '../domain/episode';
import { EpisodeStore } from './EpisodeStore';
import { MonitorStore } from './MonitorStore';
import { WindowStore } from './WindowStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const diagnostics = 'group:default/diagnostics';
const credit = 'group:default/credit';

describe.each(databases.eachSupportedId())('MonitorStore on %p', databaseId => {
  /** A model with two monitors of version 1, of which `named` has an open episode when a window says drift. */
  async function twoMonitors(episodes?: (knex: Knex) => EpisodeStore) {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    const store = new MonitorStore({
      knex,
      windows: new WindowStore(knex),
      episodes: episodes?.(knex) ?? new EpisodeStore(knex),
    });
    const endpoint = {
      ...{ modelRef: 'model:default/churn', namespace: 'default' },
      ...{ name: 'churn', owner: diagnostics },
    };
    const at = '2026-11-21T10:00:00.000Z';
    await store.follow({ ...endpoint, version: 1 }, { at });
    const named = async () => {
      const found = await store.get(`${endpoint.modelRef}/volume/a`);
      if (!found) throw new Error('There is no monitor');
      return found;
    };
    await store.save(
      { modelRef: endpoint.modelRef, kind: 'volume', monitorName: 'a' },
      { settings: {}, at },
    );
    /** Closes a window of the named monitor. */
    const close = async (id: string, status: 'ok' | 'drift') => {
      const monitor = await named();
      const open = monitor.openEpisodeId;
      const [openEpisode] = open
        ? (await new EpisodeStore(knex).getMany([open])).values()
        : [];
      const window: Window = {
        ...{ id, monitorRef: monitor.ref, monitorId: monitor.id, status },
        ...{ kind: 'volume', version: 1, rows: 300, message: status },
        ...{ trigger: 'schedule', driftedColumns: [], epsilon: 0 },
        ...{ columns: [], signals: [], createdAt: at },
      };
      await store.closeWindow({
        ...{ monitor, window, openEpisode, newId: () => `e-${id}` },
        isKept: true,
        plan: planEpisode(openEpisode, window),
      });
    };
    /** Until it waits for a row that another transaction holds, or is done; SQLite has one connection here. */
    const waitsOrIsDone = async (task: Promise<unknown>) => {
      if (databaseId === 'SQLITE_3') return;
      let done = false;
      const end = () => {
        done = true;
      };
      task.then(end, end);
      while (!done) {
        const { rows } = await knex.raw(
          `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (rows.length) return;
      }
    };
    const leave = () => store.follow(endpoint, { at });
    const openEpisodes = () =>
      knex('episodes').whereNull('closed_at').select('id');
    return { knex, store, named, close, leave, openEpisodes, waitsOrIsDone };
  }

  it('ends an episode that a named monitor opens while its version leaves production', async () => {
    const waiting: { until?: () => Promise<void> } = {};
    class SlowEpisodes extends EpisodeStore {
      override async insert(...given: Parameters<EpisodeStore['insert']>) {
        await super.insert(...given);
        await waiting.until?.();
      }
    }
    const t = await twoMonitors(knex => new SlowEpisodes(knex));
    let left: Promise<boolean> | undefined;
    waiting.until = async () => {
      left = t.leave();
      await t.waitsOrIsDone(left);
    };
    await t.close('w1', 'drift');
    expect(await left).toBe(true);
    expect(await t.named()).toMatchObject({ openEpisodeId: undefined });
    expect(await t.openEpisodes()).toEqual([]);
  });

  it('closes a window and follows a version at the same time without a deadlock', async () => {
    const waiting: { until?: () => Promise<void> } = {};
    class SlowEpisodes extends EpisodeStore {
      override async close(...given: Parameters<EpisodeStore['close']>) {
        await super.close(...given);
        const { until } = waiting;
        waiting.until = undefined;
        await until?.();
      }
    }
    const t = await twoMonitors(knex => new SlowEpisodes(knex));
    await t.close('w1', 'drift');
    let left: Promise<boolean> | undefined;
    waiting.until = async () => {
      left = t.leave();
      await t.waitsOrIsDone(left);
    };
    await t.close('w2', 'ok');
    expect(await left).toBe(true);
    expect(await t.named()).toMatchObject({ version: undefined });
    expect(await t.openEpisodes()).toEqual([]);
  });

  it.each<[string, (store: MonitorStore, at: string) => Promise<unknown>]>([
    ['is made due', (store, at) => store.markDue('model:default/churn', at)],
    [
      'gets other settings',
      (store, at) =>
        store.save(
          {
            ...{ modelRef: 'model:default/churn', kind: 'volume' },
            monitorName: 'a',
          },
          { settings: {}, at },
        ),
    ],
    [
      'follows another version',
      (store, at) =>
        store.follow(
          {
            ...{ modelRef: 'model:default/churn', namespace: 'default' },
            ...{ name: 'churn', owner: diagnostics, version: 2 },
          },
          { at },
        ),
    ],
  ])(
    'drops the result of a look that began before the monitor %s',
    async (_change, change) => {
      const { knex, store } = await twoMonitors();
      const claimAt = async (now: string) => {
        const leases = await claimDue(knex, {
          ...{ table: 'monitors', limit: 2, leaseMs: 60_000 },
          now: new Date(now),
        });
        return leases.find(lease => lease.id.endsWith('volume/a'));
      };
      const before = await claimAt('2026-11-21T10:00:01.000Z');
      await change(store, '2026-11-21T10:00:02.000Z');
      if (!before) throw new Error('The monitor was not due');
      await commitWithLease(knex, {
        ...{ table: 'monitors', lease: before },
        patch: { next_reconcile_at: '2026-11-21T11:00:00.000Z' },
      });
      expect(await claimAt('2026-11-21T10:00:02.000Z')).toBeDefined();
    },
  );

  const tables = new Map<MonitorStore, Knex>();
  async function aStore() {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    const store = new MonitorStore({
      knex,
      windows: new WindowStore(knex),
      episodes: new EpisodeStore(knex),
    });
    const watch = (namespace: string, name: string, owner?: string) =>
      store.follow(
        { modelRef: `model:${namespace}/${name}`, namespace, name, owner },
        { at: '2026-11-21T10:00:00.000Z' },
      );
    await watch('default', 'churn', diagnostics);
    await watch('default', 'fraud', credit);
    await watch('retail', 'prices', credit);
    await watch('retail', 'unowned');
    tables.set(store, knex);
    return store;
  }
  const databaseOf = (store: MonitorStore): Knex.QueryBuilder => {
    const knex = tables.get(store);
    if (!knex) throw new Error('Not a store of this test');
    return knex('monitors');
  };
  const ownedBy = (owner: string): FactCriteria => ({
    fact: 'owner',
    values: [owner],
  });

  it.each<[string, FactCriteria | undefined, string[]]>([
    ['everything', undefined, ['churn', 'fraud', 'prices', 'unowned']],
    ['what a group owns', ownedBy(credit), ['fraud', 'prices']],
    [
      'what a group does not own, also where nobody does',
      { not: ownedBy(credit) },
      ['churn', 'unowned'],
    ],
    [
      'a namespace',
      { fact: 'namespace', values: ['retail'] },
      ['prices', 'unowned'],
    ],
    ['a model', { fact: 'model', values: ['model:default/churn'] }, ['churn']],
    [
      'both of two conditions',
      { allOf: [ownedBy(credit), { fact: 'namespace', values: ['retail'] }] },
      ['prices'],
    ],
    ['nothing by a fact it lacks', { fact: 'risk', values: ['high'] }, []],
  ])('lists and counts %s', async (_, criteria, names) => {
    const store = await aStore();
    const listed = await store.list({ limit: 10, criteria });
    expect(listed.map(({ name }) => name)).toEqual(names);
    const counted = Object.values(await store.count(criteria));
    expect(counted.reduce((sum, n) => sum + n, 0)).toBe(names.length);
    expect(await store.statuses(criteria)).toHaveLength(names.length);
  });

  const path = { modelRef: 'model:default/churn', kind: 'volume' };
  const save = (store: MonitorStore, monitorName: string) =>
    store.save(
      { ...path, monitorName },
      { settings: {}, at: '2026-11-21T11:00:00.000Z' },
    );

  it('keeps one monitor of a model, a kind and a name, and 20 of a model (W12)', async () => {
    const store = await aStore();
    const [first, again] = [await save(store, 'a'), await save(store, 'a')];
    expect(first.isNew).toBe(true);
    expect(again).toEqual({ ...first, isNew: false });
    for (let n = 2; n < 20; n++) await save(store, `a${n}`);
    await expect(save(store, 'z')).rejects.toThrow('has 20 monitors');
    expect(await store.list({ limit: 50 })).toHaveLength(4);
    expect(await store.list({ limit: 50, kinds: ['volume'] })).toHaveLength(19);
    expect(await store.count()).toEqual({ no_data: 4 });
  });

  it('has all monitors of a model follow its version, and refuses one of a model that nobody serves (W12)', async () => {
    const store = await aStore();
    const { monitor } = await save(store, 'a');
    const at = '2026-11-21T12:00:00.000Z';
    const endpoint = { ...monitor, modelRef: monitor.ref, version: 3 };
    expect(await store.follow(endpoint, { at })).toBe(true);
    expect(await store.follow(endpoint, { at })).toBe(false);
    expect(await store.get(monitor.id)).toMatchObject({ version: 3 });
    expect(await store.countWatching()).toBe(1);
    expect(await store.countWatching('volume')).toBe(1);
    const nothing = { ...path, modelRef: 'model:default/nothing' };
    await expect(
      store.save({ ...nothing, monitorName: 'a' }, { settings: {}, at }),
    ).rejects.toThrow('is not watched');
    await store.remove(monitor.id);
    expect(await store.get(monitor.id)).toBeUndefined();
  });

  it('reads monitors, windows and episodes of before as those of drift (W12)', async () => {
    const knex = await databases.init(databaseId);
    const directory = resolve(__dirname, '../../migrations');
    const migrations = () => knex.migrate.up({ directory });
    await migrations();
    await migrations();
    const ref = 'model:default/churn';
    const at = '2026-11-21T10:00:00.000Z';
    await knex('monitors').insert({
      id: ref,
      ...{ namespace: 'default', name: 'churn', version: 1, revision: 4 },
      ...{ status: 'drift', message: 'far', created_at: at },
      ...{ latest_window_id: 'w1', open_episode_id: 'e1' },
    });
    await knex('windows').insert({
      id: 'w1',
      ...{ model_ref: ref, version: 1, rows: 300, status: 'drift' },
      ...{ message: 'far', trigger: 'schedule', epsilon: 0.0001 },
      ...{ drifted_columns: '["a"]', columns: '[]', created_at: at },
    });
    await knex('episodes').insert({
      id: 'e1',
      ...{ model_ref: ref, version: 1, status: 'drift', columns: '["a"]' },
      ...{ since: at, window_id: 'w1' },
    });
    await knex.migrate.latest({ directory });
    const windows = new WindowStore(knex);
    const episodes = new EpisodeStore(knex);
    const store = new MonitorStore({ knex, windows, episodes });
    expect(await store.list({ limit: 10 })).toMatchObject([
      {
        id: ref,
        ref,
        kind: 'drift',
        monitorName: 'default',
        settings: {},
        openEpisodeId: 'e1',
      },
    ]);
    expect(await windows.list(ref, { limit: 10 })).toMatchObject([
      { id: 'w1', monitorRef: ref, monitorId: ref, kind: 'drift' },
    ]);
    expect(await windows.get('w1')).toMatchObject({ signals: [] });
    expect(await episodes.unannounced(ref)).toMatchObject([
      { id: 'e1', modelRef: ref, monitorId: ref, kind: 'drift' },
    ]);
    await knex.migrate.down({ directory });
    expect(await knex('windows').select('id')).toEqual([{ id: 'w1' }]);
  });

  it('refuses rows of an earlier release that still runs, and keeps the indices', async () => {
    const knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolve(__dirname, '../../migrations'),
    });
    const at = '2026-11-21T10:00:00.000Z';
    const monitor = {
      id: 'model:default/churn',
      namespace: 'default',
      name: 'churn',
      status: 'no_data',
      message: '',
      created_at: at,
    };
    await expect(knex('monitors').insert(monitor)).rejects.toThrow(/model_ref/);
    const ofModel = { model_ref: monitor.id, version: 1, columns: '[]' };
    const window = {
      ...ofModel,
      id: 'w1',
      rows: 0,
      status: 'ok',
      message: '',
      trigger: 'schedule',
      drifted_columns: '[]',
      epsilon: 0,
      created_at: at,
    };
    await expect(knex('windows').insert(window)).rejects.toThrow(/monitor_id/);
    const episode = {
      ...ofModel,
      id: 'e1',
      status: 'drift',
      since: at,
      window_id: 'w1',
    };
    await expect(knex('episodes').insert(episode)).rejects.toThrow(
      /monitor_id/,
    );
    for (const [table, columns] of [
      ['monitors', ['model_ref']],
      ['monitors', ['next_reconcile_at']],
      ['windows', ['monitor_id', 'created_at']],
      ['windows', ['model_ref', 'created_at']],
      ['episodes', ['monitor_id']],
      ['episodes', ['model_ref']],
    ] as const) {
      // It throws where there is no such index.
      await knex.schema.alterTable(table, change =>
        change.dropIndex([...columns]),
      );
    }
    const named = { ...monitor, model_ref: monitor.id };
    await knex('monitors').insert(named);
    await expect(
      knex('monitors').insert({ ...named, id: 'another' }),
    ).rejects.toThrow(/unique/i);
  });

  it('leaves out a row without a ref of an earlier release, and the next look completes it', async () => {
    const store = await aStore();
    const ref = 'model:default/churn';
    await databaseOf(store)
      .where({ id: ref })
      .update({ model_ref: '', version: 1 });
    const names = async () =>
      (await store.list({ limit: 10 })).map(({ name }) => name);
    expect(await names()).toEqual(['fraud', 'prices', 'unowned']);
    expect(await store.count()).toEqual({ no_data: 3 });
    expect(await store.statuses()).toHaveLength(3);
    expect(await store.getMany([ref])).toEqual(new Map());
    expect(await store.get(ref)).toMatchObject({ id: ref, ref });
    const churn = { modelRef: ref, namespace: 'default', name: 'churn' };
    await store.follow(
      { ...churn, owner: diagnostics, version: 1 },
      { at: '2026-11-21T12:00:00.000Z' },
    );
    expect(await names()).toContain('churn');
    expect(await store.getMany([ref])).toHaveProperty('size', 1);
  });

  it('narrows every page, and keeps the order', async () => {
    const store = await aStore();
    const criteria = ownedBy(credit);
    const [first] = await store.list({ limit: 1, criteria });
    expect(first.name).toBe('fraud');
    const rest = await store.list({
      limit: 10,
      criteria,
      after: { severity: 3, ref: first.ref },
    });
    expect(rest.map(({ name }) => name)).toEqual(['prices']);
  });
});
