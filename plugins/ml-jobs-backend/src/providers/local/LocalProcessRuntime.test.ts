import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import { describeJobRuntime } from '@downstage/plugin-ml-jobs-node/testUtils';
import {
  createFixture,
  git,
  kindsHere,
  type LocalFixture,
} from './localFixture';

jest.setTimeout(60_000);

describe.each(kindsHere())('Isolation %s', kind => {
  describeJobRuntime('local-process', () => createFixture({ kind }));
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
      source: { repository: fixture.repository, commit },
    });
    await submit(spec);
    const seen = await ended(spec);
    expect(seen.state).toBe('succeeded');
    expect(seen.environment).toMatch(/^[0-9a-f]{16}$/);
    expect(await logOf(spec)).toContain(
      `from ${join(fixture.root, 'environments', String(seen.environment))}`,
    );
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
      source: { repository: fixture.repository, commit },
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
        resources: { gpus: 1, nodes: 2 },
      },
    });
    const { warnings } = await submit(spec);
    expect(warnings.map(({ option }) => option)).toEqual([
      'isolation',
      'resources.gpus',
      'resources.nodes',
    ]);
    await ended(spec);
  });

  it('holds a process to its memory', async () => {
    const spec = await fixture.specOf('', {
      definition: {
        apiVersion: 'downstage.dev/v1',
        kind: 'Job',
        entryPoint: 'python -c "x = bytearray(400 * 1024 * 1024)"',
        resources: { memory: '200Mi' },
      },
    });
    await submit(spec);
    expect((await ended(spec)).state).toBe('failed');
    expect(await logOf(spec)).toContain('MemoryError');
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
      source: { repository: fixture.repository, commit },
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
print('\\x1b]0;title\\x07a\\bb\\r\\n', end='')
print('no end', end='')
`,
    );
    const spec = await fixture.specOf('python train.py', {
      source: { repository: fixture.repository, commit },
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
