import { rename, rm } from 'node:fs/promises';
import { AttemptFailure } from './AttemptFailure';
import { gitEnvironment, gitOptions, runTool } from './runTool';

/**
 * Makes a working copy of a local repository at a commit, of its own: nothing is shared with the original, no hook
 * runs, and the folder appears under its name only when it is whole.
 */
export async function makeWorkingCopy(options: {
  repository: string;
  commit: string;
  target: string;
  signal: AbortSignal;
}): Promise<void> {
  const { repository, commit, target, signal } = options;
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
  await rename(part, target);
}
