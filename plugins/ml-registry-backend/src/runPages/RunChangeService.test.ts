import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import { insertRun, asked, theRunPages } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  const start = async () => theRunPages(await databases.init(id));

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
});
