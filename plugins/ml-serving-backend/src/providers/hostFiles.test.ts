import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMockDirectory } from '@backstage/backend-test-utils';
import { bootId, identityOf } from '@downstage/node';
import { takeLock, Users } from './hostFiles';

describe('what portals of one machine tell each other by files', () => {
  const directory = createMockDirectory();
  const portals = () => join(directory.path, 'portals');
  const lock = () => join(directory.path, 'starting.lock');
  beforeEach(() => directory.clear());

  /** A portal that is no longer there; another process, the one of the test, has its number now. */
  const before = async () => `${await bootId()} 1`;
  const now = async () => `${await bootId()} ${(await identityOf()).start}`;

  it.each<[string, () => Promise<string>, number]>([
    ['counts a portal that runs', now, 1],
    ['counts one of an earlier release by its number', async () => '', 1],
    ['takes no later process for a portal that was killed', before, 0],
  ])('%s', async (_what, written, others) => {
    mkdirSync(portals());
    const other = join(portals(), `${process.pid}-other`);
    writeFileSync(other, await written());
    const users = new Users(portals());
    await users.enter();
    expect(await users.leave()).toBe(others);
    expect(existsSync(other)).toBe(others === 1);
  });

  it.each<[string, () => Promise<string>, boolean]>([
    ['leaves the lock to a portal that runs', now, false],
    ['leaves it to one of an earlier release', async () => '', false],
    ['takes it from one whose number another process has', before, true],
  ])('%s', async (_what, written, isTaken) => {
    writeFileSync(lock(), `${process.pid} other ${await written()}`.trim());
    // The first call clears what nobody holds, the next one takes it.
    await takeLock(lock());
    const release = await takeLock(lock());
    expect(release !== undefined).toBe(isTaken);
    await release?.();
    expect(existsSync(lock())).toBe(!isTaken);
  });
});
