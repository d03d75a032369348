import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { InputError, stringifyError } from '@backstage/errors';
import { findPython } from '../python';
import { Bubblewrap } from './Bubblewrap';
import type { Isolation, IsolationKind } from './Isolation';
import { NoIsolation } from './NoIsolation';
import { SystemdRun } from './SystemdRun';
import { SystemUser } from './SystemUser';
import { UserNamespaces } from './UserNamespaces';

export type IsolationChoice = {
  isolation: Isolation;
  /** Why the stronger kinds were not taken, for the log. */
  unusable: string[];
};

type Folders = {
  dataDir: string;
  jobsFolder: string;
  environmentsFolder: string;
};

/**
 * The strongest isolation that works on this machine, found by trying each.
 *
 * @throws InputError when config asks for one that does not work here: then no job runs with less
 */
export async function chooseIsolation(options: {
  wanted: IsolationKind | 'auto';
  folders: Folders;
  python?: string;
  signal: AbortSignal;
}): Promise<IsolationChoice> {
  const { wanted, folders, signal } = options;
  if (wanted === 'none') return { isolation: new NoIsolation(), unusable: [] };
  await mkdir(folders.jobsFolder, { recursive: true });
  await mkdir(folders.environmentsFolder, { recursive: true });
  const candidates = await candidatesOf(options);
  const unusable: string[] = [];
  for (const isolation of candidates) {
    if (wanted !== 'auto' && isolation.kind !== wanted) continue;
    const reason = await isolation.detect({
      folder: folders.jobsFolder,
      signal,
    });
    if (!reason) return { isolation, unusable };
    unusable.push(`${isolation.kind}: ${reason}`);
  }
  if (wanted !== 'auto') {
    throw new InputError(
      `mlJobs.local.isolation is '${wanted}', which does not work on this machine (${
        unusable.join('; ') || 'no Python was found to start it'
      }). Allowed are auto, which takes the strongest that works, and none.`,
    );
  }
  return { isolation: new NoIsolation(), unusable };
}

/** All kinds that isolate, strongest first. */
export async function candidatesOf(options: {
  folders: Folders;
  python?: string;
  signal: AbortSignal;
}): Promise<Isolation[]> {
  const { folders, signal } = options;
  if (process.platform !== 'linux') return [];
  // Covered where they lie inside a folder of the system, as in a container's /usr/src/app.
  const hidden = [folders.dataDir, process.cwd(), homedir()];
  const python = await findPython({ configured: options.python, signal }).then(
    ({ command }) => command,
    (error: unknown) => {
      signal.throwIfAborted();
      return { missing: stringifyError(error) };
    },
  );
  const bubblewrap = new Bubblewrap({ hidden });
  if (typeof python !== 'string') return [bubblewrap];
  return [
    bubblewrap,
    new UserNamespaces({ hidden, python }),
    new SystemUser({
      dataDir: folders.dataDir,
      open: [folders.jobsFolder, folders.environmentsFolder],
      environments: folders.environmentsFolder,
      python,
    }),
    new SystemdRun({ hidden, python }),
  ];
}
