import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { caller } from '../__testUtils__/people';
import { aRegistry, as } from '../__testUtils__/registryFixture';
import { aRegistryWithFiles } from '../__testUtils__/aRegistryWithFiles';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('about versions, %p', id => {
  const start = async (options?: Parameters<typeof aRegistry>[1]) =>
    aRegistryWithFiles(await databases.init(id), options);

  it('writes one entry for every change of a model, and keeps them when the model is gone', async () => {
    const { records, tracking } = await start({ entity: false });
    const { registration } = tracking;
    const ann = caller('ann');
    const name = 'churn';
    await registration.createModel({ name, tags: {} }, { caller: ann });
    await registration.updateModel(
      { name, description: 'Leavers' },
      { caller: ann },
    );
    await registration.setModelTag(
      { name, key: 'team', value: 'a' },
      { caller: ann },
    );
    await registration.deleteModelTag({ name, key: 'team' }, { caller: ann });
    await registration.renameModel(
      { name, newName: 'leavers' },
      { caller: ann },
    );
    await registration.deleteModel('leavers', { caller: ann });

    const { items } = await records.ledgers.list(
      { model: 'model:default/leavers', limit: 50 },
      as('ann'),
    );
    expect(items.map(({ action, name: then }) => [then, action])).toEqual([
      ['leavers', 'deleted'],
      ['leavers', 'renamed'],
      ['churn', 'untagged'],
      ['churn', 'tagged'],
      ['churn', 'described'],
      ['churn', 'registered'],
    ]);
    const page = await records.ledgers.list(
      { model: 'leavers', limit: 2 },
      as('ann'),
    );
    expect(
      (
        await records.ledgers.list(
          { model: 'leavers', limit: 2, cursor: page.nextCursor },
          as('ann'),
        )
      ).items.map(({ action }) => action),
    ).toEqual(['untagged', 'tagged']);
    const text: string[] = [];
    for await (const part of await records.ledgers.export(
      { model: 'leavers', format: 'json' },
      as('ann'),
    ))
      text.push(part);
    expect(JSON.parse(text.join(''))).toHaveLength(6);
  });
});
