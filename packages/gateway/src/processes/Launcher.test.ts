import { isRunning, launcherOf } from '../testUtils/modelProcesses';
import { Launcher } from './Launcher';

jest.setTimeout(30_000);

const sleeping = ['-e', 'setInterval(() => {}, 1000)'];
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('a launcher of processes', () => {
  let launcher: Launcher;
  /** Starts a process; answers once it runs. */
  const start = (args = sleeping) => {
    let onEnded = (_reason: string) => {};
    const ended = new Promise<string>(resolve => {
      onEnded = resolve;
    });
    let onStarted = (_pid: number) => {};
    const started = new Promise<number>(resolve => {
      onStarted = resolve;
    });
    const { kill } = launcher.start(args, { onStarted, onEnded });
    return { kill, started, ended };
  };
  beforeEach(() => {
    launcher = new Launcher();
  });
  afterEach(() => launcher.stop());

  it('says how a process ended, by itself or by us', async () => {
    expect(await start(['-e', 'process.exit(3)']).ended).toBe('code 3');
    const one = start();
    await one.started;
    one.kill();
    expect(await one.ended).toBe('signal SIGKILL');
  });

  it('ends a process that has not begun', async () => {
    const one = start();
    one.kill();
    expect(await one.ended).toBe('signal SIGKILL');
  });

  it('loses no other process when one cannot be started', async () => {
    const other = start();
    const pid = await other.started;
    // Node refuses a zero character by throwing, as it does when memory is short.
    expect(await start(['-e', '\0']).ended).toMatch(/null bytes/);
    expect(isRunning(pid)).toBe(true);
    const next = start();
    expect(isRunning(await next.started)).toBe(true);
  });

  it('ends its processes when it is lost, and starts the next ones anew', async () => {
    const before = start();
    const pid = await before.started;
    process.kill(launcherOf(process.pid) as number, 'SIGKILL');
    // Asked for while the loss has not been noticed, or after it: either way it is told of its end or runs.
    const during = start();
    expect(await before.ended).toBe('its launcher (SIGKILL)');
    while (isRunning(pid)) await new Promise(setImmediate);
    expect(await during.ended).toBe('its launcher (SIGKILL)');
    const after = start();
    expect(isRunning(await after.started)).toBe(true);
    after.kill();
    expect(await after.ended).toBe('signal SIGKILL');
  });
});
