import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { migrateForTest } from '../__testUtils__/registryFixture';
import {
  inProduction,
  productionChanges,
  productionPeriods,
} from './productionPeriods';
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

/** The same numbers below a limit each time. */
function numbersFrom(seed: number) {
  let state = seed;
  return (limit: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % limit;
  };
}

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

  it('finds a model by every name it had, and leaves out models that took the old name later', async () => {
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

  it('reads of a long history what a span needs, and answers as with all of it', async () => {
    const { knex, store } = await aLedger();
    const next = numbersFrom(7);
    const names = ['a', 'b', 'C', 'd', 'e'];
    const rows = Array.from({ length: 400 }, (_, n) => {
      const name = names[next(names.length)];
      const move = {
        name,
        former_name: null as string | null,
        at: at(1 + Math.floor(n / 16)).replace(
          'T10',
          `T${10 + Math.floor((n % 16) / 2)}`,
        ),
        actor: 'user:default/ann',
        action: 'promoted',
        version: (1 + next(4)) as number | null,
        from_stage: null as string | null,
        to_stage: 'production' as string | null,
        message: '',
      };
      const kind = next(10);
      if (kind < 4) return move;
      if (kind === 4) return { ...move, action: 'promotion-requested' };
      if (kind === 5)
        return { ...move, action: 'version-deleted', to_stage: null };
      if (kind === 6) return { ...move, action: 'tagged', to_stage: null };
      // Two of the models were called otherwise, or are gone.
      if (n === 200 || (name === 'd' && n % 90 === 0))
        return {
          ...move,
          name: 'd',
          action: 'deleted',
          version: null,
          to_stage: null,
        };
      if (n === 300)
        return {
          ...move,
          name: 'e',
          former_name: 'f',
          action: 'renamed',
          version: null,
          to_stage: null,
        };
      return {
        ...move,
        action: 'replaced',
        from_stage: 'production',
        to_stage: 'archived',
      };
    });
    await knex.batchInsert('ledger', rows, 50);

    const answers = (
      moves: Awaited<ReturnType<typeof store.productionMovesOf>>,
      span: { from: string; to: string },
    ) => {
      const periods = productionPeriods(
        moves.map(move => ({ ...move.entry, formerName: move.formerName })),
      );
      return {
        on: inProduction(periods, span).map(({ until, ...period }) => ({
          ...period,
          until,
        })),
        changes: productionChanges(periods, span),
      };
    };
    const whole = await store.productionMovesOf(names);
    for (const [from, to] of [
      [3, 3],
      [9, 10],
      [2, 25],
      [14, 13],
      [26, 28],
    ]) {
      const span = { from: at(from), to: at(to) };
      const part = await store.productionMovesOf(names, span);
      expect(answers(part, span)).toEqual(answers(whole, span));
    }
    const span = { from: at(9), to: at(10) };
    const [long, short] = [
      await store.productionMovesOf(['a', 'b', 'C']),
      await store.productionMovesOf(['a', 'b', 'C'], span),
    ];
    expect(long.length).toBeGreaterThan(100);
    expect(short.length).toBeLessThan(40);
  });

  it('undoes the change when a listener inside the transaction throws', async () => {
    const { knex, append } = await aLedger({
      onAppend: async () => {
        throw new Error('No room in the outbox');
      },
    });
    await expect(append('churn')).rejects.toThrow('No room in the outbox');
    expect(await knex('ledger')).toEqual([]);
  });
});
