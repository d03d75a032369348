import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { InputError } from '@backstage/errors';

/** Where a portal finds a project, and what of it lies here. */
export type ProjectSource = {
  repository: string;
  /** The branch, or the commit where there is none; nothing where the portal reads this very folder. */
  ref?: string;
  /** What is checked out here. */
  commit: string;
};

/**
 * How a portal gets at the project in a folder: by the https address of its remote `origin`, else in the folder itself.
 *
 * @throws InputError where a job could not run from it, with what to do
 */
export async function findSource(folder: string): Promise<ProjectSource> {
  const here = await realpath(folder).catch(() => undefined);
  if (!here || !(await stat(here)).isDirectory())
    throw new InputError(`There is no folder '${folder}'`);
  const top = await git(here, ['rev-parse', '--show-toplevel']);
  if (top === undefined)
    throw new InputError(
      `${here} is not in a git repository, and a job runs at a commit of one. Run there: git init, git add ., git commit`,
    );
  if ((await realpath(top)) !== here)
    throw new InputError(
      `${here} is a folder of the repository ${top}, and a job reads downstage.yaml at the top of its repository. Put it there and submit ${top}`,
    );
  const commit = await git(here, ['rev-parse', '--verify', 'HEAD']);
  if (commit === undefined)
    throw new InputError(
      `${here} has no commit yet, and a job runs at one. Run there: git add ., git commit`,
    );
  const origin = await git(here, ['remote', 'get-url', 'origin']);
  const url = origin && httpsOf(origin);
  if (!url) return { repository: here, commit };
  const branch = await git(here, ['symbolic-ref', '--short', 'HEAD']);
  return { repository: url, ref: branch ?? commit, commit };
}

/**
 * The https address of a remote, without a name or password in it.
 *
 * @returns undefined for a remote that has none: another folder of this machine
 */
export function httpsOf(remote: string): string | undefined {
  const short = /^(?:[^@/:]+@)?([\w.-]+\.[\w-]+):(?!\/\/)\/?(.+)$/.exec(remote);
  if (short) return `https://${short[1]}/${short[2]}`;
  if (!URL.canParse(remote)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(remote);
  if (protocol === 'https:') return `https://${host}${pathname}`;
  return protocol === 'ssh:' ? `https://${hostname}${pathname}` : undefined;
}

function git(folder: string, args: string[]): Promise<string | undefined> {
  return new Promise(done => {
    execFile('git', ['-C', folder, ...args], (error, stdout) =>
      done(error ? undefined : stdout.trim()),
    );
  });
}
