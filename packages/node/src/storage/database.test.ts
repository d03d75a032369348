import { TestDatabases } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { migrate } from './database';
import { testDatabaseIds } from '../testUtils';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });
const packageName = '@downstage/plugin-ml-tokens-backend';

describe.each(databases.eachSupportedId())('migrations on %p', id => {
  const serviceOf = (knex: Knex) => ({ getClient: async () => knex });

  it('says "newer data" to an older portal, and leaves the data alone (R4)', async () => {
    const knex = await databases.init(id);
    await migrate(serviceOf(knex), packageName);
    const before = await knex('knex_migrations').select('name');
    await knex('knex_migrations').insert({
      name: '20991231000000_from_the_future.js',
      batch: 9,
      migration_time: new Date(),
    });
    await expect(migrate(serviceOf(knex), packageName)).rejects.toMatchObject({
      code: 'downstage.newer-data',
      message: expect.stringMatching(
        /Newer data: this portal is older.*20991231000000_from_the_future.*restore the backup/s,
      ),
    });
    expect(await knex('knex_migrations').select('name')).toHaveLength(
      before.length + 1,
    );
  });

  it('migrates an empty database, and does so again without harm', async () => {
    const knex = await databases.init(id);
    await migrate(serviceOf(knex), packageName);
    await expect(migrate(serviceOf(knex), packageName)).resolves.toBe(knex);
  });
});
