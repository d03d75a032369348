import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { getPriority } from 'node:os';
import { createInterface } from 'node:readline';
import { setThreads } from './niceness';

const onLinux = existsSync('/proc/self/task') ? describe : describe.skip;

onLinux('the niceness of a process', () => {
  let child: ChildProcess;
  afterEach(async () => {
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  });

  it('is that of all its threads, also of those that collect garbage', async () => {
    child = spawn(
      process.execPath,
      ['-e', 'console.log("runs"); setInterval(() => {}, 1e6)'],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(createInterface({ input: child.stdout! }), 'line');
    const pid = child.pid!;
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    expect(threads.length).toBeGreaterThan(1);
    const wanted = Math.min(getPriority(pid) + 3, 19);
    setThreads(pid, wanted);
    expect(threads.map(thread => getPriority(thread))).toEqual(
      threads.map(() => wanted),
    );
  });
});
