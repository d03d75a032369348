import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { Knex } from 'knex';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { MetricSeriesStore } from '../stores/MetricSeriesStore';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

/** A run with what was logged into it. */
async function insertRun(
  knex: Knex,
  run: {
    id: string;
    at: number;
    name?: string;
    params?: Record<string, string>;
    metrics?: Record<string, number>;
    tags?: Record<string, string>;
    owner?: string;
  },
) {
  const run_id = run.id;
  await knex('runs').insert({
    run_id,
    experiment_id: 0,
    name: run.name ?? run.id,
    status: 'FINISHED',
    user_id: 'user:default/ann',
    start_time: run.at,
    end_time: run.at + 10,
    artifact_uri: `mlflow-artifacts:/0/${run_id}/artifacts`,
    owner: run.owner ?? 'group:default/diagnostics',
  });
  for (const [key, value] of Object.entries(run.params ?? {})) {
    await knex('params').insert({ run_id, key, value });
  }
  for (const [key, value] of Object.entries(run.tags ?? {})) {
    await knex('run_tags').insert({ run_id, key, value });
  }
  for (const [key, value] of Object.entries(run.metrics ?? {})) {
    const is_nan = Number.isNaN(value);
    await knex('latest_metrics').insert({
      run_id,
      key,
      value: is_nan ? 0 : value,
      is_nan,
      timestamp: run.at,
      step: 0,
    });
  }
}

const asked = {
  experimentId: [],
  runId: [],
  deleted: false,
  column: [],
  sort: 'started',
  direction: 'desc' as const,
  limit: 1000,
};

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  async function start() {
    const knex = await databases.init(id);
    const registry = await aRegistry(knex);
    return { knex, ...registry.runPages };
  }

  it('says which metrics of a run ended in NaN or infinity', async () => {
    const knex = await databases.init(id);
    const { runs } = await aRegistry(knex);
    await insertRun(knex, {
      id: 'diverged',
      at: 1,
      metrics: { auc: 0.8, loss: NaN, norm: Number.MAX_VALUE },
    });
    await insertRun(knex, { id: 'plain', at: 2, metrics: { auc: 0.8 } });
    expect(await runs.get('diverged', as('ann'))).toMatchObject({
      metrics: { auc: 0.8 },
      notFinite: { loss: 'NaN', norm: 'Infinity' },
    });
    expect(await runs.get('plain', as('ann'))).not.toHaveProperty('notFinite');
  });

  it('answers pages of columns in the order asked for, absent values last', async () => {
    const { knex, table } = await start();
    await insertRun(knex, {
      id: 'a',
      at: 1,
      params: { lr: '0.1', kind: 'tree' },
      metrics: { auc: 0.8, loss: NaN },
      tags: { 'mlflow.parentRunId': 'b' },
    });
    await insertRun(knex, { id: 'b', at: 2, params: { lr: '1e-3' } });
    await insertRun(knex, { id: 'c', at: 3, metrics: { auc: 0.9 } });
    await insertRun(knex, { id: 'd', at: 4, params: { lr: 'auto' } });
    const order = async (sort: string, direction: 'asc' | 'desc') =>
      (await table.page({ ...asked, sort, direction }, as('ann'))).runIds;

    expect(await order('started', 'desc')).toEqual(['d', 'c', 'b', 'a']);
    expect(await order('metrics.auc', 'desc')).toEqual(['c', 'a', 'd', 'b']);
    expect(await order('params.lr', 'asc')).toEqual(['b', 'a', 'd', 'c']);
    expect(await order('params.lr', 'desc')).toEqual(['a', 'b', 'd', 'c']);
    expect(await order('name', 'asc')).toEqual(['a', 'b', 'c', 'd']);

    const column = ['metrics.auc', 'metrics.loss', 'params.lr'];
    const first = await table.page({ ...asked, column, limit: 3 }, as('ann'));
    expect(first).toMatchObject({
      runIds: ['d', 'c', 'b'],
      startTimes: [4, 3, 2],
      endTimes: [14, 13, 12],
      total: 4,
      columns: {
        'metrics.auc': [null, 0.9, null],
        'params.lr': ['auto', null, '1e-3'],
      },
    });
    const second = await table.page(
      { ...asked, column, limit: 3, cursor: first.nextCursor },
      as('ann'),
    );
    expect(second).toMatchObject({
      runIds: ['a'],
      parentRunIds: ['b'],
      columns: { 'metrics.loss': [null] },
    });
    expect(second.total).toBeUndefined();
    expect(second.nextCursor).toBeUndefined();
  });

  it('narrows by filter, by run and by start, and says which names there are', async () => {
    const { knex, table } = await start();
    await insertRun(knex, { id: 'a', at: 1, metrics: { auc: 0.8 } });
    await insertRun(knex, {
      id: 'b',
      at: 2,
      metrics: { auc: 0.9 },
      tags: { team: 'x' },
    });
    const ids = async (change: object) =>
      (await table.page({ ...asked, ...change }, as('ann'))).runIds;
    expect(await ids({ filter: 'metrics.auc > 0.85' })).toEqual(['b']);
    expect(await ids({ runId: ['a'] })).toEqual(['a']);
    expect(await ids({ startedAfter: 1 })).toEqual(['b']);
    expect(await ids({ experimentId: ['77'] })).toEqual([]);
    await expect(ids({ filter: 'metrics.auc >' })).rejects.toThrow(
      expect.objectContaining({ name: 'InputError' }),
    );
    expect(await table.fields({ experimentId: [] }, as('ann'))).toEqual({
      metrics: ['auc'],
      params: [],
      tags: ['team'],
    });
  });

  it('makes long curves coarse and keeps their peaks, whole and in a window', async () => {
    const { knex, series } = await start();
    await insertRun(knex, { id: 'a', at: 1000 });
    const rows = Array.from({ length: 25_000 }, (_, step) => ({
      run_id: 'a',
      key: 'loss',
      timestamp: 1000 + step * 10,
      step,
      value: step === 12_345 ? 99 : Math.sin(step / 50),
      is_nan: step === 7,
    }));
    for (let at = 0; at < rows.length; at += 150) {
      await knex('metrics').insert(rows.slice(at, at + 150));
    }
    const read = async (change: object = {}) =>
      (
        await series.read(
          {
            runId: ['a'],
            key: ['loss', 'nothing'],
            axis: 'step' as const,
            points: 300,
            ...change,
          },
          as('ann'),
        )
      ).series;
    const [whole, ...others] = await read();
    expect(others).toEqual([]);
    expect(whole).toMatchObject({ total: 25_000, notNumbers: 1 });
    expect(whole.x.length).toBeLessThanOrEqual(300);
    expect(whole.values[whole.x.indexOf(12_345)]).toBe(99);
    expect([whole.x[0], whole.x.at(-1)]).toEqual([0, 24_999]);

    const [window] = await read({ from: 100, to: 199 });
    expect(window.x).toEqual(Array.from({ length: 100 }, (_, i) => i + 100));
    const [relative] = await read({ axis: 'relative', from: 50, to: 60 });
    expect(relative.x).toEqual([50, 60]);
    await expect(
      read({ key: Array.from({ length: 501 }, (_, i) => `k${i}`) }),
    ).rejects.toThrow(/at most 500 curves/);
  });

  it('hands histories out in chunks that meet exactly', async () => {
    const { knex } = await start();
    await insertRun(knex, { id: 'a', at: 1 });
    const rows = Array.from({ length: 20_001 }, (_, step) => ({
      run_id: 'a',
      key: 'loss',
      timestamp: Math.floor(step / 3),
      step,
      value: 1,
      is_nan: false,
    }));
    for (let at = 0; at < rows.length; at += 150) {
      await knex('metrics').insert(rows.slice(at, at + 150));
    }
    const lengths: number[] = [];
    const steps = new Set<number>();
    const store = new MetricSeriesStore(knex);
    for await (const chunk of store.points({ runId: 'a', key: 'loss' })) {
      lengths.push(chunk.length);
      for (const { step } of chunk) steps.add(step);
    }
    expect(lengths).toEqual([10_000, 10_000, 1]);
    expect(steps.size).toBe(20_001);
  });

  it('deletes and restores runs of the own group, all or none, and keeps names and notes', async () => {
    const { knex, changes, table } = await start();
    await insertRun(knex, { id: 'a', at: 1 });
    await insertRun(knex, { id: 'b', at: 2, owner: 'group:default/credit' });
    await expect(
      changes.setLifecycle({ runIds: ['a', 'b'], stage: 'deleted' }, as('ann')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
    expect((await table.page(asked, as('ann'))).runIds).toEqual(['b', 'a']);

    await changes.setLifecycle({ runIds: ['a'], stage: 'deleted' }, as('ann'));
    expect((await table.page(asked, as('ann'))).runIds).toEqual(['b']);
    expect(
      await table.page({ ...asked, deleted: true }, as('ann')),
    ).toMatchObject({ runIds: ['a'], deleted: [true] });
    await changes.setLifecycle({ runIds: ['a'], stage: 'active' }, as('ann'));

    const run = await changes.update(
      { runId: 'a', name: 'better', note: '# Why' },
      as('ann'),
    );
    expect(run).toMatchObject({
      name: 'better',
      tags: { 'mlflow.note.content': '# Why' },
    });
    await expect(
      changes.update({ runId: 'b', note: 'mine' }, as('ann')),
    ).rejects.toMatchObject({ name: 'NotAllowedError' });
  });

  it('keeps views by name for all; only who saved one replaces or deletes it', async () => {
    const { views } = await start();
    const view = { scope: 'experiment:0', name: 'Best', state: 'sort=a' };
    const saved = await views.save(view, as('ann'));
    const again = await views.save({ ...view, state: 'sort=b' }, as('ann'));
    expect(again).toMatchObject({ id: saved.id, state: 'sort=b' });
    await expect(views.save(view, as('ben'))).rejects.toMatchObject({
      name: 'ConflictError',
    });
    await expect(views.delete(saved.id, as('ben'))).rejects.toMatchObject({
      name: 'NotAllowedError',
    });
    expect((await views.list('experiment:0', as('cleo'))).items).toMatchObject([
      { name: 'Best', state: 'sort=b', createdBy: 'user:default/ann' },
    ]);
    await views.delete(saved.id, as('ann'));
    expect(await views.list('experiment:0', as('cleo'))).toEqual({ items: [] });
  });

  it('lists the models a run logged with the versions made of them', async () => {
    const { knex, table } = await start();
    await insertRun(knex, { id: 'a', at: 1 });
    await knex('logged_models').insert({
      model_id: 'm-1',
      experiment_id: 0,
      name: 'model',
      artifact_location: 'mlflow-artifacts:/0/models/m-1/artifacts',
      creation_time: 5,
      last_updated_time: 5,
      status: 'LOGGED_MODEL_READY',
    });
    await knex('run_models').insert({
      run_id: 'a',
      model_id: 'm-1',
      direction: 'output',
      step: 3,
    });
    expect(await table.models('a', as('ann'))).toEqual({
      items: [
        {
          modelId: 'm-1',
          name: 'model',
          direction: 'output',
          status: 'LOGGED_MODEL_READY',
          step: 3,
          createdAt: '1970-01-01T00:00:00.005Z',
          versions: [],
        },
      ],
    });
    await expect(table.models('gone', as('ann'))).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });
});
