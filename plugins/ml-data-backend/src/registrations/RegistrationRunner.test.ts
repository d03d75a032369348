import { promises as fs } from 'node:fs';
import { TestDatabases } from '@backstage/backend-test-utils';
import { InputError, ServiceUnavailableError } from '@backstage/errors';
import { testDatabaseIds } from '@downstage/node/testUtils';
import type { VersionReader } from '../reader/readInProcess';
import { directory, theRegistrations } from './__testUtils__/theRegistrations';

const databases = TestDatabases.create({ ids: testDatabaseIds() });

const read: VersionReader = async ({ files }) => ({
  rows: 1,
  rowsPerFile: { [files[0].path]: 1 },
  columns: [{ name: 'x', type: 'BIGINT', count: 1, nulls: 0, distinct: 1 }],
  dialect: { delimiter: ',' },
  notes: ['a note'],
  tables: [],
});

/** A reading that ends when it is told to, by whom it is told. */
function held() {
  let enter: () => void = () => {};
  const entered = new Promise<void>(resolve => {
    enter = resolve;
  });
  const reader: VersionReader = (_, { signal, onProgress }) =>
    new Promise((__, reject) => {
      onProgress({ step: 'profiling', done: 40, of: 3000 });
      signal.addEventListener('abort', () => reject(signal.reason));
      enter();
    });
  return { reader, entered };
}

describe.each(databases.eachSupportedId())('registrations, %p', databaseId => {
  const open = async () => theRegistrations(await databases.init(databaseId));

  beforeEach(() => directory.setContent({ 'data/a.csv': 'x\n1\n' }));

  it('carries one out: version, notes, announcement, nothing left in staging', async () => {
    const { start, ask, until, versions, announced } = await open();
    const runner = start(read);
    await ask('r1');
    expect(await until(runner, 'r1', 'ready')).toMatchObject({ version: 1 });
    await runner.stop();
    const stored = await versions.get('dataset:default/x', 1);
    expect(stored?.version).toMatchObject({
      notes: ['a note'],
      dialect: { delimiter: ',' },
      createdBy: 'user:default/ann',
    });
    expect(announced).toEqual(['default/x@1']);
    expect(await fs.readdir(directory.resolve('kept/.staging'))).toEqual([]);
  });

  it('fails at once with the reason of a refusal', async () => {
    const { start, ask, until } = await open();
    const runner = start(async () => {
      throw Object.assign(new InputError('a.csv, line 6: 4 values'), {
        code: 'ml-data.unreadable',
      });
    });
    await ask('r1');
    expect(await until(runner, 'r1', 'failed')).toMatchObject({
      error: { message: 'a.csv, line 6: 4 values', code: 'ml-data.unreadable' },
    });
    await runner.stop();
  });

  it('tries again when the process that reads has died, and not for ever', async () => {
    const { start, ask, givenBack, registrations, later } = await open();
    let tries = 0;
    const runner = start(async () => {
      tries += 1;
      throw new ServiceUnavailableError('The process ended (SIGKILL)');
    });
    await ask('r1');
    for (const wanted of [1, 2, 3]) {
      expect(await givenBack(runner, 'r1', { attempts: wanted })).toBe(
        wanted < 3 ? 'queued' : 'failed',
      );
      later(10_000);
    }
    expect(tries).toBe(3);
    expect((await registrations.get('r1'))?.error?.message).toMatch(/SIGKILL/);
    await runner.stop();
  });

  it('stops one that runs, and leaves nothing of it', async () => {
    const { start, ask, until, registrations, versions } = await open();
    const { reader, entered } = held();
    const runner = start(reader);
    await ask('r1');
    runner.nudge();
    await entered;
    await registrations.requestCancel('r1', '2026-11-29T12:00:00Z');
    runner.cancel('r1');
    await until(runner, 'r1', 'cancelled');
    await runner.stop();
    expect(await versions.get('dataset:default/x', 'latest')).toBeUndefined();
    expect(await fs.readdir(directory.resolve('kept/.staging'))).toEqual([]);
  });

  it('stops one that waits for its turn', async () => {
    const { start, ask, until, registrations } = await open();
    const { reader, entered } = held();
    const runner = start(reader);
    await ask('r1');
    runner.nudge();
    await entered;
    await ask('r2');
    await registrations.requestCancel('r2', '2026-11-29T12:00:00Z');
    expect((await registrations.get('r2'))?.registration.state).toBe(
      'cancelled',
    );
    await registrations.requestCancel('r1', '2026-11-29T12:00:00Z');
    runner.cancel('r1');
    await until(runner, 'r1', 'cancelled');
    await runner.stop();
  });

  it('says how far it is while it runs', async () => {
    const { start, ask, until } = await open();
    const { reader, entered } = held();
    const runner = start(reader);
    await ask('r1');
    runner.nudge();
    await entered;
    expect(await until(runner, 'r1', 'profiling')).toMatchObject({
      progress: { done: 40, of: 3000 },
    });
    await runner.stop();
  });

  it('goes on at the next start when the portal was stopped in the middle', async () => {
    const { start, ask, until } = await open();
    const { reader, entered } = held();
    const first = start(reader);
    await ask('r1');
    first.nudge();
    await entered;
    await first.stop();
    const second = start(read);
    expect(await until(second, 'r1', 'ready')).toMatchObject({ version: 1 });
    await second.stop();
  });

  it('goes on by itself when the portal was killed, once the lease has run out', async () => {
    const { start, ask, until, registrations, later } = await open();
    await ask('r1');
    // A portal that was killed leaves a row that it holds.
    await registrations.claim({
      leaseMs: 60_000,
      now: new Date('2026-11-29T12:00:00Z'),
    });
    const runner = start(read);
    runner.nudge();
    await runner.settled('r1', { afterMs: 20 });
    expect((await registrations.get('r1'))?.registration.state).toBe('queued');
    later(61_000);
    expect(await until(runner, 'r1', 'ready')).toMatchObject({ version: 1 });
    await runner.stop();
  });

  it('finds the version that was committed just before the portal was killed', async () => {
    const { start, ask, until, versions } = await open();
    const runner = start(read);
    await ask('r1');
    await ask('r2');
    expect(await until(runner, 'r1', 'ready')).toMatchObject({ version: 1 });
    expect(await until(runner, 'r2', 'ready')).toMatchObject({ version: 1 });
    await runner.stop();
    expect(
      (await versions.list('dataset:default/x', { limit: 5 })).items,
    ).toHaveLength(1);
  });
});
