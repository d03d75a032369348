import { TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import type { FactCriteria } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { Admission } from '../services/Admission';
import { JobStore, type JobChange } from './JobStore';
import { spentSince, UsageStore } from './UsageStore';

const runtime = { kind: 'runtime' as const, id: 'local-process' };
const admission = new Admission({ clock: () => new Date(0) });

jest.setTimeout(300_000);

const at = (minute: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString();
const visible = async <T>(rows: T[]) => rows;

describe.each(
  TestDatabases.create({ ids: testDatabaseIds() }).eachSupportedId(),
)('UsageStore on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });
  let knex: Awaited<ReturnType<TestDatabases['init']>>;
  let jobs: JobStore;
  let usage: UsageStore;

  beforeEach(async () => {
    knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-jobs-backend',
        'migrations',
      ),
    });
    jobs = new JobStore(knex, admission);
    usage = new UsageStore(knex);
  });

  const running = async (id: string, owner = 'group:default/a') => {
    await jobs.insert({
      ...{ id, owner, name: id, model: 'model:retail/prices' },
      source: { repository: '/projects/x', commit: 'f00d' },
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'true',
      },
      ...{ definitionGiven: false, parameters: {}, warnings: [] },
      ...{ runtime: 'local-process', createdBy: 'user:default/ann' },
      ...{ createdAt: at(0), message: 'Submitted' },
    });
    const attempt = { number: 1, state: 'preparing' as const };
    const change: JobChange = { to: 'preparing', attempt };
    await jobs.change(await jobs.row(id), change, { now: at(0) });
    await jobs.change(
      await jobs.row(id),
      { to: 'running', by: runtime },
      { now: at(0) },
    );
    return jobs.row(id);
  };
  const ended = (minute: number, amount = 60): JobChange => ({
    to: 'succeeded',
    by: runtime,
    attempt: { number: 1, state: 'succeeded', endedAt: at(minute) },
    usage: {
      at: at(minute),
      used: [
        { resource: 'cpu', amount, unit: 'cpu-seconds' },
        { resource: 'slot', amount: 90.25, unit: 'slot-seconds' },
      ],
    },
  });
  const list = (filter: Partial<Parameters<UsageStore['list']>[0]> = {}) =>
    usage.list({ limit: 100, visible, ...filter });

  it('counts of an attempt that began before a month only its part since then', async () => {
    const ran = async (id: string, from: number, to: number) => {
      const change = ended(to, 3_600);
      const attempt = { ...change.attempt!, startedAt: at(from) };
      await jobs.change(
        await running(id),
        { ...change, attempt },
        {
          now: at(to),
        },
      );
    };
    // An hour each: half of it after the turn, all of it, and none of it.
    await ran('a', 30, 90);
    await ran('b', 60, 120);
    await ran('c', 0, 59);
    const spent = await spentSince(knex, at(60));
    const hours = spent.map(({ used }) => used.cpuHours ?? 0);
    expect(spent.every(({ owner }) => owner === 'group:default/a')).toBe(true);
    expect(hours.reduce((sum, each) => sum + each, 0)).toBeCloseTo(1.5);
  });

  it('has the figures of an attempt once, though two portals end it at the same time', async () => {
    const job = await running('a');
    const other = new JobStore(knex, admission);
    const kept = await Promise.all([
      jobs.change(job, ended(1), { now: at(1) }),
      other.change(job, ended(2, 999), { now: at(2) }),
    ]);
    expect(kept.filter(Boolean)).toHaveLength(1);
    expect((await list()).items.map(({ resource }) => resource)).toEqual([
      'slot',
      'cpu',
    ]);
  });

  it('has none of a change that is not kept, and all of one that is', async () => {
    const job = await running('a');
    const lost = { lease: { id: 'a', ticket: 'of-another' }, now: at(1) };
    expect(await jobs.change(job, ended(1), lost)).toBe(false);
    expect((await list()).items).toEqual([]);
    // A crash before the commit leaves neither the end nor its figures.
    const timeline = { at: at(1), type: 'x', message: null as never };
    await expect(
      jobs.change(job, { ...ended(1), timeline }, { now: at(1) }),
    ).rejects.toThrow();
    expect((await list()).items).toEqual([]);
    expect((await jobs.row('a')).state).toBe('running');

    expect(await jobs.change(job, ended(1), { now: at(1) })).toBe(true);
    const common = {
      ...{ at: at(1), owner: 'group:default/a', job: 'a', attempt: 1 },
      ...{ model: 'model:retail/prices', runtime: 'local-process' },
    };
    expect((await list()).items).toEqual([
      {
        ...common,
        ...{ resource: 'slot', amount: 90.25, unit: 'slot-seconds' },
      },
      { ...common, ...{ resource: 'cpu', amount: 60, unit: 'cpu-seconds' } },
    ]);
  });

  it('lists by owner and period, the last first, in pages', async () => {
    for (const [id, owner, minute] of [
      ['a', 'group:default/a', 1],
      ['b', 'group:default/b', 2],
      ['c', 'group:default/a', 2],
      ['d', 'group:default/a', 3],
    ] as const) {
      const job = await running(id, owner);
      await jobs.change(job, ended(minute), { now: at(minute) });
    }
    const jobsOf = async (filter: Parameters<typeof list>[0]) =>
      (await list(filter)).items.map(({ job }) => job);
    expect(await jobsOf({ owner: 'group:default/b' })).toEqual(['b', 'b']);
    expect(await jobsOf({ from: at(2), to: at(3) })).toEqual([
      ...['c', 'c', 'b', 'b'],
    ]);
    const criteria: FactCriteria = {
      fact: 'owner',
      values: ['group:default/b'],
    };
    expect(await jobsOf({ criteria })).toEqual(['b', 'b']);
    const namespace: FactCriteria = { fact: 'namespace', values: ['retail'] };
    expect(await jobsOf({ criteria: namespace })).toHaveLength(8);

    const paged: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await list({ limit: 3, cursor });
      paged.push(...page.items.map(({ job, resource }) => job + resource));
      cursor = page.nextCursor;
    } while (cursor);
    const whole = (await list()).items;
    expect(paged).toEqual(whole.map(({ job, resource }) => job + resource));
    expect(paged).toHaveLength(8);
    for (const wrong of ['%', Buffer.from('x y').toString('base64url')])
      await expect(list({ cursor: wrong })).rejects.toThrow('Not a cursor');
  });
});
