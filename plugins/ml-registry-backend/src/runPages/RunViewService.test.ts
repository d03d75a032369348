import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { as } from '../__testUtils__/registryFixture';
import { theRunPages } from '../__testUtils__/theRunPages';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('run pages, %p', id => {
  const start = async () => theRunPages(await databases.init(id));

  it('keeps views by name for all; only who saved one replaces or deletes it', async () => {
    const { views } = await start();
    const scope = { scope: 'experiment:0' };
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
    expect((await views.list(scope, as('cleo'))).items).toMatchObject([
      { name: 'Best', state: 'sort=b', createdBy: 'user:default/ann' },
    ]);
    await views.delete(saved.id, as('ann'));
    expect(await views.list(scope, as('cleo'))).toEqual({ items: [] });
  });
});
