import { NotImplementedError, isError } from '@backstage/errors';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who a commit is by, as git wants it. */
export type Person = { name: string; email: string };

/** The one who commits what a template has written; the author is the person who asked. */
export const templateBot: Person = {
  name: 'Downstage',
  email: 'downstage@localhost',
};

/**
 * Runs git in a folder and returns what it printed.
 *
 * The machine's own git config does not take part. So a commit hook or a signing key of the person who started the
 * portal changes nothing here.
 */
export async function git(
  folder: string,
  args: string[],
  options: { author?: Person } = {},
): Promise<string> {
  const { author = templateBot } = options;
  try {
    const { stdout } = await run('git', args, {
      cwd: folder,
      env: {
        PATH: process.env.PATH,
        HOME: folder,
        GIT_CONFIG_NOSYSTEM: '1',
        GIT_CONFIG_GLOBAL: '/dev/null',
        GIT_TERMINAL_PROMPT: '0',
        GIT_AUTHOR_NAME: author.name,
        GIT_AUTHOR_EMAIL: author.email,
        GIT_COMMITTER_NAME: templateBot.name,
        GIT_COMMITTER_EMAIL: templateBot.email,
      },
    });
    return stdout.trim();
  } catch (error) {
    if (isError(error) && error.code === 'ENOENT') {
      throw new NotImplementedError(
        'Publishing on this machine needs git, and it is not installed here',
        error,
      );
    }
    throw error;
  }
}
