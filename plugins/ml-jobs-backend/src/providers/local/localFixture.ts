import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { git } from '@downstage/node/testUtils';
import type { JobSpec, SourceAddress } from '@downstage/plugin-ml-jobs-node';
import type { JobRuntimeFixture } from '@downstage/plugin-ml-jobs-node/testUtils';
import { Environments } from './Environments';
import { candidatesOf } from './isolation/chooseIsolation';
import {
  isolationKinds,
  type Isolation,
  type IsolationKind,
} from './isolation/Isolation';
import { NoIsolation } from './isolation/NoIsolation';
import { LocalProcessRuntime, type LogLimits } from './LocalProcessRuntime';

/** A Python that users other than root may run. */
export const systemPython = '/usr/bin/python3';

/** The isolation of a kind for a data directory, or why it does not work here. */
async function isolationOf(
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

/**
 * Which kinds this machine has; asked before the tests are declared, so by means that do not wait. Those that it lacks
 * stand in the report of a run as tests that were left out, once: see `kinds.test.ts`.
 * `DOWNSTAGE_TEST_ISOLATION=bubblewrap,system-user` names kinds that must not be left out.
 */
export function kindsHere(): IsolationKind[] {
  const found = findKinds();
  const demanded = (process.env.DOWNSTAGE_TEST_ISOLATION ?? '').split(',');
  const wanted = isolationKinds.filter(
    kind => demanded.includes(kind) && !found.includes(kind),
  );
  if (wanted.length) {
    throw new Error(
      `DOWNSTAGE_TEST_ISOLATION demands ${wanted.join(
        ', ',
      )}, which this machine does not have; it has ${found.join(', ')}`,
    );
  }
  return found;
}

function findKinds(): IsolationKind[] {
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
  if (
    existsSync('/run/systemd/system') &&
    works('systemd-run', '--user', '--wait', '--pipe', 'true')
  )
    kinds.push('systemd-run');
  return kinds;
}

export type LocalFixture = JobRuntimeFixture & {
  runtime: LocalProcessRuntime;
  root: string;
  repository: string;
  commitFile(name: string, text: string): string;
  sourceAt(commit: string): SourceAddress;
};

export async function createFixture(
  options: {
    python?: string;
    kind?: IsolationKind;
    /** Instead of the one of the machine. */
    isolation?: Isolation;
    /** Prebuilt environments by name. */
    prebuilt?: Record<string, string>;
    graceMs?: number;
    sampleMs?: number;
    mostSamples?: number;
    log?: LogLimits;
  } = {},
): Promise<LocalFixture> {
  const { kind = 'none' } = options;
  const root = mkdtempSync(join(tmpdir(), 'jobs-'));
  const isolation = options.isolation ?? (await isolationOf(kind, root));
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
        prebuilt: options.prebuilt,
        python:
          options.python ?? (kind === 'system-user' ? systemPython : undefined),
      }),
      isolation,
      slots: 2,
      graceMs: options.graceMs ?? 500,
      sampleMs: options.sampleMs ?? 100,
      mostSamples: options.mostSamples,
      log: options.log,
    });
    runtimes.push(runtime);
    return runtime;
  };
  const sourceAt = (at: string): SourceAddress => ({
    repository,
    commit: at,
    fetchUrl: 'http://portal.invalid/source',
    path: repository,
  });
  let count = 0;
  return {
    root,
    repository,
    commitFile: (name, text) => {
      commit = commitFile(name, text);
      return commit;
    },
    sourceAt,
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
        source: sourceAt(commit),
        definition: {
          apiVersion: 'downstage.dev/v1',
          kind: 'Job',
          entryPoint: command,
        },
        parameters: {},
        inputs: {},
        logUrl: 'http://portal.invalid/log',
        token: 'dsjob_of-the-test-and-of-nothing-else',
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
