import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { AttemptFailure } from './AttemptFailure';
import { fetchByGit, gitEnvironment, gitOptions, runTool } from './runTool';
import { emptySubmodule, submodulesOf } from './submodules';

/**
 * Makes a working copy of a local repository at a commit, of its own. Nothing is shared with the original, and no hook
 * runs. The folder appears under its name only when it is whole.
 */
export async function makeWorkingCopy(options: {
  repository: string;
  commit: string;
  target: string;
  /** Hosts from which submodules may be fetched. */
  hosts: readonly string[];
  progress: (line: string) => Promise<void>;
  signal: AbortSignal;
}): Promise<void> {
  const { repository, commit, target, hosts, progress, signal } = options;
  const part = `${target}.part`;
  await rm(part, { recursive: true, force: true });
  await rm(target, { recursive: true, force: true });
  const env = gitEnvironment();
  const steps = [
    [
      'clone',
      '--quiet',
      '--no-checkout',
      '--no-hardlinks',
      '--',
      repository,
      part,
    ],
    ['-C', part, 'checkout', '--quiet', '--detach', commit],
  ];
  for (const step of steps) {
    const { exitCode, lines } = await runTool('git', [...gitOptions, ...step], {
      env,
      signal,
    });
    if (exitCode !== 0) {
      throw new AttemptFailure(
        'SourceMissing',
        `The source at commit ${commit.slice(0, 12)} could not be copied: ${
          lines.at(-1) ?? 'git failed'
        }`,
      );
    }
  }
  await fetchSubmodules({ folder: part, commit, hosts, progress, signal });
  await rename(part, target);
}

const mostLevels = 5;

async function fetchSubmodules(
  options: {
    folder: string;
    commit: string;
    hosts: readonly string[];
    progress: (line: string) => Promise<void>;
    signal: AbortSignal;
  },
  level = 1,
): Promise<void> {
  const { folder, progress, signal } = options;
  for (const submodule of await submodulesOf(options)) {
    if (submodule.why || level > mostLevels) {
      await progress(emptySubmodule({ why: 'it lies too deep', ...submodule }));
      continue;
    }
    await progress(`Fetching the submodule '${submodule.path}'`);
    const failure = await fetchByGit(submodule.address, others =>
      runTool(
        'git',
        [
          ...[...gitOptions, ...others],
          ...['-C', folder, 'submodule', '--quiet', 'update', '--init'],
          ...['--checkout', '--', submodule.path],
        ],
        { env: { ...gitEnvironment(), GIT_ALLOW_PROTOCOL: 'https' }, signal },
      ),
    );
    if (failure) {
      throw new AttemptFailure(
        'SourceMissing',
        `The submodule '${submodule.path}' could not be fetched: ${failure}`,
      );
    }
    await fetchSubmodules(
      { ...options, folder: join(folder, submodule.path), commit: 'HEAD' },
      level + 1,
    );
  }
}
