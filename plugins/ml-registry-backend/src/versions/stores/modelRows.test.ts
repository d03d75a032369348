import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { migrateForTest } from '../../__testUtils__/registryFixture';
import { pickOfVersions } from './modelRows';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('modelRows on %s', id => {
  it('reads what belongs to many versions in one statement, and nothing of their other versions', async () => {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    const models = ['busy', 'it\'s "odd"', 'Busy'];
    await knex('registered_models').insert(
      models.map(name => ({ name, creation_time: 1, last_updated_time: 1 })),
    );
    const versions = models.flatMap(name =>
      Array.from({ length: 1200 }, (_, n) => ({ name, version: n + 1 })),
    );
    await knex.batchInsert(
      'model_versions',
      versions.map(key => ({
        ...key,
        creation_time: 1,
        last_updated_time: 1,
        source: '',
        storage_location: '',
      })),
      100,
    );
    await knex.batchInsert(
      'model_version_tags',
      versions.flatMap(key => [
        { ...key, key: 'b', value: `${key.version}` },
        { ...key, key: 'a', value: '' },
      ]),
      100,
    );
    const statements: string[] = [];
    knex.on('query', ({ sql }: { sql: string }) => statements.push(sql));

    // Every second of one model, one of another: no model's name and no version's number says which.
    const asked = versions.filter(
      ({ name, version }) =>
        (name === 'busy' && version % 2 === 0) ||
        (name !== 'busy' && version === 1),
    );
    const rows = await pickOfVersions<{
      name: string;
      version: number;
      key: string;
    }>(knex, 'model_version_tags', asked, 'key');

    expect(statements).toHaveLength(1);
    const keysOf = (key: string) =>
      rows
        .filter(row => row.key === key)
        .map(({ name, version }) => `${name}@${version}`)
        .sort();
    const expected = asked
      .map(({ name, version }) => `${name}@${version}`)
      .sort();
    expect(keysOf('a')).toEqual(expected);
    expect(keysOf('b')).toEqual(expected);
    expect(rows.map(({ key }) => key)).toEqual(
      [...rows.map(({ key }) => key)].sort(),
    );
    expect(await pickOfVersions(knex, 'model_version_tags', [], 'key')).toEqual(
      [],
    );
  });
});
