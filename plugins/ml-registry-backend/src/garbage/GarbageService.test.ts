import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { mockServices, TestDatabases } from '@backstage/backend-test-utils';
import { TokenScopes } from '@downstage/common';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import { Authorizer } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type {
  ArtifactHolder,
  ArtifactStore,
} from '@downstage/plugin-ml-registry-node';
import { people, caller } from '../__testUtils__/people';
import { readsForTest } from '../__testUtils__/readsForTest';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { FolderArtifactStore } from '../artifacts/FolderArtifactStore';
import { createGarbageServices } from './create';
import { createTrackingServices } from '../createTrackingServices';
import { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import { ModelStore } from '../versions/stores/ModelStore';
import { LedgerStore } from '../ledger/LedgerStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const day = 24 * 3_600_000;
const ann = caller('ann');
const dora = { caller: caller('dora') };

describe.each(databases.eachSupportedId())('garbage, %p', id => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'garbage-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  async function start() {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    let now = Date.UTC(2026, 2, 1);
    let ids = 0;
    const store = await FolderArtifactStore.open(folder);
    const createEvent = jest.fn(async () => ({
      success: async () => {},
      fail: async () => {},
    }));
    const authorizer = new Authorizer({
      tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
      permissions: mockServices.permissions(),
      userInfo: people,
      administrators: ['group:default/platform'],
    });
    const tracking = createTrackingServices({
      knex,
      ledger: new LedgerStore(knex),
      authorizer,
      auditor: mockServices.auditor.mock(),
      modelReads: readsForTest(authorizer),
      artifactStore: store,
      entityOwner: async () => undefined,
      onVersionCreated: async () => {},
      stagePolicy: { transition: async () => ({ outcome: 'applied' }) },
      clock: () => new Date(now),
    });
    const holders: ArtifactHolder[] = [];
    const onDue = jest.fn();
    const services = (artifactStore: ArtifactStore = store) =>
      createGarbageServices({
        knex,
        authorizer,
        artifactStore,
        artifactRows: new ArtifactRowStore(knex),
        models: new ModelStore(knex),
        holders,
        onDue,
        auditor: mockServices.auditor.mock({ createEvent }),
        logger: mockServices.logger.mock(),
        retentionMs: 30 * day,
        clock: () => new Date(now),
        newId: () => `look-${++ids}`,
      });
    const { garbage, garbageDeletion } = services();
    const put = (path: string, content = 'content') =>
      tracking.artifacts.upload(
        { path, content: Readable.from([Buffer.from(content)]) },
        {
          caller: ann,
        },
      );
    const aRun = async (experimentId = '0') => {
      const run = await tracking.runs.create(
        { experimentId, tags: [] },
        { caller: ann },
      );
      await tracking.log.log(
        {
          runId: run.runId,
          metrics: [{ key: 'auc', value: 1, timestamp: 1, step: 0 }],
          params: [{ key: 'depth', value: '3' }],
          tags: [],
        },
        { caller: ann },
      );
      await put(`${experimentId}/${run.runId}/artifacts/model/MLmodel`);
      await put(`${experimentId}/${run.runId}/artifacts/ü.txt`, 'x');
      return run.runId;
    };
    const deleteRun = (runId: string) =>
      tracking.runs.setLifecycle({ runId, stage: 'deleted' }, { caller: ann });
    const aVersion = async (runId: string, name = 'churn') => {
      await tracking.registration
        .createModel({ name, tags: {} }, { caller: ann })
        .catch(() => {});
      await tracking.registration.createVersion(
        {
          name,
          source: `runs:/${runId}/model`,
          runId,
          tags: {},
        },
        { caller: ann },
      );
    };
    const collect = async (steps = garbageDeletion) => {
      const shown = await garbage.preview({}, dora);
      await garbage.collect(shown.id, dora);
      while ((await steps.step(shown.id)).next_reconcile_at);
      await knex('garbage_collections')
        .where('id', shown.id)
        .update({ state: 'done' });
      return garbage.get(shown.id, dora);
    };
    const rowsOf = async (runId: string) =>
      Promise.all(
        ['runs', 'metrics', 'latest_metrics', 'params', 'run_tags'].map(
          async table =>
            Number(
              (await knex(table).where('run_id', runId).count('* as n'))[0].n,
            ),
        ),
      );
    return {
      ...tracking,
      garbage,
      garbageDeletion,
      services,
      knex,
      store,
      holders,
      createEvent,
      onDue,
      put,
      aRun,
      deleteRun,
      aVersion,
      collect,
      rowsOf,
      passes: (ms: number) => {
        now += ms;
      },
    };
  }

  it('shows what would go without touching it, and then deletes rows and files of just that', async () => {
    const t = await start();
    const [old, young, alive] = [
      await t.aRun(),
      await t.aRun(),
      await t.aRun(),
    ];
    await t.deleteRun(old);
    t.passes(20 * day);
    await t.deleteRun(young);
    t.passes(11 * day);

    const shown = await t.garbage.preview({}, dora);
    expect(shown).toMatchObject({
      state: 'shown',
      createdBy: 'user:default/dora',
      itemCount: 1,
      files: 2,
      bytes: 8,
      keptCount: 0,
      experiments: [{ experimentId: '0', name: 'Default', items: 1, bytes: 8 }],
      items: [{ kind: 'run', ref: old, state: 'shown', files: 2, bytes: 8 }],
    });
    expect((await t.rowsOf(old))[0]).toBe(1);
    expect(await readdir(join(folder, '0'))).toHaveLength(3);

    // Deleted long enough ago by now, and not in what was shown.
    t.passes(day / 2);
    await t.garbage.collect(shown.id, dora);
    expect(t.onDue).toHaveBeenCalled();
    expect(
      (await t.garbageDeletion.step(shown.id)).next_reconcile_at,
    ).not.toBeNull();
    expect(await t.garbageDeletion.step(shown.id)).toMatchObject({
      state: 'done',
    });
    expect(await t.rowsOf(old)).toEqual([0, 0, 0, 0, 0]);
    expect((await readdir(join(folder, '0'))).sort()).toEqual(
      [young, alive].sort(),
    );
    expect(await t.knex('artifacts')).toHaveLength(4);
    expect(await t.garbage.get(shown.id, dora)).toMatchObject({
      collectedBy: 'user:default/dora',
      deleted: 1,
      deletedBytes: 8,
      failed: 0,
    });
    expect(t.createEvent.mock.calls).toMatchObject([
      [{ eventId: 'garbage-preview' }],
      [{ eventId: 'garbage-collect', severityLevel: 'high' }],
    ]);
  });

  it('keeps what a version uses, and says which', async () => {
    const t = await start();
    const runId = await t.aRun();
    await t.aVersion(runId);
    await t.registration.setAlias(
      {
        name: 'churn',
        alias: 'blue',
        version: 1,
      },
      { caller: ann },
    );
    await t.deleteRun(runId);
    t.passes(31 * day);
    const done = await t.collect();
    expect(done).toMatchObject({
      itemCount: 0,
      kept: [
        {
          kind: 'run',
          ref: runId,
          reason: 'default/churn@1 uses it (blue)',
        },
      ],
    });
    expect((await t.rowsOf(runId))[0]).toBe(1);
  });

  it('keeps what an endpoint serves although the version is deleted, and deletes nothing while it cannot be asked', async () => {
    const t = await start();
    const runId = await t.aRun();
    await t.aVersion(runId);
    await t.registration.deleteVersion(
      { name: 'churn', version: 1 },
      { caller: ann },
    );
    await t.deleteRun(runId);
    t.passes(31 * day);
    let answer: () => Promise<
      { model: string; version: number; reason: string }[]
    > = async () => {
      throw new Error('ml-serving does not answer');
    };
    t.holders.push({ name: 'serving', heldVersions: () => answer() });
    await expect(t.garbage.preview({}, dora)).rejects.toThrow(
      /does not answer/,
    );
    answer = async () => [
      {
        model: 'default/churn',
        version: 1,
        reason: 'endpoint default/churn serves it',
      },
    ];
    expect((await t.garbage.preview({}, dora)).kept).toMatchObject([
      {
        ref: runId,
        reason: 'default/churn@1: endpoint default/churn serves it',
      },
    ]);
    answer = async () => [];
    const shown = await t.garbage.preview({}, dora);
    expect(shown.itemCount).toBe(1);
    await t.garbage.collect(shown.id, dora);
    answer = async () => {
      throw new Error('ml-serving does not answer');
    };
    await expect(t.garbageDeletion.step(shown.id)).rejects.toThrow();
    expect((await t.rowsOf(runId))[0]).toBe(1);
  });

  it('keeps what an endpoint of a namespace serves, and takes no model of default for it', async () => {
    const t = await start();
    const [ofCredit, ofDefault] = [await t.aRun(), await t.aRun()];
    await t.aVersion(ofCredit, 'credit/churn');
    await t.aVersion(ofDefault, 'churn');
    for (const [name, runId] of [
      ['credit/churn', ofCredit],
      ['churn', ofDefault],
    ]) {
      await t.registration.deleteVersion({ name, version: 1 }, { caller: ann });
      await t.deleteRun(runId);
    }
    t.passes(31 * day);
    t.holders.push({
      name: 'serving',
      heldVersions: async () => [
        {
          model: 'credit/churn',
          version: 1,
          reason: 'endpoint credit/churn serves it',
        },
      ],
    });
    const shown = await t.garbage.preview({}, dora);
    expect(shown.itemCount).toBe(1);
    expect(shown.kept).toMatchObject([
      {
        ref: ofCredit,
        reason: 'credit/churn@1: endpoint credit/churn serves it',
      },
    ]);
  });

  it('keeps what was restored or registered after it was shown', async () => {
    const t = await start();
    const [restored, registered] = [await t.aRun(), await t.aRun()];
    await t.deleteRun(restored);
    await t.deleteRun(registered);
    t.passes(31 * day);
    const shown = await t.garbage.preview({}, dora);
    expect(shown.itemCount).toBe(2);
    await t.runs.setLifecycle(
      { runId: restored, stage: 'active' },
      { caller: ann },
    );
    await t.aVersion(registered);
    await t.garbage.collect(shown.id, dora);
    while ((await t.garbageDeletion.step(shown.id)).next_reconcile_at);
    const { items } = await t.garbage.get(shown.id, dora);
    expect(
      Object.fromEntries(
        items.map(({ ref, state, reason }) => [ref, [state, reason]]),
      ),
    ).toEqual({
      [restored]: ['kept', 'It was restored, or is needed again'],
      [registered]: ['kept', 'default/churn@1 uses it'],
    });
    expect(await readdir(join(folder, '0'))).toHaveLength(2);
  });

  it('goes on after it died between the rows and the files', async () => {
    const t = await start();
    const runId = await t.aRun();
    await t.deleteRun(runId);
    t.passes(31 * day);
    const shown = await t.garbage.preview({}, dora);
    await t.garbage.collect(shown.id, dora);
    // A process that dies writes nothing more: the item stays where it was.
    await t.knex('runs').where('run_id', runId).delete();
    await t
      .knex('garbage_items')
      .where('ref', runId)
      .update({ state: 'rows-deleted' });
    await t.garbageDeletion.step(shown.id);
    expect(await readdir(join(folder, '0'))).toEqual([]);
    expect(await t.garbage.get(shown.id, dora)).toMatchObject({ deleted: 1 });
  });

  it('says what failed, and finds it again as files that belong to nothing', async () => {
    const t = await start();
    const runId = await t.aRun();
    await t.deleteRun(runId);
    t.passes(31 * day);
    const broken = t.services(
      Object.assign(Object.create(t.store), {
        delete: async () => {
          throw new Error('disk on fire');
        },
      }),
    );
    const failed = await t.collect(broken.garbageDeletion);
    expect(failed.items).toMatchObject([
      { state: 'failed', reason: 'disk on fire' },
    ]);
    const again = await t.collect();
    expect(again.items).toMatchObject([
      { kind: 'orphan', ref: `0/${runId}`, state: 'deleted', bytes: 8 },
    ]);
    expect(await readdir(join(folder, '0'))).toEqual([]);
    expect(await t.knex('artifacts')).toEqual([]);
  });

  it('deletes an experiment with all that is in it, once nothing stays', async () => {
    const t = await start();
    const [gone, held] = [
      await t.experiments.create({ name: 'gone', tags: {} }, { caller: ann }),
      await t.experiments.create({ name: 'held', tags: {} }, { caller: ann }),
    ];
    await t.aRun(gone);
    const model = await t.loggedModels.create(
      {
        experimentId: gone,
        params: [],
        tags: [],
      },
      { caller: ann },
    );
    await t.put(`${gone}/models/${model.modelId}/artifacts/MLmodel`);
    const needed = await t.aRun(held);
    await t.aVersion(needed);
    for (const experimentId of [gone, held]) {
      await t
        .knex('experiments')
        .where('experiment_id', Number(experimentId))
        .update({ lifecycle_stage: 'deleted', last_update_time: 1 });
      await t
        .knex('runs')
        .where('experiment_id', Number(experimentId))
        .update({ lifecycle_stage: 'deleted', deleted_time: 1 });
    }
    const done = await t.collect();
    expect(done).toMatchObject({ deleted: 3, failed: 0, keptAfterAll: 0 });
    expect(done.kept.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['run', 'default/churn@1 uses it'],
      ['experiment', '1 of its 1 runs and logged models stay'],
    ]);
    expect(
      (await t.knex('experiments')).map(({ name }) => name).sort(),
    ).toEqual(['Default', 'held']);
    expect(await t.knex('logged_models')).toEqual([]);
    expect(await readdir(join(folder, gone, 'models'))).toEqual([]);
  });

  it('keeps the traces of an experiment that stays because one of its runs is needed again', async () => {
    const t = await start();
    const experimentId = await t.experiments.create(
      {
        name: 'held',
        tags: {},
      },
      { caller: ann },
    );
    const runId = await t.aRun(experimentId);
    await t.traces.start(
      {
        traceId: 'tr-1',
        experimentId,
        requestTime: 1,
        state: 'OK',
        tags: {},
        metadata: {},
      },
      { caller: ann },
    );
    const where = { experiment_id: Number(experimentId) };
    await t
      .knex('experiments')
      .where(where)
      .update({ lifecycle_stage: 'deleted', last_update_time: 1 });
    await t
      .knex('runs')
      .where(where)
      .update({ lifecycle_stage: 'deleted', deleted_time: 1 });
    const shown = await t.garbage.preview({}, dora);
    expect(shown.itemCount).toBe(2);
    await t.knex('runs').update({ lifecycle_stage: 'active' });
    await t.aVersion(runId);

    await t.garbage.collect(shown.id, dora);
    while ((await t.garbageDeletion.step(shown.id)).next_reconcile_at);
    expect(await t.garbage.get(shown.id, dora)).toMatchObject({
      keptAfterAll: 2,
    });
    expect(await t.knex('experiments')).toHaveLength(2);
    expect(await t.knex('traces').pluck('trace_id')).toEqual(['tr-1']);
  });

  it('touches nothing that only looks like an orphan', async () => {
    const t = await start();
    const runId = await t.aRun();
    for (const path of [
      '0/traces/tr-1/artifacts/x',
      'somewhere/else',
      '0/not-a-run/x',
    ]) {
      await t.store.put(path, Readable.from([Buffer.from('x')]));
    }
    expect(await t.garbage.preview({}, dora)).toMatchObject({
      itemCount: 0,
      keptCount: 0,
    });
    expect((await t.rowsOf(runId))[0]).toBe(1);
  });

  it('is for administrators, once per look, and for a day', async () => {
    const t = await start();
    for (const attempt of [
      t.garbage.preview({}, { caller: ann }),
      t.garbage.list({}, { caller: ann }),
      t.garbage.get('x', { caller: ann }),
      t.garbage.collect('x', { caller: ann }),
    ]) {
      await expect(attempt).rejects.toMatchObject({ name: 'NotAllowedError' });
    }
    const shown = await t.garbage.preview({}, dora);
    await t.garbage.collect(shown.id, dora);
    await expect(t.garbage.collect(shown.id, dora)).rejects.toThrow(
      /collected already by user:default\/dora/,
    );
    const old = await t.garbage.preview({}, dora);
    t.passes(day + 1);
    await expect(t.garbage.collect(old.id, dora)).rejects.toThrow(
      /more than a day old/,
    );
    await expect(t.garbage.get('nothing', dora)).rejects.toMatchObject({
      name: 'NotFoundError',
    });
    expect((await t.garbage.list({}, dora)).items).toHaveLength(2);
  });
});
