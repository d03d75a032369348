import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JobSpec } from '@downstage/plugin-ml-jobs-node';
import type { JobRuntimeFixture } from '@downstage/plugin-ml-jobs-node/testUtils';
import { Environments } from './Environments';
import { candidatesOf } from './isolation/chooseIsolation';
import type { Isolation, IsolationKind } from './isolation/Isolation';
import { NoIsolation } from './isolation/NoIsolation';
import { LocalProcessRuntime } from './LocalProcessRuntime';

/** A Python that users other than root may run. */
const systemPython = '/usr/bin/python3';

/** The isolation of a kind for a data directory, or why it does not work here. */
export async function isolationOf(
  kind: IsolationKind,
  dataDir: string,
): Promise<Isolation | string> {
  if (kind === 'none') return new NoIsolation();
  const { signal } = new AbortController();
  const folders = {
    dataDir,
    jobsFolder: join(dataDir, 'jobs'),
    environmentsFolder: join(dataDir, 'environments'),
  };
  mkdirSync(folders.jobsFolder, { recursive: true });
  mkdirSync(folders.environmentsFolder, { recursive: true });
  const found = (
    await candidatesOf({ folders, python: systemPython, signal })
  ).find(isolation => isolation.kind === kind);
  if (!found) return `there is no ${kind} on this system`;
  const reason = await found.detect({ folder: folders.jobsFolder, signal });
  return reason ?? found;
}

/** Which kinds this machine has; asked before the tests are declared, so by means that do not wait. */
export function kindsHere(): IsolationKind[] {
  const works = (command: string, ...args: string[]) => {
    try {
      execFileSync(command, args, { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };
  const kinds: IsolationKind[] = ['none'];
  if (process.platform !== 'linux') return kinds;
  if (works('bwrap', '--unshare-user', '--ro-bind', '/', '/', 'true'))
    kinds.push('bubblewrap');
  if (works('unshare', '--user', '--pid', '--fork', '--mount-proc', 'true'))
    kinds.push('user-namespaces');
  if (process.getuid?.() === 0 && works(systemPython, '--version'))
    kinds.push('system-user');
  return kinds;
}

export function git(cwd: string, ...args: string[]) {
  return execFileSync('git', args, {
    cwd,
    encoding: 'utf8',
    env: {
      PATH: process.env.PATH,
      GIT_AUTHOR_NAME: 'Ann',
      GIT_AUTHOR_EMAIL: 'ann@example.com',
      GIT_COMMITTER_NAME: 'Ann',
      GIT_COMMITTER_EMAIL: 'ann@example.com',
    },
  }).trim();
}

export type LocalFixture = JobRuntimeFixture & {
  runtime: LocalProcessRuntime;
  root: string;
  repository: string;
  commitFile(name: string, text: string): string;
};

export async function createFixture(
  options: { python?: string; kind?: IsolationKind; graceMs?: number } = {},
): Promise<LocalFixture> {
  const { kind = 'none' } = options;
  const root = mkdtempSync(join(tmpdir(), 'jobs-'));
  const isolation = await isolationOf(kind, root);
  if (typeof isolation === 'string') throw new Error(`${kind}: ${isolation}`);
  const repository = join(root, 'project');
  mkdirSync(repository);
  git(repository, 'init', '-q', '-b', 'main');
  const commitFile = (name: string, text: string) => {
    writeFileSync(join(repository, name), text);
    git(repository, 'add', '.');
    git(repository, 'commit', '-qm', name);
    return git(repository, 'rev-parse', 'HEAD');
  };
  let commit = commitFile('README.md', 'A project\n');
  const runtimes: LocalProcessRuntime[] = [];
  const started: JobSpec[] = [];
  const create = () => {
    const runtime = new LocalProcessRuntime({
      folder: join(root, 'jobs'),
      environments: new Environments({
        folder: join(root, 'environments'),
        isolation,
        python:
          options.python ?? (kind === 'system-user' ? systemPython : undefined),
      }),
      isolation,
      slots: 2,
      graceMs: options.graceMs ?? 500,
    });
    runtimes.push(runtime);
    return runtime;
  };
  let count = 0;
  return {
    root,
    repository,
    commitFile: (name, text) => {
      commit = commitFile(name, text);
      return commit;
    },
    runtime: create(),
    restarted: async () => create(),
    async specOf(command, overrides) {
      count += 1;
      const spec: JobSpec = {
        // Tests of other files run beside this one, and an attempt is ended by its name and its user.
        jobId: `job${process.pid}n${count}`,
        attempt: 1,
        name: 'test',
        owner: 'group:default/diagnostics',
        source: { repository, commit },
        definition: {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: command,
        },
        parameters: {},
        inputs: {},
        variables: {},
        ...overrides,
      };
      started.push(spec);
      return spec;
    },
    async close() {
      for (const runtime of runtimes) {
        for (const spec of started) {
          await runtime.cancel(runtime.handleOf(spec), { reason: 'Cancelled' });
        }
      }
      rmSync(root, { recursive: true, force: true });
    },
  };
}
