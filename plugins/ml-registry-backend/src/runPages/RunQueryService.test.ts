import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { insertRun, asked } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
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

  it('leaves out the runs of a deleted experiment, unless it is asked for (R2)', async () => {
    const knex = await databases.init(id);
    const { runs, runPages } = await aRegistry(knex);
    await insertRun(knex, { id: 'here', at: 1 });
    await insertRun(knex, { id: 'gone', at: 2 });
    await knex('experiments').insert({
      experiment_id: 7,
      name: 'gone',
      artifact_location: 'mlflow-artifacts:/7',
      lifecycle_stage: 'deleted',
      creation_time: 1,
      last_update_time: 1,
    });
    await knex('runs').where({ run_id: 'gone' }).update({ experiment_id: 7 });
    const found = async (request: object) =>
      (await runs.search({ limit: 10, ...request }, as('ann'))).items.map(
        ({ runId, experimentName }) => [runId, experimentName],
      );
    expect(await found({})).toEqual([['here', 'Default']]);
    expect(await found({ experimentId: '7' })).toEqual([['gone', '7']]);
    const page = await runPages.table.page(asked, as('ann'));
    expect(page).toMatchObject({
      runIds: ['here'],
      experimentNames: { '0': 'Default' },
      total: 1,
    });
    expect(
      await runPages.table.page({ ...asked, experimentId: ['7'] }, as('ann')),
    ).toMatchObject({ experimentIds: ['7'], experimentNames: {} });
  });

  it('answers a path that names a file of a run with that file alone', async () => {
    const knex = await databases.init(id);
    const { runs, artifacts } = await aRegistry(knex);
    await insertRun(knex, { id: 'r1', at: 1 });
    const root = '0/r1/artifacts';
    artifacts.files.set(`${root}/plots/roc.png`, 'roc');
    artifacts.files.set(`${root}/plots/pr.png`, 'pr');
    const at = async (path: string, cursor?: string) =>
      (await runs.listArtifacts({ runId: 'r1', path, cursor }, as('ann')))
        .items;
    const roc = { path: 'plots/roc.png', isDir: false, size: 3 };
    expect(await at('plots/roc.png')).toEqual([roc]);
    expect(await at('plots')).toEqual([
      { path: 'plots/pr.png', isDir: false, size: 2 },
      roc,
    ]);
    expect(await at('plots/none.png')).toEqual([]);
    const cursor = Buffer.from(`${root}/plots/roc.png`).toString('base64url');
    expect(await at('plots/roc.png', cursor)).toEqual([]);
  });
});
