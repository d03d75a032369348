import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import { insertRun, asked, theRunPages } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  const start = async () => theRunPages(await databases.init(id));

  it('goes on from runs with a metric to those without it, page after page', async () => {
    const { knex, table } = await start();
    for (let at = 0; at < 5; at++) {
      const metrics = at < 3 ? { auc: 0.5 } : undefined;
      await insertRun(knex, { id: `r${at}`, at, metrics });
    }
    const seen: string[][] = [];
    let cursor: string | undefined;
    do {
      const page = await table.page(
        { ...asked, sort: 'metrics.auc', limit: 2, cursor },
        as('ann'),
      );
      seen.push(page.runIds);
      cursor = page.nextCursor;
    } while (cursor);
    expect(seen).toEqual([['r2', 'r1'], ['r0', 'r4'], ['r3']]);
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
    await insertRun(knex, {
      id: 'c',
      at: 3,
      metrics: { recall: 0.7 },
      tags: { 'downstage.model': 'model:default/churn' },
    });
    expect(
      await table.fields(
        { experimentId: [], model: 'model:default/churn' },
        as('ann'),
      ),
    ).toEqual({ metrics: ['recall'], params: [], tags: ['downstage.model'] });
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
    expect(await table.models({ runId: 'a' }, as('ann'))).toEqual({
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
    await expect(
      table.models({ runId: 'gone' }, as('ann')),
    ).rejects.toMatchObject({
      name: 'NotFoundError',
    });
  });
});
