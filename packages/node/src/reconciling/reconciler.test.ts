import { TestDatabases, mockServices } from '@backstage/backend-test-utils';
import type { Knex } from 'knex';
import {
  claimDue,
  commitManyWithLease,
  commitWithLease,
  keepLeases,
} from './lease';
import { startReconciler } from './reconciler';
import { testDatabaseIds } from '../testUtils';

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

  describe('of work that takes long', () => {
    const minute = 60_000;
    const after = (ms: number) => new Date(noon.getTime() + ms);

    /** A row that is claimed and worked on. */
    async function working(mostMs: number) {
      const knex = await databases.init(databaseId);
      await tableWith(knex, ['a']);
      let now = noon;
      const [lease] = await claimDue(knex, {
        ...{ table: 'things', limit: 1, leaseMs: minute, now },
      });
      const held = [lease];
      const kept = keepLeases(knex, {
        ...{ table: 'things', claimedAt: noon, leaseMs: minute, mostMs },
        held: () => held,
        clock: () => now,
      });
      kept.stop();
      return {
        knex,
        lease,
        held,
        renewAt: async (at: Date) => {
          now = at;
          await kept.renew();
          return (await knex('things').first()).next_reconcile_at;
        },
      };
    }

    it('are renewed, up to the longest time', async () => {
      const { renewAt } = await working(3 * minute);
      expect(await renewAt(noon)).toBe(after(minute).toISOString());
      expect(await renewAt(after(15_000))).toBe(after(75_000).toISOString());
      expect(await renewAt(after(150_000))).toBe(
        after(3 * minute).toISOString(),
      );
      expect(await renewAt(after(170_000))).toBe(
        after(3 * minute).toISOString(),
      );
    });

    it('are not renewed when the work has ended, or has written its row', async () => {
      const { renewAt, knex, lease, held } = await working(30 * minute);
      await commitWithLease(knex, {
        ...{ table: 'things', lease, patch: { next_reconcile_at: null } },
      });
      expect(await renewAt(after(15_000))).toBe(null);
      held.pop();
      expect(await renewAt(after(30_000))).toBe(null);
    });

    it('are not renewed when somebody has made the row due', async () => {
      const { renewAt, knex } = await working(30 * minute);
      const soon = after(1_000).toISOString();
      await knex('things').update({ next_reconcile_at: soon });
      expect(await renewAt(after(15_000))).toBe(soon);
    });

    it('are of a minute in a loop, so that a crash holds up nothing for long', async () => {
      const knex = await databases.init(databaseId);
      await tableWith(knex, ['a']);
      let due: string | undefined;
      const loop = startReconciler({
        ...{ name: 'things', table: 'things', knex, logger },
        clock: () => noon,
        intervalMs: 3_600_000,
        stepMs: 30 * minute,
        reconcile: async () => {
          due = (await knex('things').first()).next_reconcile_at;
          return { next_reconcile_at: null };
        },
      });
      await loop.tick();
      await loop.stop();
      expect(due).toBe(after(minute).toISOString());
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

  it('looks at many rows together, and steps only those that the look leaves', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a', 'b', 'c', 'd', 'e']);
    const seen: string[][] = [];
    const stepped: string[] = [];
    const loop = startReconciler({
      name: 'things',
      table: 'things',
      knex,
      logger,
      clock: () => noon,
      intervalMs: 3_600_000,
      concurrency: 1,
      skim: {
        limit: 3,
        look: async leases => {
          seen.push(leases.map(({ id }) => id));
          const settled = leases.filter(({ id }) => id !== 'b');
          await commitManyWithLease(knex, {
            table: 'things',
            leases: settled,
            patch: { next_reconcile_at: null, state: 'settled' },
          });
          return leases.filter(({ id }) => id === 'b');
        },
      },
      reconcile: async ({ id }) => {
        stepped.push(id);
        return { next_reconcile_at: null, state: 'stepped' };
      },
    });
    await loop.tick();
    await loop.stop();
    expect(seen).toEqual([
      ['a', 'b', 'c'],
      ['d', 'e'],
    ]);
    expect(stepped).toEqual(['b']);
    const rows = await knex('things').orderBy('id');
    expect(rows.map(row => row.state)).toEqual([
      'settled',
      'stepped',
      'settled',
      'settled',
      'settled',
    ]);
  });

  it('steps every row when they cannot be looked at together', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a', 'b', 'c']);
    const loop = startReconciler({
      name: 'things',
      table: 'things',
      knex,
      logger,
      clock: () => noon,
      intervalMs: 3_600_000,
      concurrency: 2,
      skim: {
        limit: 10,
        look: async () => {
          throw new Error('nobody answers');
        },
      },
      reconcile: async () => ({ next_reconcile_at: null, state: 'stepped' }),
    });
    await loop.tick();
    await loop.stop();
    const rows = await knex('things');
    expect(rows.map(row => row.state)).toEqual([
      'stepped',
      'stepped',
      'stepped',
    ]);
  });

  it('writes many rows, but for those whose lease another has', async () => {
    const knex = await databases.init(databaseId);
    await tableWith(knex, ['a', 'b']);
    const options = { table: 'things', limit: 2, leaseMs: 1 };
    const leases = await claimDue(knex, { ...options, now: noon });
    await knex('things').where({ id: 'b' }).update({ ticket: 'another' });
    const patch = { state: 'done' };
    expect(
      await commitManyWithLease(knex, { table: 'things', leases, patch }),
    ).toBe(1);
    const rows = await knex('things').orderBy('id');
    expect(rows.map(row => row.state)).toEqual(['done', null]);
  });
});
