import { TestDatabases, mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import { claimDue, commitWithLease } from './lease';
import { startReconciler } from './reconciler';
import { testDatabaseIds } from './testUtils';

const databases = TestDatabases.create({ ids: testDatabaseIds() });
const logger = mockServices.logger.mock();
const noon = new Date('2026-11-21T12:00:00.000Z');

async function tableWith(knex: Knex, ids: string[]) {
  await knex.schema.createTable('things', table => {
    table.string('id').primary();
    table.string('next_reconcile_at').nullable();
    table.string('ticket').nullable();
    table.string('state').nullable();
  });
  await knex('things').insert(
    ids.map(id => ({ id, next_reconcile_at: noon.toISOString() })),
  );
}

describe.each(databases.eachSupportedId())('leases on %p', databaseId => {
  it('claims a due row once until the lease runs out', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a', 'b', 'c']);
    const claim = (now: Date) =>
      claimDue(knex, { table: 'things', limit: 2, leaseMs: 60_000, now });
    expect((await claim(noon)).map(lease => lease.id)).toEqual(['a', 'b']);
    expect((await claim(noon)).map(lease => lease.id)).toEqual(['c']);
    expect(await claim(noon)).toEqual([]);
    expect(await claim(new Date(noon.getTime() + 60_000))).toHaveLength(2);
  });

  it('drops the result of a worker that lost its lease', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a']);
    const [slow] = await claimDue(knex, {
      table: 'things',
      limit: 1,
      leaseMs: 1,
      now: noon,
    });
    const later = new Date(noon.getTime() + 10);
    const [fresh] = await claimDue(knex, {
      table: 'things',
      limit: 1,
      leaseMs: 1,
      now: later,
    });
    const commit = (lease: typeof slow, state: string) =>
      commitWithLease(knex, { table: 'things', lease, patch: { state } });
    await expect(commit(fresh, 'fresh')).resolves.toBe(true);
    await expect(commit(slow, 'slow')).resolves.toBe(false);
    await expect(knex('things').first()).resolves.toMatchObject({
      state: 'fresh',
    });
  });

  it('takes every due row through one step and brings a failed one back', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a', 'b', 'c', 'd', 'e']);
    const loop = startReconciler({
      name: 'things',
      table: 'things',
      knex,
      logger,
      clock: () => noon,
      intervalMs: 3_600_000,
      retryMs: 5_000,
      concurrency: 2,
      reconcile: async ({ id }) => {
        if (id === 'c') throw new Error('not today');
        return { next_reconcile_at: null, state: 'done' };
      },
    });
    await loop.tick();
    await loop.stop();
    const rows = await knex('things').orderBy('id');
    expect(rows.map(row => row.state)).toEqual([
      'done',
      'done',
      null,
      'done',
      'done',
    ]);
    expect(rows[2].next_reconcile_at).toBe('2026-11-21T12:00:05.000Z');
  });
});
