import { TestDatabases } from '@backstage/backend-test-utils';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { claimDue, commitWithLease, type FactCriteria } from '@downstage/node';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { Admission } from '../services/Admission';
import { JobStore, type NewJob } from './JobStore';
import { RuntimeStore } from './RuntimeStore';
import { TokenStore } from './TokenStore';

jest.setTimeout(300_000);

const at = (second: number) =>
  new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
const admission = new Admission({ clock: () => new Date(at(0)) });

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
    store = new JobStore(knex, admission);
    tokens = new TokenStore(knex);
  });

  it.each<[string, FactCriteria, string[]]>([
    [
      'what a group owns',
      { fact: 'owner', values: ['group:default/credit'] },
      ['risk'],
    ],
    [
      'the jobs of a model',
      { fact: 'model', values: ['model:retail/prices'] },
      ['prices'],
    ],
    [
      'the jobs of models in a namespace',
      { fact: 'namespace', values: ['retail'] },
      ['prices'],
    ],
    [
      'all but those of a namespace, also those without a model',
      { not: { fact: 'namespace', values: ['retail'] } },
      ['risk', 'plain'],
    ],
    ['nothing by a fact it lacks', { fact: 'risk', values: ['high'] }, []],
  ])('lists %s', async (_, criteria, ids) => {
    await store.insert(aJob('plain'));
    await store.insert(
      aJob('prices', { model: 'model:retail/prices', createdAt: at(1) }),
    );
    await store.insert(
      aJob('risk', { owner: 'group:default/credit', createdAt: at(2) }),
    );
    const { items } = await store.list({ limit: 10, criteria });
    expect(items.map(({ id }) => id)).toEqual(ids);
    const queued = await store.queuedAmong(criteria);
    expect(queued.map(({ id }) => id).sort()).toEqual([...ids].sort());
  });

  it('knows the namespace of jobs that an older release stored', async () => {
    const directory = resolvePackagePath(
      '@downstage/plugin-ml-jobs-backend',
      'migrations',
    );
    await store.insert(aJob('prices', { model: 'model:retail/prices' }));
    await store.insert(aJob('plain'));
    await knex.migrate.down({ directory });
    await knex.migrate.latest({ directory });
    expect(
      await knex('jobs').select('id', 'namespace').orderBy('id'),
    ).toMatchObject([
      { id: 'plain', namespace: null },
      { id: 'prices', namespace: 'retail' },
    ]);
  });

  it('reads jobs and runtimes that an older release stored', async () => {
    const directory = resolvePackagePath(
      '@downstage/plugin-ml-jobs-backend',
      'migrations',
    );
    await store.insert(aJob('a'));
    for (let back = 0; back < 4; back++) await knex.migrate.down({ directory });
    await knex('job_runtimes').insert({
      runtime: 'local-process',
      place: 'a-folder',
      holder: 'a portal',
      slots: 2,
      seen_at: at(0),
    });
    await knex.migrate.latest({ directory });
    const row = await store.row('a');
    expect([row.handle, row.waiting, row.group_id]).toEqual([
      ...[undefined, undefined, undefined],
    ]);
    expect(await store.get('a')).toMatchObject({ runtime: 'local-process' });
    expect(
      await new RuntimeStore(knex).live(new Date(Date.parse(at(1)))),
    ).toMatchObject([{ runtime: 'local-process', admission: 'portal' }]);
  });

  it('counts the places of each runtime, and lists the jobs of one', async () => {
    await store.insert(aJob('a', { createdAt: at(1) }));
    await store.insert(aJob('k', { createdAt: at(2), runtime: 'kubernetes' }));
    await store.insert(aJob('b', { createdAt: at(3) }));
    const places = async (runtime?: string) => {
      const { items, total } = await store.waiting({
        limit: 10,
        ...(runtime && {
          runtime,
          only: new Set(
            (await store.queuedAmong(undefined, runtime)).map(({ id }) => id),
          ),
        }),
      });
      return [total, items.map(({ id, queuePosition }) => [id, queuePosition])];
    };
    expect(await places()).toEqual([
      3,
      [
        ['a', 1],
        ['b', 2],
        ['k', 1],
      ],
    ]);
    expect(await places('kubernetes')).toEqual([1, [['k', 1]]]);
    const { items } = await store.list({ limit: 10, runtime: 'kubernetes' });
    expect(items.map(({ id }) => id)).toEqual(['k']);
  });

  it('lists the jobs of a group in pages, and no others', async () => {
    for (let index = 0; index < 5; index++) {
      await store.insert(
        aJob(`t${index}`, { createdAt: at(index), group: 'sweep-7' }),
      );
      await store.insert(aJob(`o${index}`, { createdAt: at(index) }));
    }
    const first = await store.list({ limit: 3, group: 'sweep-7' });
    const rest = await store.list({
      limit: 3,
      group: 'sweep-7',
      cursor: first.nextCursor,
    });
    const ids = [...first.items, ...rest.items].map(({ id }) => id);
    expect(ids).toEqual(['t4', 't3', 't2', 't1', 't0']);
    expect(rest.nextCursor).toBeUndefined();
    expect(first.items[0].group).toBe('sweep-7');
    expect((await store.get('o1')).group).toBeUndefined();
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
    for (const slots of [1, 4, 30, 40]) {
      const waiting = await store.candidates('local-process', slots);
      const { admit } = admission.decide(
        { ...(await store.facts()), waiting },
        [{ runtime: 'local-process', capacity: { slots } }],
      );
      expect(admit.map(({ id }) => id)).toEqual(seen.slice(0, slots));
      expect(waiting.length).toBeLessThanOrEqual(3 * slots);
    }
    expect((await store.get(seen[11])).queuePosition).toBe(12);
  });

  it('knows the line after a change made here without reading all that wait again', async () => {
    for (let index = 0; index < 6; index++) {
      await store.insert(aJob(`j${index}`, { createdAt: at(index) }));
    }
    // However slow the machine is, no two seconds pass.
    const time = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
    const line = async () =>
      (await store.waiting({ limit: 50 })).items.map(({ id }) => id);
    expect(await line()).toEqual(['j0', 'j1', 'j2', 'j3', 'j4', 'j5']);
    let readings = 0;
    knex.on('query', ({ sql }: { sql: string }) => {
      if (/^select .id., .owner., .queue.,.* where .state. = /.test(sql)) {
        readings += 1;
      }
    });
    await store.insert(aJob('first', { createdAt: at(-1) }));
    await store.change(
      await store.row('j2'),
      {
        ...{
          to: 'cancelled',
          by: { kind: 'person', actor: 'user:default/ann' },
        },
        ...{ reason: 'Cancelled', message: '', nextAt: null },
      },
      { now: at(10) },
    );
    expect(await line()).toEqual(['first', 'j0', 'j1', 'j3', 'j4', 'j5']);
    expect((await store.get('j4')).queuePosition).toBe(5);
    expect(readings).toBe(0);
    time.mockRestore();
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
      timeline: [
        {
          ...{ type: 'submitted', state: 'submitted', message: 'Submitted' },
          ...{ reason: 'Submitted', by: 'user:default/ann' },
        },
        { type: 'queued', state: 'queued', by: 'portal' },
      ],
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
      timeline: 3,
    });
  });

  it('refuses a way that the table of states does not have, and writes nothing', async () => {
    await store.insert(aJob('a'));
    const write = async (change: Parameters<JobStore['change']>[1]) =>
      store.change(await store.row('a'), change, { now: at(1) });
    await expect(write({ to: 'running' })).rejects.toThrow(
      'A job that is queued cannot become running',
    );
    await expect(write({ to: 'held' })).rejects.toThrow(
      'A job that is queued is not made held by a portal; allowed: person',
    );
    const passing = { state: 'lost' as const, message: 'm' };
    await expect(
      write({ to: 'queued', via: [{ ...passing, by: { kind: 'portal' } }] }),
    ).rejects.toThrow('A job that is queued cannot become lost');
    expect((await store.get('a')).timeline).toHaveLength(2);
  });

  it('keeps the jobs of an older release in states that are true, there and back', async () => {
    const directory = resolvePackagePath(
      '@downstage/plugin-ml-jobs-backend',
      'migrations',
    );
    const name = '20261130120000_states.js';
    for (const id of ['runs', 'stopped', 'waits']) await store.insert(aJob(id));
    await knex.migrate.down({ directory, name });
    await knex('job_timeline').delete();
    await knex('jobs').whereNot({ id: 'waits' }).update({ state: 'running' });
    await knex('jobs')
      .where({ id: 'stopped' })
      .update({ waiting: '{"reason":"Preempted","preemptedBy":"job/urgent"}' });
    const types = ['queued', 'preparing', 'running', 'retrying', 'waiting'];
    for (const type of types)
      await knex('job_timeline').insert({
        ...{ job_id: 'runs', at: at(0), type, message: type },
      });
    await knex('job_attempts').insert({
      ...{ job_id: 'runs', number: 1, state: 'failed', created_at: at(0) },
      reason: 'ProcessLost',
    });
    await knex.migrate.up({ directory, name });

    const states = async () =>
      (await knex('jobs').orderBy('id')).map(({ state }) => state);
    expect(await states()).toEqual(['running', 'preempted', 'queued']);
    const { timeline, attempts } = await store.get('runs');
    expect(timeline.map(({ state, by }) => [state, by])).toEqual([
      ['queued', 'user:default/ann'],
      ['preparing', undefined],
      ['running', undefined],
      ['queued', undefined],
      ['preparing', undefined],
    ]);
    expect(attempts[0].state).toBe('lost');

    await knex('jobs').where({ id: 'waits' }).update({ state: 'blocked' });
    await knex.migrate.down({ directory, name });
    expect(await states()).toEqual(['running', 'running', 'queued']);
    expect((await knex('job_attempts').first()).state).toBe('failed');
    await knex.migrate.up({ directory, name });
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

  it('drops the result of a look that began before the job was made due', async () => {
    await store.insert(aJob('a'));
    const claim = async (now: string) => {
      const [lease] = await claimDue(knex, {
        ...{ table: 'jobs', limit: 1, leaseMs: 60_000, now: new Date(now) },
      });
      return lease;
    };
    const before = await claim(at(1));
    await store.markDue({ ids: ['a'] }, at(2));
    await commitWithLease(knex, {
      table: 'jobs',
      lease: before,
      patch: { next_reconcile_at: null },
    });
    expect(await claim(at(2))).toMatchObject({ id: 'a' });
  });

  it('stops jobs for another one once, whatever two portals choose for it', async () => {
    for (const id of ['first', 'second', 'waits']) await store.insert(aJob(id));
    await knex('jobs').whereNot({ id: 'waits' }).update({ state: 'running' });
    const other = new JobStore(knex, admission);
    const options = { for: 'waits', now: at(1) };
    await Promise.all([
      store.requestPreempt(['first'], options),
      other.requestPreempt(['second'], options),
    ]);
    const stopped = await knex('jobs').whereNotNull('preempted_for');
    expect(stopped).toHaveLength(1);
    await knex('jobs').update({ preempted_for: null });
    await store.requestPreempt(['first'], { ...options, for: 'second' });
    expect(await knex('jobs').whereNotNull('preempted_for')).toEqual([]);
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
