import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { childEnv, endOf, endOrphans } from './childCommand';

it('waits for no end of a process that could not be started', async () => {
  const child = spawn('/no/such/program');
  const failed = once(child, 'error');
  await endOf(child);
  expect(await failed).toHaveLength(1);
});

it('lets a process end that waits for messages', async () => {
  const child = spawn(
    process.execPath,
    ['-e', "process.once('disconnect', () => {})"],
    { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] },
  );
  await once(child, 'spawn');
  await endOf(child);
  expect([child.exitCode, child.signalCode]).toEqual([0, null]);
});

describe('models of a gateway that was killed', () => {
  /** A process with this environment, and how it ended after a look for orphans. */
  const afterALook = async (env: NodeJS.ProcessEnv) => {
    const child = spawn('/bin/sleep', ['600'], { env, stdio: 'ignore' });
    await once(child, 'spawn');
    endOrphans();
    const isLeft = child.kill('SIGTERM');
    if (child.exitCode === null && child.signalCode === null)
      await once(child, 'exit');
    return isLeft && child.signalCode === 'SIGTERM';
  };

  it('are ended though another process has the number of the gateway now', async () => {
    const own = childEnv();
    expect(await afterALook(own)).toBe(true);
    const later = { ...own, DOWNSTAGE_GATEWAY_PARENT_START: '1' };
    expect(await afterALook(later)).toBe(false);
  });
});
