import { mkdir } from 'node:fs/promises';
import { namespacesPromise } from './Bubblewrap';
import type { Isolation, Place, Wrapped } from './Isolation';
import { layoutOf } from './layout';
import { namespacesScript } from './namespacesScript';
import { probe } from './probe';

/**
 * The same as bubblewrap from what the kernel and Python have, where the program itself is not installed.
 */
export class UserNamespaces implements Isolation {
  readonly kind = 'user-namespaces';
  readonly promise = namespacesPromise;
  readonly #hidden: readonly string[];
  readonly #python: string;

  constructor(options: {
    hidden: readonly string[];
    /** Runs the script that makes the namespaces, outside of them. */
    python: string;
  }) {
    this.#hidden = options.hidden;
    this.#python = options.python;
  }

  async detect(options: { folder: string; signal: AbortSignal }) {
    return probe(this, options);
  }

  async wrap(command: readonly string[], place: Place): Promise<Wrapped> {
    const root = `${place.tmp}.root`;
    await mkdir(root, { recursive: true });
    return {
      supervised: true,
      command: [
        this.#python,
        '-I',
        '-S',
        '-c',
        namespacesScript,
        JSON.stringify({
          root,
          cwd: place.cwd,
          mounts: await layoutOf(place, this.#hidden),
        }),
        ...command,
      ],
    };
  }
}
