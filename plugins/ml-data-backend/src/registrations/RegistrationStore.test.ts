import { TestDatabases } from '@backstage/backend-test-utils';
import { testDatabaseIds } from '@downstage/node/testUtils';
import { directory, theRegistrations } from './__testUtils__/theRegistrations';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

describe.each(databases.eachSupportedId())('registrations, %p', databaseId => {
  const open = async () => theRegistrations(await databases.init(databaseId));

  beforeEach(() => directory.setContent({ 'data/a.csv': 'x\n1\n' }));

  it('a report of progress that comes after the end changes nothing', async () => {
    const { ask, registrations } = await open();
    await ask('r1');
    const lease = await registrations.claim({
      leaseMs: 60_000,
      now: new Date('2026-11-29T12:00:00Z'),
    });
    await registrations.commit(lease!, { state: 'ready', nextAt: null });
    expect(
      await registrations.commit(lease!, {
        ...{ state: 'copying', nextAt: '2026-11-29T12:01:00Z' },
      }),
    ).toBe(false);
    expect((await registrations.get('r1'))?.registration.state).toBe('ready');
  });

  it('lists them newest first, a page at a time', async () => {
    const { ask, registrations, later } = await open();
    for (const id of ['r1', 'r2', 'r3']) {
      await ask(id);
      later(1000);
    }
    const first = await registrations.list('dataset:default/x', { limit: 2 });
    const second = await registrations.list('dataset:default/x', {
      limit: 2,
      cursor: first.nextCursor,
    });
    expect([first, second].map(({ items }) => items.map(r => r.id))).toEqual([
      ['r3', 'r2'],
      ['r1'],
    ]);
  });
});
