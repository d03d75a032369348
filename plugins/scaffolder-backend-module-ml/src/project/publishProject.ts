import { ConflictError, InputError } from '@backstage/errors';
import { randomUUID } from 'node:crypto';
import { cp, mkdir, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { git, type Person } from './git';

const namePattern =
  /^(?:__[a-z0-9]+(?:-+[a-z0-9]+)*__)?[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

/** A project on this machine: the folder of its git repository, and its first commit. */
export type PublishedProject = { repository: string; commit: string };

/**
 * Makes a git repository out of the files: `<folder>/<name>`, with one commit.
 *
 * It is there completely or not at all: everything is made beside it and then renamed. Done twice for the same task it is
 * done once; done for a name that is taken it is refused.
 *
 * The repository has a working tree, which the catalog reads. It takes a `git push` to the branch that is checked out.
 */
export async function publishProject(options: {
  folder: string;
  name: string;
  files: string;
  author: Person;
  message: string;
  taskId: string;
}): Promise<PublishedProject> {
  const { folder, name, files, author, message, taskId } = options;
  if (!namePattern.test(name)) {
    throw new InputError(
      `'${name}' cannot be the name of a project; allowed are 1 to 63 small letters, digits and dashes, with a letter or digit first and last, and before them __credit__ for the namespace credit`,
    );
  }
  const repository = join(folder, name);
  const trailer = `Template-Task: ${taskId}`;
  const existing = await findExisting(repository, trailer);
  if (existing) return existing;

  // A dot in front: the catalog does not look into it.
  const draft = join(folder, `.draft-${randomUUID()}`);
  await mkdir(draft, { recursive: true });
  try {
    for (const entry of await readdir(files)) {
      if (entry === '.git') continue;
      await cp(join(files, entry), join(draft, entry), { recursive: true });
    }
    await git(draft, ['init', '--quiet', '--initial-branch=main']);
    await git(draft, ['config', 'receive.denyCurrentBranch', 'updateInstead']);
    // Later pushes stay files too: the catalog and the pages read this folder.
    await git(draft, ['config', 'core.symlinks', 'false']);
    await git(draft, ['add', '--all']);
    await git(
      draft,
      ['commit', '--quiet', '--message', message, '--message', trailer],
      { author },
    );
    const commit = await git(draft, ['rev-parse', 'HEAD']);
    await rename(draft, repository);
    return { repository, commit };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function findExisting(
  repository: string,
  trailer: string,
): Promise<PublishedProject | undefined> {
  const exists = await stat(repository).then(
    () => true,
    () => false,
  );
  if (!exists) return undefined;
  const first = await git(repository, [
    'log',
    '--max-parents=0',
    '--format=%H%n%B',
  ]).catch(() => '');
  const [commit, ...lines] = first.split('\n');
  if (lines.includes(trailer)) return { repository, commit };
  throw new ConflictError(
    `There is already a project named ${basename(
      repository,
    )} on this machine; choose another name`,
  );
}
