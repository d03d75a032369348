import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { isPostgres } from './database';
import { readerOf } from './Reader';

jest.setTimeout(60_000);
const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('long reads, on %p', id => {
  it('are answered', async () => {
    const knex = await databases.init(id);
    await knex.schema.createTable('things', table => table.integer('number'));
    await knex('things').insert([{ number: 1 }, { number: 2 }]);
    const query = knex('things').where('number', '>', 1).select('number');
    expect(await readerOf(knex).read(query)).toEqual([{ number: 2 }]);
  });

  it('are not compiled by PostgreSQL, and other statements are as they were', async () => {
    const knex = await databases.init(id);
    if (!isPostgres(knex)) return;
    const setting = () => knex.raw('SHOW jit');
    const before = (await setting()).rows;
    expect(await readerOf(knex).read(setting())).toEqual([{ jit: 'off' }]);
    expect((await setting()).rows).toEqual(before);
  });
});
