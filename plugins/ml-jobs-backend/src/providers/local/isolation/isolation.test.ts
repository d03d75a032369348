import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import { createFixture, kindsHere, type LocalFixture } from '../localFixture';
import type { IsolationKind } from './Isolation';

jest.setTimeout(120_000);

/** Tries what a hostile job would, and prints what it got. */
const hostile = `
import ctypes, glob, json, os, signal, sys, tempfile

root, portal, mine = sys.argv[1], int(sys.argv[2]), sys.argv[3]
got = {}

def attempt(name, action):
    try:
        got[name] = action()
    except BaseException:
        got[name] = None

def read(path):
    with open(path, "rb") as file:
        return file.read().decode("utf-8", "replace")

def write(path, text="forged"):
    with open(path, "w") as file:
        file.write(text)
    return "written"

attempt("database", lambda: read(root + "/database/ml-jobs.sqlite"))
attempt("key", lambda: read(root + "/registry-secrets.key"))
attempt("through proc", lambda: read("/proc/1/root" + root + "/registry-secrets.key"))
attempt("data of others", lambda: read(root + "/datasets/other.csv"))
attempt("list of the data directory", lambda: [n for n in os.listdir(root) if n == "database"] or None)
attempt("log of another job", lambda: read(root + "/jobs/other/log.txt"))
attempt("source of another job", lambda: read(root + "/jobs/other/attempt-1/source/train.py"))
attempt("environment of another owner", lambda: read(root + "/environments/other-1234/secret.py"))
attempt("own environment changed", lambda: write(sys.prefix + "/lib/planted.py"))
attempt("input changed", lambda: write(os.environ["DOWNSTAGE_INPUT_DATA"]))
mine and attempt("result forged", lambda: write(os.path.dirname(mine) + "/exit.json", json.dumps({"exitCode": 7})) and None)
attempt("password hashes", lambda: read("/etc/shadow"))
def environments():
    found = [read(path) for path in glob.glob("/proc/[0-9]*/environ") if readable(path)]
    return [text for text in found if "PORTAL_SECRET=" in text] or None
def readable(path):
    try:
        read(path)
        return True
    except OSError:
        return False
attempt("secrets of processes", environments)
attempt("processes", lambda: [p for p in glob.glob("/proc/[0-9]*/cmdline") if "of-the-portal" in read(p)] or None)
def kill():
    os.kill(portal, signal.SIGKILL)
    return "killed"
attempt("portal killed", kill)
libc = ctypes.CDLL(None, use_errno=True)
attempt("remounted", lambda: "remounted" if libc.mount(None, b"/usr", None, 32 | 4096, None) == 0 else None)
attempt("new namespace", lambda: "made" if libc.unshare(0x10000000) == 0 else None)
good = {"input": read(os.environ["DOWNSTAGE_INPUT_DATA"])}
write("result.txt", "mine"); write(tempfile.gettempdir() + "/scratch", "mine"); write(os.environ["HOME"] + "/file", "mine")
good["inputs"] = read(json.loads(os.environ["DOWNSTAGE_INPUTS"])["data"]["path"])
import ssl, sqlite3, multiprocessing
with multiprocessing.Pool(2) as pool:
    good["pool"] = sum(pool.map(abs, [-1, -2]))
print("RESULT " + json.dumps({"got": {k: v for k, v in got.items() if v is not None}, "good": good}))
`;

/** What may work all the same, by kind. */
const open: Record<IsolationKind, (name: string) => boolean> = {
  none: () => true,
  bubblewrap: () => false,
  'user-namespaces': () => false,
  // Names of processes are public on a machine. A namespace of its own opens nothing: the files stay another user's.
  'system-user': name => ['processes', 'new namespace'].includes(name),
  // They share the numbers of processes, and those of one user may end each other.
  'systemd-run': name => ['processes', 'portal killed'].includes(name),
};

describe.each(kindsHere())('A hostile job in the isolation %s', kind => {
  let fixture: LocalFixture;
  let victim: ReturnType<typeof spawn>;
  let victimEnded: boolean;
  beforeEach(async () => {
    fixture = await createFixture({ kind });
    const { root } = fixture;
    const put = (path: string, text: string) => {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    };
    put('database/ml-jobs.sqlite', 'SECRET rows');
    put('registry-secrets.key', 'SECRET key');
    put('datasets/mine.csv', 'a,b\n1,2\n');
    put('datasets/other.csv', 'SECRET data');
    put('environments/other-1234/secret.py', 'SECRET code');
    // What another job leaves, made by the runtime itself.
    const commit = fixture.commitFile('train.py', '# SECRET training\n');
    const other = await fixture.specOf('echo SECRET log', {
      jobId: 'other',
      source: fixture.sourceAt(commit),
    });
    await run(other);
    victimEnded = false;
    victim = spawn('sleep', ['600'], {
      argv0: 'of-the-portal',
      env: { ...process.env, PORTAL_SECRET: 'SECRET environment' },
    });
    victim.on('exit', () => {
      victimEnded = true;
    });
  });
  afterEach(async () => {
    victim.kill('SIGKILL');
    await fixture.close();
  });

  async function run(spec: JobSpec) {
    const { runtime } = fixture;
    const { handle } = await runtime.submit(spec, {
      idempotencyKey: spec.jobId,
      signal: new AbortController().signal,
    });
    for (;;) {
      const seen = await runtime.inspect(handle);
      if (!['absent', 'preparing', 'running'].includes(seen.state)) {
        const { text } = await runtime.readLog(handle, {
          offset: 0,
          limit: 1e6,
        });
        return { ...seen, text };
      }
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
  }

  async function attack() {
    const { root } = fixture;
    const path = join(root, 'datasets/mine.csv');
    const commit = fixture.commitFile('hostile.py', hostile);
    const spec = await fixture.specOf(
      // Without an isolation the forged result works, and ends the script.
      `python hostile.py ${root} ${victim.pid} ${
        kind === 'none' ? '""' : '"$PWD"'
      }`,
      {
        source: fixture.sourceAt(commit),
        inputs: {
          data: {
            ...{ ref: 'default/mine@1', path, sha256: '', format: 'csv' },
            files: [],
          },
        },
        variables: {
          DOWNSTAGE_INPUT_DATA: path,
          DOWNSTAGE_INPUTS: JSON.stringify({ data: { path } }),
        },
      },
    );
    const { text, state, isolation } = await run(spec);
    const result = /^RESULT (.*)$/m.exec(text)?.[1];
    if (!result) throw new Error(`The script did not end well:\n${text}`);
    return {
      state,
      isolation,
      path,
      jobId: spec.jobId,
      ...(JSON.parse(result) as {
        got: Record<string, unknown>;
        good: Record<string, unknown>;
      }),
    };
  }

  it('gets only what is promised, and all that an honest job needs', async () => {
    const { got, good, state, isolation, path, jobId } = await attack();
    expect({ state, isolation }).toEqual({
      state: 'succeeded',
      isolation: kind,
    });
    const free = kind === 'none';
    const data = free ? 'forged' : 'a,b\n1,2\n';
    expect(good).toEqual({ input: data, inputs: data, pool: 3 });
    const exit = join(fixture.root, 'jobs', jobId, 'attempt-1/exit.json');
    const unexpected = Object.keys(got).filter(name => !open[kind](name));
    expect({
      unexpected,
      victimEnded,
      input: readFileSync(path, 'utf8'),
      exit: readFileSync(exit, 'utf8'),
    }).toEqual({
      unexpected: [],
      victimEnded: free,
      input: data,
      exit: '{"exitCode":0}',
    });
    // An attack that never works would prove nothing.
    expect(Object.keys(got)).toEqual(
      expect.arrayContaining(
        free
          ? [
              'database',
              'key',
              'log of another job',
              'source of another job',
              'environment of another owner',
              'secrets of processes',
              'portal killed',
            ]
          : [],
      ),
    );
  });

  it('leaves nothing behind when it is cancelled, whatever it detached', async () => {
    const { runtime } = fixture;
    const seconds = 7_000 + process.pid;
    const spec = await fixture.specOf(
      `trap '' TERM; env -i setsid sh -c "trap '' TERM; exec sleep ${seconds}" & echo up; sleep ${seconds}; sleep ${seconds}`,
    );
    const { handle } = await runtime.submit(spec, {
      idempotencyKey: spec.jobId,
      signal: new AbortController().signal,
    });
    const sleeping = () =>
      execFileSync('ps', ['-A', '-o', 'pid=,args='], { encoding: 'utf8' })
        .split('\n')
        .map(line => line.trim().split(' '))
        .filter(([, ...args]) => args.join(' ') === `sleep ${seconds}`)
        .map(([pid]) => Number(pid));
    while (sleeping().length < 2) {
      expect((await runtime.inspect(handle)).state).not.toBe('failed');
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
    const again = await fixture.restarted();
    expect((await again.inspect(handle)).state).toBe('running');
    await again.cancel(handle, { reason: 'TimedOut' });
    expect(await again.inspect(handle)).toMatchObject({
      state: 'cancelled',
      reason: 'TimedOut',
    });
    // Without an isolation a process that changes its session and its environment is out of sight.
    const left = sleeping();
    left.forEach(pid => process.kill(pid, 'SIGKILL'));
    expect(left).toHaveLength(kind === 'none' ? 1 : 0);
  });

  it('is asked to end before it is killed', async () => {
    // As long as a slow machine may need: the job ends by itself.
    await fixture.close();
    fixture = await createFixture({ kind, graceMs: 60_000 });
    const { runtime } = fixture;
    const commit = fixture.commitFile(
      'polite.py',
      'import signal, sys, time\nsignal.signal(signal.SIGTERM, lambda *_: (print("checkpoint written", flush=True), sys.exit(0)))\nprint("listening", flush=True)\nsignal.pause()\n',
    );
    const spec = await fixture.specOf('python polite.py', {
      source: fixture.sourceAt(commit),
    });
    const { handle } = await runtime.submit(spec, {
      idempotencyKey: spec.jobId,
      signal: new AbortController().signal,
    });
    const log = async () =>
      (await runtime.readLog(handle, { offset: 0, limit: 1e6 })).text;
    while (!(await log()).includes('listening\n')) {
      expect((await runtime.inspect(handle)).state).not.toBe('failed');
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
    }
    await runtime.cancel(handle, { reason: 'PortalStopped' });
    expect(await log()).toContain('checkpoint written');
    expect(await runtime.inspect(handle)).toMatchObject({
      state: 'cancelled',
      reason: 'PortalStopped',
    });
  });

  it('holds a job to its memory, and says what to ask for', async () => {
    const spec = await fixture.specOf(
      'python -c "import time; x = bytearray(b\'1\') * (400 * 1024 * 1024); time.sleep(600)"',
    );
    spec.definition = { ...spec.definition, resources: { memory: '200Mi' } };
    const { state } = await run(spec);
    const seen = await fixture.runtime.inspect(fixture.runtime.handleOf(spec));
    expect({ ...seen, state }).toMatchObject({
      state: 'failed',
      reason: 'OutOfMemory',
      message: expect.stringMatching(
        /^It used \d+ MiB of 200 MiB and was ended; ask for memory: \d+Mi$/,
      ),
    });
  });

  it('counts the files in a /dev/shm of its own as memory of the job', async () => {
    if (!['bubblewrap', 'user-namespaces'].includes(kind)) return;
    const spec = await fixture.specOf(
      'dd if=/dev/zero of=/dev/shm/big bs=1M count=400; sleep 600',
    );
    spec.definition = { ...spec.definition, resources: { memory: '200Mi' } };
    expect(await run(spec)).toMatchObject({
      state: 'failed',
      reason: 'OutOfMemory',
    });
  });

  it('runs no program of its environment outside of the isolation', async () => {
    const first = await fixture.specOf('true');
    const { environment } = await run(first);
    const bin = join(fixture.root, 'environments', String(environment), 'bin');
    const reached = join(fixture.root, 'reached');
    const names =
      'cat chmod date env mkdir mkfifo mv nice nvidia-smi pip ps python python3 rm sed sh sleep touch bwrap unshare systemd-run';
    // What a package may install. Inside of the isolation it cannot write there.
    for (const name of names.split(' ')) {
      rmSync(join(bin, name), { force: true });
      writeFileSync(
        join(bin, name),
        `#!/bin/sh\necho ${name} >> '${reached}'\nPATH=/usr/sbin:/usr/bin:/sbin:/bin exec ${name} "$@"\n`,
        { mode: 0o755 },
      );
    }
    const second = await fixture.specOf('command -v cat');
    second.definition = { ...second.definition, resources: { memory: '1Gi' } };
    const { state, text } = await run(second);
    expect(existsSync(reached) && readFileSync(reached, 'utf8')).toBe(false);
    expect(state).toBe('succeeded');
    // The job itself finds them first, as a virtual environment promises.
    expect(text).toMatch(/environments\/.*\/bin\/cat\n/);
  });

  it('keeps its log for the portal', async () => {
    const spec = await fixture.specOf('true');
    await run(spec);
    const { mode } = statSync(
      join(fixture.root, 'jobs', spec.jobId, 'log.txt'),
    );
    expect(mode & 0o077).toBe(0);
  });
});
