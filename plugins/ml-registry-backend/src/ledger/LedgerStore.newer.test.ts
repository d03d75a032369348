import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { ledgerEntrySchema } from '@downstage/plugin-ml-registry-common';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { LedgerStore } from './LedgerStore';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('a newer ledger on %s', id => {
  it('is read whole: an action that this release does not know is shown as it is (R4)', async () => {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    await knex('ledger').insert({
      name: 'churn',
      at: '2027-03-01T10:00:00.000Z',
      actor: 'user:default/ann',
      action: 'quantised',
      message: 'Version 3 was quantised',
      flagged: false,
    });
    const [entry] = await new LedgerStore(knex).list({}, { limit: 10 });
    expect(ledgerEntrySchema.parse(entry)).toMatchObject({
      action: 'quantised',
    });
  });
});
