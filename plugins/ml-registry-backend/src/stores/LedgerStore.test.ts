import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { migrateForTest } from '../__testUtils__/registryFixture';
import { LedgerStore, type NewLedgerEntry } from './LedgerStore';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

const at = (day: number) =>
  `2026-03-${String(day).padStart(2, '0')}T10:00:00.000Z`;
const entry = (more: Partial<NewLedgerEntry> = {}): NewLedgerEntry => ({
  at: at(1),
  actor: 'user:default/ann',
  action: 'described',
  message: 'The description changed',
  ...more,
});

describe.each(databases.eachSupportedId())('LedgerStore on %s', id => {
  async function aLedger(
    onAppend?: ConstructorParameters<typeof LedgerStore>[1],
  ) {
    const knex = await databases.init(id);
    await migrateForTest(knex);
    const store = new LedgerStore(knex, onAppend);
    return {
      knex,
      store,
      append: (name: string, more?: Partial<NewLedgerEntry>) =>
        knex.transaction(tx => store.append(tx, name, entry(more))),
    };
  }

  it('refuses to change or delete what it holds', async () => {
    const { knex, append, store } = await aLedger();
    await append('churn');

    await expect(
      knex('ledger').update({ message: 'Nothing happened' }),
    ).rejects.toThrow(/append-only/);
    await expect(knex('ledger').delete()).rejects.toThrow(/append-only/);
    expect(await store.list({}, { limit: 10 })).toHaveLength(1);
  });

  it('finds a model by every name it had, and leaves out whoever took the old name later', async () => {
    const { append, store } = await aLedger();
    await append('churn', { message: 'first' });
    await append('leavers', { action: 'renamed', formerName: 'churn' });
    await append('leavers', { message: 'third' });
    await append('churn', { message: 'another model' });

    const seen = async (name: string) =>
      (await store.list({ name }, { limit: 10 })).map(({ id: n }) => n);
    expect(await seen('leavers')).toEqual([3, 2, 1]);
    expect(await seen('churn')).toEqual([4, 2, 1]);
  });

  it('filters, and pages by the number of the entry', async () => {
    const { append, store } = await aLedger();
    for (const day of [1, 2, 3, 4]) await append('churn', { at: at(day) });
    await append('churn', { action: 'break-glass', flagged: true, at: at(5) });
    await append('churn', { actor: 'user:default/ben', at: at(6) });

    const numbers = async (
      filter: Parameters<typeof store.list>[0],
      page = { limit: 10 },
    ) => (await store.list(filter, page)).map(({ id: n }) => n);
    expect(await numbers({ flagged: true })).toEqual([5]);
    expect(await numbers({ actor: 'user:default/ben' })).toEqual([6]);
    expect(await numbers({ action: 'break-glass' })).toEqual([5]);
    expect(await numbers({ from: at(2), to: at(4) })).toEqual([3, 2]);
    expect(
      (await store.list({}, { before: 4, limit: 2 })).map(({ id: n }) => n),
    ).toEqual([3, 2]);
    const all = [];
    for await (const part of store.all({})) all.push(...part);
    expect(all.map(({ id: n }) => n)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('undoes the change when whoever listens inside the transaction throws', async () => {
    const { knex, append } = await aLedger({
      onAppend: async () => {
        throw new Error('No room in the outbox');
      },
    });
    await expect(append('churn')).rejects.toThrow('No room in the outbox');
    expect(await knex('ledger')).toEqual([]);
  });
});
