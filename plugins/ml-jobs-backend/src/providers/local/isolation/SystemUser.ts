import { createHash } from 'node:crypto';
import {
  chmod,
  cp,
  lchown,
  mkdir,
  readdir,
  readFile,
  rm,
  stat,
} from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { isInside } from './layout';
import type { Isolation, Place, Wrapped } from './Isolation';
import { probe } from './probe';

/** Numbers that no system gives to a person, a service or a container. */
const firstUser = 1_900_000_000;
const users = 200_000_000;

const script = `
import ctypes, os, sys
user, groups, command = int(sys.argv[1]), [int(g) for g in sys.argv[2].split(",") if g], sys.argv[3:]
libc = ctypes.CDLL(None, use_errno=True)
os.umask(0o022)
os.setgroups(groups)
os.setresgid(user, user, user)
os.setresuid(user, user, user)
if libc.prctl(38, 1, 0, 0, 0) != 0 or os.getuid() != user:
    sys.exit("the user could not be changed")
os.execvp(command[0], command)
`;

/**
 * A user of its own for every job. It is for a portal that runs as root where the kernel allows no namespaces.
 *
 * @remarks
 * The data directory is closed to other users but for the way to a job's own folder. Inputs of the data directory are copied
 * for the job, because the folders they lie in are closed. Environments belong to root and to a group of their own.
 */
export class SystemUser implements Isolation {
  readonly kind = 'system-user';
  readonly promise =
    'A job runs as a system user of its own: it sees no file of the portal or of other jobs, but it sees files that every user of this machine may read, and the names of other processes. It shares the network.';
  readonly #dataDir: string;
  readonly #open: readonly string[];
  readonly #environments: string;
  readonly #tools: string;
  readonly #python: string;

  constructor(options: {
    dataDir: string;
    /** Folders of the data directory that jobs pass through. */
    open: readonly string[];
    environments: string;
    python: string;
  }) {
    this.#dataDir = options.dataDir;
    this.#open = options.open;
    this.#environments = options.environments;
    this.#tools = join(options.dataDir, 'tools');
    this.#python = options.python;
  }

  async detect(options: { folder: string; signal: AbortSignal }) {
    if (process.getuid?.() !== 0)
      return 'only root may start processes of other users';
    return probe(this, options);
  }

  async wrap(command: readonly string[], place: Place): Promise<Wrapped> {
    const uid = numberOf(place.id);
    const groups: number[] = [];
    const moved = new Map<string, string>();
    await this.#close();
    for (const path of place.readOnly) {
      if (isInside(path, this.#environments)) {
        groups.push(numberOf(path));
        await lchown(path, 0, numberOf(path));
        await chmod(path, 0o750);
      } else if (isInside(path, this.#tools)) {
        await this.#openWayTo(path);
      } else if (isInside(path, this.#dataDir)) {
        moved.set(path, await copyFor(place, path));
      }
    }
    for (const path of moved.values()) {
      await shareWith(path, uid);
      await this.#openWayTo(path);
    }
    for (const path of [...place.writable, place.tmp]) {
      await giveTo(path, uid);
      await chmod(path, 0o700);
      await this.#openWayTo(path);
    }
    for (const path of place.readOnly) {
      if (isInside(path, this.#environments)) await this.#openWayTo(path);
    }
    return {
      supervised: false,
      uid,
      moved,
      env: { TMPDIR: place.tmp },
      command: [
        this.#python,
        '-I',
        '-S',
        '-c',
        script,
        String(uid),
        groups.join(','),
        ...command,
      ],
    };
  }

  async seal(folder: string): Promise<void> {
    await giveTo(folder, 0);
  }

  /** What is new in the data directory is closed as well, so this is done each time. */
  async #close(): Promise<void> {
    for (const name of await readdir(this.#dataDir)) {
      const path = join(this.#dataDir, name);
      const { mode } = await stat(path);
      const wanted = this.#open.includes(path)
        ? (mode & 0o770) | 0o001
        : mode & 0o770;
      if ((mode & 0o777) !== wanted) await chmod(path, wanted);
    }
    for (const entry of await readdir(this.#environments, {
      withFileTypes: true,
    })) {
      const path = join(this.#environments, entry.name);
      if (!entry.isDirectory()) continue;
      const { mode } = await stat(path);
      if (mode & 0o007) await chmod(path, mode & 0o770);
    }
  }

  /** Passing through is allowed, looking around is not. */
  async #openWayTo(path: string): Promise<void> {
    for (
      let folder = dirname(path);
      isInside(folder, this.#dataDir);
      folder = dirname(folder)
    ) {
      const { mode, uid } = await stat(folder);
      if (uid === 0 && (mode & 0o007) !== 0o001)
        await chmod(folder, (mode & 0o770) | 0o001);
    }
  }
}

/** The same every time for the same text; that two are alike is one chance in two hundred million. */
function numberOf(text: string): number {
  const hash = createHash('sha256').update(text).digest();
  return firstUser + (hash.readUInt32BE(0) % users);
}

async function copyFor(place: Place, path: string): Promise<string> {
  const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
  const target = join(`${place.tmp}.inputs`, name, basename(path));
  await rm(dirname(target), { recursive: true, force: true });
  await mkdir(dirname(target), { recursive: true });
  await cp(path, target, { recursive: true, dereference: true });
  return target;
}

/** To read, and for nobody else. */
async function shareWith(path: string, group: number): Promise<void> {
  const folder = (await stat(path)).isDirectory();
  await lchown(path, 0, group);
  await chmod(path, folder ? 0o750 : 0o640);
  for (const name of folder ? await readdir(path) : [])
    await shareWith(join(path, name), group);
}

async function giveTo(path: string, user: number): Promise<void> {
  await lchown(path, user, user);
  const seen = await readdir(path, { withFileTypes: true }).catch(() => []);
  for (const entry of seen) {
    const child = join(path, entry.name);
    if (entry.isDirectory()) await giveTo(child, user);
    else await lchown(child, user, user);
  }
}

/** The user behind a process, or `undefined` when it has ended. */
export async function userOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  const match = /^Uid:\s+(\d+)/m.exec(status);
  return match ? Number(match[1]) : undefined;
}
