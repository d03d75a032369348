import type { Isolation, Place, Wrapped } from './Isolation';
import { layoutOf, type Mount } from './layout';
import { probe } from './probe';

/** Names that every kind of namespaces promises alike. */
export const namespacesPromise =
  'A job sees its own folder, its environment and its inputs, and the programs of the system; no other file of this machine and no other process. It shares the network.';

/**
 * bubblewrap: namespaces of its own for files, processes and users, no capability, and no way to gain one.
 */
export class Bubblewrap implements Isolation {
  readonly kind = 'bubblewrap';
  readonly promise = namespacesPromise;
  readonly #hidden: readonly string[];
  /** Older ones cannot do it; then the kernel's limit on namespaces is all there is. */
  #flags: readonly string[] = ['--disable-userns'];

  constructor(options: { hidden: readonly string[] }) {
    this.#hidden = options.hidden;
  }

  async detect(options: { folder: string; signal: AbortSignal }) {
    const first = await probe(this, options);
    if (!first) return undefined;
    const flags = this.#flags;
    this.#flags = [];
    if (!(await probe(this, options))) return undefined;
    this.#flags = flags;
    return first;
  }

  async wrap(command: readonly string[], place: Place): Promise<Wrapped> {
    const mounts = await layoutOf(place, this.#hidden);
    return {
      supervised: true,
      command: [
        'bwrap',
        '--die-with-parent',
        '--unshare-user',
        ...this.#flags,
        '--unshare-pid',
        '--unshare-ipc',
        // Started by root it would keep them all.
        '--cap-drop',
        'ALL',
        ...(process.getuid?.() === 0 ? ['--uid', '1000', '--gid', '1000'] : []),
        '--proc',
        '/proc',
        '--dev',
        '/dev',
        ...mounts.flatMap(argumentsOf),
        '--remount-ro',
        '/',
        '--chdir',
        place.cwd,
        '--',
        ...command,
      ],
    };
  }
}

function argumentsOf(mount: Mount): string[] {
  switch (mount.type) {
    case 'read':
      return ['--ro-bind', mount.from, mount.to];
    case 'write':
      return ['--bind', mount.from, mount.to];
    case 'device':
      return ['--dev-bind', mount.from, mount.to];
    case 'link':
      return ['--symlink', mount.target, mount.to];
    default:
      return ['--tmpfs', mount.to];
  }
}
