import { TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { claimDue } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { JobStore, type NewJob } from './JobStore';
import { TokenStore } from './TokenStore';

jest.setTimeout(60_000);

const at = (second: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();

function aJob(id: string, overrides: Partial<NewJob> = {}): NewJob {
  return {
    id,
    name: id,
    owner: 'group:default/diagnostics',
    source: { repository: '/projects/x', commit: 'f00d' },
    definition: {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'true',
    },
    definitionGiven: false,
    parameters: { depth: 3 },
    warnings: [],
    runtime: 'local-process',
    createdBy: 'user:default/ann',
    createdAt: at(0),
    message: 'Submitted',
    ...overrides,
  };
}

describe.each(
  TestDatabases.create({ ids: testDatabaseIds() }).eachSupportedId(),
)('JobStore on %s', databaseId => {
  const databases = TestDatabases.create({ ids: [databaseId] });
  let store: JobStore;
  let tokens: TokenStore;
  let knex: Awaited<ReturnType<TestDatabases['init']>>;
  beforeEach(async () => {
    knex = await databases.init(databaseId);
    await knex.migrate.latest({
      directory: resolvePackagePath(
        '@downstage/plugin-ml-jobs-backend',
        'migrations',
      ),
    });
    store = new JobStore(knex);
    tokens = new TokenStore(knex);
  });

  it('reads the queue in pages, and the next in line without reading all', async () => {
    for (let index = 0; index < 30; index++) {
      await store.insert(
        aJob(`j${String(index).padStart(2, '0')}`, {
          owner: `group:default/${'abc'[index % 7 === 0 ? 0 : index % 3]}`,
          createdAt: at(index),
        }),
      );
    }
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await store.waiting({ cursor, limit: 7 });
      expect(page.total).toBe(30);
      expect(page.items.map(({ queuePosition }) => queuePosition)).toEqual(
        page.items.map((_, index) => seen.length + index + 1),
      );
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
    } while (cursor);
    expect(new Set(seen).size).toBe(30);
    for (const count of [1, 4, 30, 40]) {
      expect(
        await store.firstInLine({
          runtime: 'local-process',
          count,
          active: [],
        }),
      ).toEqual(seen.slice(0, count));
    }
    expect((await store.get(seen[11])).queuePosition).toBe(12);
  });

  it('gives back what was inserted, and one job for one key, also when both come at once', async () => {
    const both = await Promise.all([
      store.insert(aJob('a', { idempotencyKey: 'k' })),
      store.insert(aJob('b', { idempotencyKey: 'k' })),
    ]);
    expect(both[0].id).toBe(both[1].id);
    expect(both.filter(({ created }) => created)).toHaveLength(1);
    expect(await store.get(both[0].id)).toMatchObject({
      state: 'queued',
      parameters: { depth: 3 },
      queuePosition: 1,
      timeline: [{ type: 'queued', message: 'Submitted' }],
    });
    const other = await store.insert(
      aJob('c', { idempotencyKey: 'k', owner: 'group:default/credit' }),
    );
    expect(other).toEqual({ id: 'c', created: true });
  });

  it('pages from newest to oldest, and new jobs do not shift the pages', async () => {
    for (let index = 0; index < 5; index++) {
      await store.insert(
        aJob(`j${index}`, { createdAt: at(Math.floor(index / 2)) }),
      );
    }
    const first = await store.list({ limit: 2 });
    await store.insert(aJob('new', { createdAt: at(59) }));
    const second = await store.list({ limit: 2, cursor: first.nextCursor });
    const third = await store.list({ limit: 2, cursor: second.nextCursor });
    expect(
      [first, second, third].map(({ items }) => items.map(({ id }) => id)),
    ).toEqual([['j4', 'j3'], ['j2', 'j1'], ['j0']]);
    expect(third.nextCursor).toBeUndefined();
    await expect(store.list({ limit: 1, cursor: 'nonsense' })).rejects.toThrow(
      'Not a cursor',
    );
  });

  it('filters by owner, model and state', async () => {
    await store.insert(aJob('a', { model: 'model:default/x' }));
    await store.insert(aJob('b', { owner: 'group:default/credit' }));
    const ids = async (filter: Partial<Parameters<JobStore['list']>[0]>) =>
      (await store.list({ limit: 10, ...filter })).items.map(({ id }) => id);
    expect(await ids({ model: 'model:default/x' })).toEqual(['a']);
    expect(await ids({ owner: 'group:default/credit' })).toEqual(['b']);
    expect(await ids({ state: 'running' })).toEqual([]);
  });

  it('writes a change whole, or not at all when the job has moved on', async () => {
    await store.insert(aJob('a'));
    const job = await store.row('a');
    const change = {
      to: 'preparing' as const,
      attempt: { number: 1, state: 'preparing' as const },
      timeline: { at: at(1), type: 'preparing', message: 'Preparing' },
    };
    const kept = [
      await store.change(job, change, { now: at(1) }),
      await store.change(job, change, { now: at(1) }),
    ];
    expect(kept).toEqual([true, false]);
    const { attempts, timeline, state } = await store.get('a');
    expect({
      state,
      attempts: attempts.length,
      timeline: timeline.length,
    }).toEqual({
      state: 'preparing',
      attempts: 1,
      timeline: 2,
    });
  });

  it('refuses the write of somebody whose lease was taken over', async () => {
    await store.insert(aJob('a'));
    const [old] = await claimDue(knex, {
      table: 'jobs',
      limit: 1,
      leaseMs: 1000,
      now: new Date(at(1)),
    });
    const [fresh] = await claimDue(knex, {
      table: 'jobs',
      limit: 1,
      leaseMs: 1000,
      now: new Date(at(5)),
    });
    const job = await store.row('a');
    expect(
      await store.change(job, { message: 'late' }, { now: at(6), lease: old }),
    ).toBe(false);
    expect(
      await store.change(
        job,
        { message: 'mine' },
        { now: at(6), lease: fresh },
      ),
    ).toBe(true);
  });

  it('knows a token while its attempt is the newest and under way', async () => {
    await store.insert(aJob('a'));
    const first = await tokens.issue({ jobId: 'a', attempt: 1, now: at(0) });
    expect(await tokens.verify(first)).toBeUndefined();
    const prepare = async (number: number) =>
      store.change(
        await store.row('a'),
        { to: 'preparing', attempt: { number, state: 'preparing' } },
        { now: at(1) },
      );
    await prepare(1);
    expect(await tokens.verify(first)).toBe('a');
    expect(await tokens.verify('dsjob_other')).toBeUndefined();
    await store.change(await store.row('a'), { to: 'queued' }, { now: at(2) });
    await prepare(2);
    expect(await tokens.verify(first)).toBeUndefined();
    const second = await tokens.issue({ jobId: 'a', attempt: 2, now: at(3) });
    expect(await tokens.verify(second)).toBe('a');
    await store.requestCancel('a', { now: at(4), message: 'Cancelled' });
    expect(await tokens.verify(second)).toBeUndefined();
    expect(JSON.stringify(await knex('job_tokens').select())).not.toContain(
      second,
    );
  });
});
