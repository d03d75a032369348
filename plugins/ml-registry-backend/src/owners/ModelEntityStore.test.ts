import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { ModelEntityStore, type StoredEntity } from './ModelEntityStore';

const databases = TestDatabases.create({ ids: testDatabaseIds() });
const at = '2026-03-01T10:00:00.000Z';

describe.each(databases.eachSupportedId())('ModelEntityStore on %s', id => {
  async function aStore(names: string[]) {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    await knex.batchInsert(
      'registered_models',
      names.map(name => ({ name, creation_time: 1, last_updated_time: 1 })),
      50,
    );
    return { knex, store: new ModelEntityStore(knex) };
  }

  it('keeps what the catalog says of many models by a few statements (R2)', async () => {
    const names = Array.from(
      { length: 200 },
      (_, n) => `model-${String(n).padStart(3, '0')}`,
    );
    const { knex, store } = await aStore(names);
    const entities = names.map<StoredEntity>((name, n) => ({
      name,
      hasEntity: n % 3 > 0,
      risk: n % 2 ? 'high' : 'minimal',
      ...(n % 3 && { title: `Title ${n}`, owner: `user:default/person-${n}` }),
      ...(n === 4 && {
        description: 'Somebody\'s "odd" ? model',
        conflict: {
          reason: 'other-owner',
          source: 'file:all.yaml',
          message: 'It names another owner',
        },
      }),
    }));
    const statements: string[] = [];
    knex.on('query', ({ sql }: { sql: string }) => statements.push(sql));

    // One of them is deleted while the catalog is asked.
    await store.save([...entities, { ...entities[1], name: 'gone' }], at);
    expect(statements.length).toBeLessThanOrEqual(16);
    expect(await store.unread(10)).toEqual([]);
    expect(
      (await store.find(names)).sort((a, b) => (a.name < b.name ? -1 : 1)),
    ).toEqual(entities);
    expect(await store.find(['gone'])).toEqual([]);

    statements.length = 0;
    await store.markUnread(names);
    await store.save(entities, at);
    expect(statements).toHaveLength(3);

    const changed = { ...entities[7], owner: undefined, title: 'Other' };
    await store.save([changed], at);
    expect(await store.find([changed.name])).toEqual([changed]);
    expect(
      await knex('registered_models')
        .where({ name: changed.name })
        .first('entity_owner'),
    ).toEqual({ entity_owner: null });
  });

  it('lets those who write the same models at once wait in one order, not in a circle', async () => {
    // The rows lie on the disk in the other order than that of the names.
    const names = Array.from({ length: 40 }, (_, n) => `model-${99 - n}`);
    const { store } = await aStore(names);
    const entitiesOf = (round: number) =>
      names.map<StoredEntity>(name => ({
        name,
        hasEntity: true,
        title: `Title ${round}`,
        risk: 'minimal',
      }));
    for (let round = 0; round < 40; round++) {
      await Promise.all([
        store.save(entitiesOf(round), at),
        store.markUnread(names),
        store.save(entitiesOf(-round - 1), at),
        store.markUnread([...names].reverse()),
      ]);
    }
    expect((await store.find(names)).length).toBe(names.length);
  });
});
