import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, getPriority } from 'node:os';
import { join } from 'node:path';
import { git } from '@downstage/node/testUtils';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import { describeJobRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import { createFixture, kindsHere, type LocalFixture } from './localFixture';

jest.setTimeout(60_000);

const autogroup = '/proc/self/autogroup';
/** Where the kernel shares the processors out by session. */
const sessionsHaveNiceness =
  existsSync(autogroup) && / nice -?\d/.test(readFileSync(autogroup, 'utf8'));

describe.each(kindsHere())('Isolation %s', kind => {
  describeJobRuntime('local-process', () => createFixture({ kind }));

  it('starts as many processes as a job asks for, which find each other', async () => {
    const fixture = await createFixture({ kind });
    try {
      const { runtime } = fixture;
      const spec = await fixture.specOf(
        // The second one sends its rank to the first one, by the address that PyTorch reads.
        `python -c '
import os, socket
rank, port = int(os.environ["RANK"]), int(os.environ["MASTER_PORT"])
if rank == 0:
    listener = socket.create_server((os.environ["MASTER_ADDR"], port))
    seen = listener.accept()[0].recv(10).decode()
    print("got", seen, "of", os.environ["WORLD_SIZE"])
while rank == 1:
    try:
        socket.create_connection((os.environ["MASTER_ADDR"], port)).send(b"rank 1")
        break
    except ConnectionRefusedError:
        pass
'`,
      );
      spec.definition = {
        ...spec.definition,
        ...{ processesPerNode: 2, distributed: 'ddp' },
      };
      const { handle } = await runtime.submit(spec, {
        idempotencyKey: spec.jobId,
        signal: new AbortController().signal,
      });
      let seen = await runtime.inspect(handle);
      while (['absent', 'preparing', 'running'].includes(seen.state))
        seen = await runtime.inspect(handle);
      const log = await runtime.readLog(handle, { offset: 0, limit: 1e6 });
      expect(log.text).toContain('[rank 0] got rank 1 of 2\n');
      expect(seen).toMatchObject({ state: 'succeeded' });
    } finally {
      await fixture.close();
    }
  });

  it('gives no figure of the end of a job that nobody has measured', async () => {
    const fixture = await createFixture({ kind, sampleMs: 2_500 });
    try {
      const { runtime } = fixture;
      const spec = await fixture.specOf(
        // It goes on for longer than a second when a sample was taken, and ends before the next one.
        `python -c '
import os, time
x = bytearray(b"1") * (50 << 20)
while not os.path.exists(os.environ["HOME"] + "/go"): pass
start = time.process_time()
while time.process_time() < start + 1.3: pass
'`,
      );
      const { handle } = await runtime.submit(spec, {
        idempotencyKey: spec.jobId,
        signal: new AbortController().signal,
      });
      const isOver = async () =>
        !['absent', 'preparing', 'running'].includes(
          (await runtime.inspect(handle)).state,
        );
      const samples = async () => {
        const read = await runtime.readSamples(handle);
        return read?.points.length ? read : undefined;
      };
      while (!(await samples()) && !(await isOver()));
      const before = (await samples())!;
      const home = join(fixture.root, 'jobs', spec.jobId, 'attempt-1/home');
      writeFileSync(join(home, 'go'), '');
      while (!(await isOver()));
      const { points, mean } = (await samples())!;
      const later = points.slice(before.points.length);
      for (const { cpu, memory } of later) {
        expect(cpu).toBeGreaterThan(0);
        expect(memory).toBeGreaterThan(50 * 1024 ** 2);
      }
      const least = Math.min(...points.map(({ cpu }) => cpu));
      expect(mean?.cpu).toBeGreaterThanOrEqual(least - 0.01);
    } finally {
      await fixture.close();
    }
  });
});

describe('LocalProcessRuntime', () => {
  let fixture: LocalFixture;
  beforeEach(async () => {
    fixture = await createFixture();
  });
  afterEach(() => fixture.close());

  const submit = (spec: JobSpec, runtime = fixture.runtime) =>
    runtime.submit(spec, {
      idempotencyKey: spec.jobId,
      signal: new AbortController().signal,
    });

  async function until<T>(
    look: () => Promise<T | undefined> | T | undefined,
  ): Promise<T> {
    for (;;) {
      const found = await look();
      if (found) return found;
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
  }
  const ended = (spec: JobSpec) =>
    until(async () => {
      const seen = await fixture.runtime.inspect(
        fixture.runtime.handleOf(spec),
      );
      return ['absent', 'preparing', 'running'].includes(seen.state)
        ? undefined
        : seen;
    });
  const logOf = async (spec: JobSpec) =>
    (
      await fixture.runtime.readLog(fixture.runtime.handleOf(spec), {
        offset: 0,
        limit: 1e6,
      })
    ).text;
  const readAll = async (spec: JobSpec) => {
    const pieces = [];
    for (let offset = 0; ; ) {
      const piece = await fixture.runtime.readLog(
        fixture.runtime.handleOf(spec),
        { offset, limit: 100_000, isOver: true },
      );
      if (!piece.text) return { text: pieces.join(''), size: piece.size };
      pieces.push(piece.text);
      offset = piece.nextOffset;
    }
  };
  const processOf = (spec: JobSpec) =>
    JSON.parse(
      readFileSync(
        join(fixture.root, 'jobs', spec.jobId, 'attempt-1', 'process.json'),
        'utf8',
      ),
    ) as { pid: number };
  const isRunning = (pid: number) => {
    try {
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
    } catch {
      return false;
    }
  };

  it('runs Python of a virtual environment on the code of the commit, not of the folder', async () => {
    const commit = fixture.commitFile(
      'train.py',
      'import sys\nprint("from", sys.prefix)\n',
    );
    fixture.commitFile('train.py', 'raise SystemExit("newer")\n');
    const spec = await fixture.specOf('python train.py', {
      source: fixture.sourceAt(commit),
    });
    await submit(spec);
    const seen = await ended(spec);
    expect(seen.state).toBe('succeeded');
    expect(seen.environment).toMatch(/^[0-9a-f]{16}$/);
    expect(await logOf(spec)).toContain(
      `from ${join(fixture.root, 'environments', String(seen.environment))}`,
    );
  });

  it('ends all processes of a job when one of them fails, with the code of that one', async () => {
    const spec = await fixture.specOf(
      'if [ "$RANK" = 1 ]; then echo no data; exit 3; fi; sleep 600 & wait',
    );
    spec.definition = { ...spec.definition, processesPerNode: 3 };
    await submit(spec);
    expect(await ended(spec)).toMatchObject({ state: 'failed', exitCode: 3 });
    const log = await logOf(spec);
    expect(log).toContain('[rank 1] no data\n');
    expect(log).toContain(
      '[downstage] rank 1 ended with code 3; the other processes are ended\n',
    );
    const ours = `DOWNSTAGE_ATTEMPT=${spec.jobId}/1`;
    await until(
      () =>
        !readdirSync('/proc')
          .filter(name => /^\d+$/.test(name))
          .some(pid => {
            try {
              return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(
                ours,
              );
            } catch {
              return false;
            }
          }),
    );
  });

  it('shows of the progress bar of each process its last state only', async () => {
    const spec = await fixture.specOf(
      `printf '1 %%\\r50 %%\\r100 %% of %s\\n' "$LOCAL_RANK"`,
    );
    spec.definition = { ...spec.definition, processesPerNode: 2 };
    await submit(spec);
    expect(await ended(spec)).toMatchObject({ state: 'succeeded' });
    const log = await logOf(spec);
    expect(log).toContain('[rank 0] 100 % of 0\n');
    expect(log).toContain('[rank 1] 100 % of 1\n');
    expect(log).not.toContain('] 50 %');
  });

  it('builds an environment once for jobs with the same requirements, and leaves nothing half made', async () => {
    fixture.commitFile('requirements.txt', '# none\n');
    const definition = {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'python -c "import pip"',
      environment: { requirements: 'requirements.txt' },
    } as const;
    const specs = [
      await fixture.specOf('', { definition }),
      await fixture.specOf('', { definition }),
    ];
    specs.forEach(spec => {
      spec.source.commit = git(fixture.repository, 'rev-parse', 'HEAD');
    });
    await Promise.all(specs.map(spec => submit(spec)));
    const seen = await Promise.all(specs.map(ended));
    expect(seen.map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    expect(seen[0].environment).toBe(seen[1].environment);
    expect(
      readdirSync(join(fixture.root, 'environments')).filter(
        name => name !== 'caches',
      ),
    ).toHaveLength(2);
    const logs = await Promise.all(specs.map(logOf));
    expect(
      logs.filter(text => text.includes('Building environment')),
    ).toHaveLength(1);
  });

  it.each([
    ['-e .', 'RequirementsRefused'],
    ['-r ../../secrets.txt', 'RequirementsMissing'],
    [
      'no-such-package-of-downstage @ https://127.0.0.1:9/x.whl',
      'InstallFailed',
    ],
  ])('says what is wrong with the requirement %s', async (line, reason) => {
    const commit = fixture.commitFile('requirements.txt', `${line}\n`);
    const spec = await fixture.specOf('true', {
      source: fixture.sourceAt(commit),
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'true',
        environment: { requirements: 'requirements.txt' },
      },
    });
    await submit(spec);
    expect(await ended(spec)).toMatchObject({ state: 'failed', reason });
    expect(readdirSync(fixture.root)).not.toContain('secrets.txt');
  });

  it('says which Python is needed when there is none', async () => {
    await fixture.close();
    fixture = await createFixture({ python: '/nonexistent/python3' });
    const spec = await fixture.specOf('true');
    await submit(spec);
    const seen = await ended(spec);
    expect(seen).toMatchObject({ state: 'failed', reason: 'PythonMissing' });
    expect(seen.message).toMatch(
      /No Python 3\.10 or newer in mlJobs\.local\.python.*Install Python 3\.11/,
    );
  });

  it('lists the prebuilt environments when the named one is not there', async () => {
    const spec = await fixture.specOf('true', {
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'true',
        environment: { name: 'gpu' },
      },
    });
    await submit(spec);
    expect(await ended(spec)).toMatchObject({
      state: 'failed',
      reason: 'EnvironmentUnknown',
    });
  });

  it('runs no hook of the repository', async () => {
    const hook = join(fixture.repository, '.git', 'hooks', 'post-checkout');
    writeFileSync(hook, `#!/bin/sh\necho > '${fixture.root}/hooked'\n`, {
      mode: 0o755,
    });
    const spec = await fixture.specOf('true');
    await submit(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    expect(readdirSync(fixture.root)).not.toContain('hooked');
  });

  it('warns of resources it cannot give', async () => {
    const spec = await fixture.specOf('true', {
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'true',
        resources: { cpu: 1024 },
      },
    });
    const { warnings } = await submit(spec);
    expect(warnings.map(({ option }) => option)).toEqual([
      'isolation',
      'resources.cpu',
    ]);
    await ended(spec);
  });

  const fileOf = (spec: JobSpec, name: string) =>
    join(fixture.root, 'jobs', spec.jobId, 'attempt-1', name);
  const go = (spec: JobSpec) => writeFileSync(fileOf(spec, 'home/go'), '');
  const samplesOf = (spec: JobSpec): number => {
    try {
      const text = readFileSync(fileOf(spec, 'usage.json'), 'utf8');
      return JSON.parse(text).points.length;
    } catch {
      return 0;
    }
  };
  const withMemory = async (memory: string, source: string) => {
    const commit = fixture.commitFile('use.py', source);
    const spec = await fixture.specOf('python use.py', {
      source: fixture.sourceAt(commit),
    });
    spec.definition = { ...spec.definition, resources: { memory } };
    await submit(spec);
    return spec;
  };

  it('ends a job whose processes use too much together, children that left it among them', async () => {
    const spec = await withMemory(
      '300Mi',
      `import os, subprocess, sys, time
part = "import time; x = bytearray(b'1') * (120 << 20); print('has its part', flush=True); time.sleep(600)"
for _ in range(3):
    subprocess.Popen([sys.executable, "-c", part], start_new_session=True, env={})
time.sleep(600)
`,
    );
    const seen = await ended(spec);
    expect(seen).toMatchObject({ state: 'failed', reason: 'OutOfMemory' });
    expect(seen.message).toMatch(
      /^It used 3\d\d MiB of 300 MiB and was ended; ask for memory: (512|768)Mi$/,
    );
    expect(await logOf(spec)).toMatch(
      /\[downstage\] All processes were ended: they used 3\d\d MiB of 300 MiB of memory\n$/,
    );
  });

  it('lets a job have memory that its processes share, that the system can take back, or that it only reserves', async () => {
    const spec = await withMemory(
      '300Mi',
      `import mmap, os, time
shared = mmap.mmap(-1, 100 << 20)
shared.write(b"1" * (100 << 20))
copied = bytearray(b"1") * (60 << 20)
reserved = mmap.mmap(-1, 4 << 30, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
with open("data.bin", "wb") as file:
    for _ in range(400):
        file.write(b"1" * (1 << 20))
with open("data.bin", "rb") as file:
    mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
print(sum(mapped[i] for i in range(0, len(mapped), 4096)))
children = []
for _ in range(4):
    child = os.fork()
    if not child:
        sum(shared[i] for i in range(0, len(shared), 4096)); sum(copied[::4096])
        print("has seen it", flush=True)
        while not os.path.exists(os.environ["HOME"] + "/go"):
            time.sleep(0.02)
        os._exit(0)
    children.append(child)
for child in children:
    os.waitpid(child, 0)
print("all of it was used")
`,
    );
    const isOver = async () => {
      const handle = fixture.runtime.handleOf(spec);
      return (await fixture.runtime.inspect(handle)).state === 'failed';
    };
    await until(
      async () =>
        (await logOf(spec)).match(/has seen it/g)?.length === 4 ||
        (await isOver()),
    );
    const before = samplesOf(spec);
    await until(async () => samplesOf(spec) >= before + 3 || (await isOver()));
    go(spec);
    expect(await ended(spec)).toMatchObject({ state: 'succeeded' });
    expect(await logOf(spec)).toContain('all of it was used');
  });

  it('goes on holding a job to its memory when the portal is gone', async () => {
    const spec = await withMemory(
      '200Mi',
      `import os, time
while not os.path.exists(os.environ["HOME"] + "/go"):
    time.sleep(0.02)
x = bytearray(b"1") * (400 << 20)
time.sleep(600)
`,
    );
    await until(async () => {
      const seen = await fixture.runtime.inspect(
        fixture.runtime.handleOf(spec),
      );
      return seen.state === 'running' || undefined;
    });
    const next = (await fixture.restarted()) as LocalFixture['runtime'];
    go(spec);
    const seen = await until(async () => {
      const now = await next.inspect(next.handleOf(spec));
      return now.state === 'running' ? undefined : now;
    });
    expect(seen).toMatchObject({ state: 'failed', reason: 'OutOfMemory' });
  });

  it('says of a command that was killed that it was not the portal, and whether the system lacked memory', async () => {
    const spec = await fixture.specOf('kill -9 $$');
    await submit(spec);
    expect(await ended(spec)).toMatchObject({
      state: 'failed',
      reason: 'ProcessKilled',
      exitCode: 137,
      message: expect.stringMatching(
        /^The command was killed from outside \(signal 9\), and not by the portal; the system ended no process/,
      ),
    });
  });

  it('is ended before the portal where the system lacks memory', async () => {
    if (process.platform !== 'linux') return;
    const spec = await fixture.specOf('cat /proc/self/oom_score_adj');
    await submit(spec);
    await ended(spec);
    expect(await logOf(spec)).toMatch(/^500$/m);
  });

  it('samples what a job uses, its children among it, and keeps that for a portal that is started later', async () => {
    const spec = await withMemory(
      '1Gi',
      `import os, subprocess, sys
x = bytearray(b"1") * (100 << 20)
busy = "import os\\nwhile not os.path.exists(os.environ['HOME'] + '/go'): pass"
children = [subprocess.Popen([sys.executable, "-c", busy]) for _ in range(2)]
for child in children:
    child.wait()
`,
    );
    await until(() => samplesOf(spec) >= 2 || undefined);
    go(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    const next = (await fixture.restarted()) as LocalFixture['runtime'];
    const { points, peak, mean } = (await next.readSamples(
      next.handleOf(spec),
    ))!;
    const mib = 1024 ** 2;
    expect(peak?.memory).toBeGreaterThan(100 * mib);
    expect(peak?.memory).toBeLessThan(250 * mib);
    expect(mean?.memory).toBeLessThanOrEqual(peak?.memory ?? 0);
    expect(mean?.cpu).toBeGreaterThan(0);
    expect(points.map(({ seconds }) => seconds)).toEqual(
      points.map(({ seconds }) => seconds).sort((a, b) => a - b),
    );
    // As the kernel counts it for the wrapper's children: no more than there are cores, with room for a tick.
    expect(peak?.cpu).toBeLessThan(availableParallelism() + 1);
  });

  it('counts the time of a process once when its parent ends with it', async () => {
    const burn = 'import time\nwhile time.process_time() < 1.5: pass';
    const spec = await fixture.specOf(
      // The inner shell ends with what it has waited for, between two samples.
      `sh -c 'python -c "${burn}"; true'; sleep 0.5; sh -c 'python -c "${burn}"; true'; sleep 0.5`,
    );
    await submit(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    const { peak } = (await fixture.runtime.readSamples(
      fixture.runtime.handleOf(spec),
    ))!;
    expect(peak?.cpu).toBeGreaterThan(0);
    expect(peak?.cpu).toBeLessThan(2);
  });

  it('asks nvidia-smi of the portal for the GPUs of the job, and not one that the job brings', async () => {
    const tools = join(fixture.root, 'tools-of-the-test');
    mkdirSync(tools);
    // A fake of nvidia-smi: this machine may have no GPU.
    writeFileSync(
      join(tools, 'nvidia-smi'),
      `#!/bin/sh
case $1 in
*gpu=*) printf '0, GPU-a, 90, 1000\\n1, GPU-b, 40, 3000\\n' ;;
*) printf '%s, GPU-b, 2048\\n4194304, GPU-a, 900\\n' "$(cat ${fixture.root}/pid)" ;;
esac
`,
      { mode: 0o755 },
    );
    const path = process.env.PATH;
    process.env.PATH = `${tools}:${path}`;
    try {
      const spec = await withMemory(
        '1Gi',
        `import os, time
open("${fixture.root}/pid", "w").write(str(os.getpid()))
while not os.path.exists(os.environ["HOME"] + "/go"):
    time.sleep(0.02)
`,
      );
      const { runtime } = fixture;
      const seen = await until(async () => {
        const samples = await runtime.readSamples(runtime.handleOf(spec));
        return samples?.points.find(({ gpu }) => gpu !== undefined);
      });
      expect(seen).toMatchObject({ gpu: 40, gpuMemory: 2048 * 1024 ** 2 });
      go(spec);
      await ended(spec);
    } finally {
      process.env.PATH = path;
    }
  });

  it('joins the samples of a long job, so that their number is bounded', async () => {
    await fixture.close();
    fixture = await createFixture({ mostSamples: 4 });
    const spec = await withMemory(
      '1Gi',
      `import os, time
while not os.path.exists(os.environ["HOME"] + "/go"):
    time.sleep(0.02)
`,
    );
    const seen: number[] = [];
    await until(() => {
      const count = samplesOf(spec);
      if (count && count !== seen.at(-1)) seen.push(count);
      return seen.some((one, at) => one < seen[at - 1]) || undefined;
    });
    go(spec);
    await ended(spec);
    expect(Math.max(...seen)).toBeLessThanOrEqual(5);
    expect(samplesOf(spec)).toBeGreaterThan(0);
  });

  it('gives way to the portal as a process and as a session, whichever the kernel looks at', async () => {
    if (!sessionsHaveNiceness) return;
    const spec = await fixture.specOf('nice; cat /proc/self/autogroup');
    await submit(spec);
    await ended(spec);
    const niceness = Math.min(getPriority() + 5, 19);
    expect(await logOf(spec)).toMatch(
      new RegExp(`^${niceness}\n/autogroup-\\d+ nice 5$`, 'm'),
    );
  });

  it('kills children on cancel, also those that left the group and those that will not listen', async () => {
    const spec = await fixture.specOf(
      `trap '' TERM; setsid sleep 601 & echo "pid $!"; sleep 602; sleep 603`,
    );
    await submit(spec);
    const pid = await until(
      async () => /^pid (\d+)$/m.exec(await logOf(spec))?.[1],
    );
    const leader = processOf(spec).pid;
    await fixture.runtime.cancel(fixture.runtime.handleOf(spec), {
      reason: 'TimedOut',
    });
    expect(isRunning(Number(pid))).toBe(false);
    expect(isRunning(leader)).toBe(false);
    expect(
      await fixture.runtime.inspect(fixture.runtime.handleOf(spec)),
    ).toMatchObject({
      state: 'cancelled',
      reason: 'TimedOut',
    });
  });

  it('ends what a finished command left running in the background', async () => {
    const spec = await fixture.specOf('sleep 604 & echo "pid $!"');
    await submit(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    const pid = Number(/^pid (\d+)$/m.exec(await logOf(spec))?.[1]);
    expect(isRunning(pid)).toBe(false);
  });

  it('does not call a job well whose training failed before a pipe', async () => {
    const spec = await fixture.specOf('(echo trained; exit 3) | cat');
    await submit(spec);
    expect(await ended(spec)).toMatchObject({ state: 'failed', exitCode: 3 });
  });

  it('calls an attempt lost when its process was killed from outside, and ends its children', async () => {
    const spec = await fixture.specOf('echo "pid $$"; exec sleep 605');
    await submit(spec);
    const pid = await until(
      async () => /^pid (\d+)$/m.exec(await logOf(spec))?.[1],
    );
    process.kill(processOf(spec).pid, 'SIGKILL');
    expect(await ended(spec)).toMatchObject({
      state: 'lost',
      reason: 'ProcessLost',
    });
    expect(isRunning(Number(pid))).toBe(false);
  });

  it('does not take another process with the same number for its own', async () => {
    const spec = await fixture.specOf('true');
    const folder = join(fixture.root, 'jobs', spec.jobId, 'attempt-1');
    mkdirSync(folder, { recursive: true });
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    writeFileSync(
      join(folder, 'process.json'),
      JSON.stringify({ pid: process.pid, start: '1', boot }),
    );
    const handle = fixture.runtime.handleOf(spec);
    expect((await fixture.runtime.inspect(handle)).state).toBe('lost');
  });

  it('begins again when the portal died while preparing, and runs once', async () => {
    const spec = await fixture.specOf('echo ran');
    mkdirSync(
      join(fixture.root, 'jobs', spec.jobId, 'attempt-1', 'source.part'),
      { recursive: true },
    );
    await submit(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    expect((await logOf(spec)).match(/^ran$/gm)).toHaveLength(1);
  });

  it('keeps a secret out of the log, however the job prints it', async () => {
    const token = `dsjob_${'abcDEF0123456789'.repeat(3)}`;
    const commit = fixture.commitFile(
      'leak.py',
      `import base64, os, sys
token = os.environ["MLFLOW_TRACKING_TOKEN"]
print(token)
print("Basic", base64.b64encode(("user:" + token).encode()).decode())
sys.stdout.write(token[:20]); sys.stdout.flush()
sys.stdout.write(token[20:] + "\\n")
print("dst_" + "y" * 40)
print(sorted(name for name in os.environ if name.startswith("DOWNSTAGE_M")))
`,
    );
    const spec = await fixture.specOf('python leak.py', {
      source: fixture.sourceAt(commit),
      variables: { MLFLOW_TRACKING_TOKEN: token },
    });
    await submit(spec);
    expect((await ended(spec)).state).toBe('succeeded');
    const stored = readFileSync(
      join(fixture.root, 'jobs', spec.jobId, 'log.txt'),
      'utf8',
    );
    expect(stored).not.toMatch(/abcDEF|dsjob_|dst_/);
    expect(stored).not.toContain(
      Buffer.from(`user:${token}`).toString('base64').slice(10, 30),
    );
    expect(stored.match(/^\*{54}$/gm)).toHaveLength(2);
    expect(stored).toContain('[]');
  });

  it('masks again when a log is read, also where pieces meet', async () => {
    const spec = await fixture.specOf('true');
    await submit(spec);
    await ended(spec);
    const secret = `dst_${'z'.repeat(40)}`;
    const path = join(fixture.root, 'jobs', spec.jobId, 'log.txt');
    writeFileSync(path, `ü before ${secret} after\n`);
    const handle = fixture.runtime.handleOf(spec);
    let text = '';
    for (let offset = 0; ; ) {
      const piece = await fixture.runtime.readLog(handle, { offset, limit: 7 });
      if (piece.nextOffset === offset) break;
      text += piece.text;
      offset = piece.nextOffset;
    }
    expect(text).toBe(`ü before ${'*'.repeat(44)} after\n`);
  });

  it('keeps the last state of a progress bar, in one line and without colours, as folder 22 has it', async () => {
    const commit = fixture.commitFile(
      'train.py',
      `import sys
for i in range(20000):
    sys.stderr.write('\\repoch %3d%%|%s| loss=%.3f' % (i / 200, '#' * (i // 1000), 1 / (i + 1)))
sys.stderr.write('\\n'); print('done \\x1b[31mred\\x1b[0m')
print('x' * 100000)
print('\\x1b]0;title\\x07a\\bb\\x1b]0;title\\x1b\\\\\\r\\n', end='')
print('no end', end='')
`,
    );
    const spec = await fixture.specOf('python train.py', {
      source: fixture.sourceAt(commit),
    });
    await submit(spec);
    await ended(spec);
    const lines = (await logOf(spec)).split('\n').slice(4);
    expect(lines).toEqual([
      `epoch  99%|${'#'.repeat(19)}| loss=0.000`,
      'done red',
      `${'x'.repeat(
        16384,
      )} [downstage: 83616 more characters of this line are left out]`,
      'b',
      'no end',
      '',
    ]);
  });

  it('keeps the head and the tail of a long log, over attempts, and says how much is left out', async () => {
    await fixture.close();
    const log = { headBytes: 4_000, tailBytes: 4_000, bytesPerSecond: 1e9 };
    fixture = await createFixture({ log });
    const commit = fixture.commitFile(
      'train.py',
      'for i in range(3000):\n    print("line", i)\n',
    );
    const spec = await fixture.specOf('python train.py', {
      source: fixture.sourceAt(commit),
    });
    await submit(spec);
    await ended(spec);
    const first = await readAll(spec);
    const notice = /^\[downstage\] (\d+) bytes of the log are left out here$/m;
    const [head, left, tail] = first.text.split(notice);
    expect(head).toMatch(/^\[downstage\] Attempt 1[^]*\nline 300\n/);
    expect(tail).toMatch(/^\nline \d+\n[^]*\nline 2998\nline 2999\n$/);
    expect(tail.length).toBeGreaterThanOrEqual(4_000);
    expect(tail.length).toBeLessThan(6_000);
    expect(head.length + Number(left) + tail.length - 1).toBe(first.size);

    const again = { ...spec, attempt: 2 };
    await submit(again);
    await until(async () => {
      const handle = fixture.runtime.handleOf(again);
      return (await fixture.runtime.inspect(handle)).state === 'succeeded';
    });
    const second = await readAll(spec);
    expect(second.text.split(notice)[0]).toBe(head);
    expect(second.text).toMatch(/\nline 2999\n$/);
    expect(second.size).toBeGreaterThan(first.size * 1.9);
    const files = readdirSync(join(fixture.root, 'jobs', spec.jobId));
    expect(files.filter(name => /^log\.txt/.test(name)).length).toBeLessThan(7);
    const end = await fixture.runtime.readLog(fixture.runtime.handleOf(spec), {
      ...{ offset: -10, limit: 100, isOver: true },
    });
    expect(end.text).toBe('line 2999\n');
  });

  it('leaves out what floods a log, says how much, and keeps the end of it', async () => {
    await fixture.close();
    const log = { headBytes: 2e5, tailBytes: 6e5, bytesPerSecond: 1e5 };
    fixture = await createFixture({ log });
    const token = `dsjob_${'abcDEF0123456789'.repeat(3)}`;
    const commit = fixture.commitFile(
      'flood.py',
      `import os
line = (b"flood " + b"x" * 50 + b" ${token}\\n") * 1000
for _ in range(300):
    os.write(1, line)
print("Traceback: the reason", flush=True)
raise SystemExit(3)
`,
    );
    const spec = await fixture.specOf('python flood.py', {
      source: fixture.sourceAt(commit),
      variables: { MLFLOW_TRACKING_TOKEN: token },
    });
    await submit(spec);
    expect(await ended(spec)).toMatchObject({ state: 'failed', exitCode: 3 });
    const { text } = await readAll(spec);
    const left =
      /^\[downstage\] (\d+) bytes are left out here: more than 100000 a second were written$/m;
    expect(Number(left.exec(text)?.[1])).toBeGreaterThan(1e5);
    expect(text).toMatch(/\nTraceback: the reason\n$/);
    expect(text).not.toMatch(/abcDEF|dsjob_/);
    expect(text.length).toBeLessThan(3e6);
  });

  it('does not write the token anywhere', async () => {
    const spec = await fixture.specOf('true', {
      variables: { MLFLOW_TRACKING_TOKEN: 'dsjob_secret' },
    });
    await submit(spec);
    await ended(spec);
    const found = execFileSync(
      'sh',
      ['-c', `grep -r dsjob_secret ${fixture.root} || true`],
      {
        encoding: 'utf8',
      },
    );
    expect(found).toBe('');
  });
});
