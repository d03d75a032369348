import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { identityOf, isAlive, processOf } from './identity';

describe('who a process is', () => {
  it('knows a process that runs, and its parent', async () => {
    const own = await identityOf();
    expect(await isAlive(own)).toBe(true);
    expect(await processOf(process.pid)).toMatchObject({
      ...{ pid: process.pid, parent: process.ppid, zombie: false },
      start: own.start,
    });
  });

  it('takes no later process, and none of another boot, for one with its number', async () => {
    const own = await identityOf();
    expect(await isAlive({ ...own, start: `${own.start}0` })).toBe(false);
    expect(await isAlive({ ...own, boot: 'another' })).toBe(false);
  });

  it('knows that a process has ended', async () => {
    const child = spawn('sleep', ['600'], { stdio: 'ignore' });
    await once(child, 'spawn');
    const identity = await identityOf(child.pid);
    expect(await isAlive(identity)).toBe(true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(await isAlive(identity)).toBe(false);
    expect(await processOf(identity.pid)).toBeUndefined();
  });
});
