import { realpath, stat } from 'node:fs/promises';
import type { Isolation, Place, Wrapped } from './Isolation';
import { layoutOf, type Mount } from './layout';
import { probe } from './probe';

/** The variables come by standard input: systemd tells everybody on the machine what stands in a unit. */
const receive = `
import os, sys
given = dict(part.split(b"=", 1) for part in sys.stdin.buffer.read().split(b"\\0") if part)
os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
os.execvpe(sys.argv[1], sys.argv[1:], given)
`;

/**
 * The niceness of the calling process does not reach a unit by itself. No program is looked up on the PATH of the job, which
 * is handed on.
 */
const send = `
given=$PATH
PATH=$1
shift
env -0 "PATH=$given" | exec systemd-run --quiet --wait --pipe --collect -p "Nice=$(nice)" "$@"
`;

const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];
/** systemd gives a meaning to other characters of a path. */
const plain = /^[\w./@+=,-]+$/;

/**
 * A transient unit of systemd that sees what bubblewrap would show it: of the system's manager for a portal that runs
 * as root, of the user's own manager otherwise.
 *
 * @remarks
 * Best effort: it is tried last, and taken only where the trial shows that it hides files. Ending is systemd's work: when
 * the command has ended, what it left in its control group is killed.
 */
export class SystemdRun implements Isolation {
  readonly kind = 'systemd-run';
  readonly promise =
    'A job sees its own folder, its environment and its inputs, and the programs of the system; no other file of this machine. It sees other processes and may end those of the user of the portal. It shares the network.';
  readonly #hidden: readonly string[];
  readonly #python: string;
  readonly #running: string;

  constructor(options: {
    hidden: readonly string[];
    /** Hands the variables to the command, inside of the unit. */
    python: string;
    /** The folder that is there when systemd runs. */
    running?: string;
  }) {
    this.#hidden = options.hidden;
    this.#python = options.python;
    this.#running = options.running ?? '/run/systemd/system';
  }

  async detect(options: { folder: string; signal: AbortSignal }) {
    if (!(await stat(this.#running).catch(() => undefined)))
      return 'systemd does not run on this machine';
    return probe(this, options);
  }

  async wrap(command: readonly string[], place: Place): Promise<Wrapped> {
    const mounts = await layoutOf(place, this.#hidden);
    const ofUser = process.getuid?.() !== 0;
    const properties = [
      `WorkingDirectory=${checked(place.cwd)}`,
      'TemporaryFileSystem=/:ro',
      'TemporaryFileSystem=/dev/shm',
      'BindReadOnlyPaths=/proc',
      ...devices.map(name => `BindPaths=/dev/${name}`),
      ...(await Promise.all(mounts.map(propertyOf))),
      'CapabilityBoundingSet=',
      'NoNewPrivileges=yes',
      'RestrictSUIDSGID=yes',
      'RestrictNamespaces=yes',
      'KillMode=control-group',
      'TimeoutStopSec=10',
      'OOMScoreAdjust=500',
      ...(ofUser ? ['PrivateUsers=yes'] : []),
    ];
    return {
      supervised: true,
      command: [
        '/bin/sh',
        '-c',
        send,
        'systemd-run',
        process.env.PATH ?? '/usr/bin:/bin',
        ...(ofUser ? ['--user'] : []),
        ...properties.flatMap(property => ['-p', property]),
        '--',
        this.#python,
        '-I',
        '-S',
        '-c',
        receive,
        ...command,
      ],
    };
  }
}

async function propertyOf(mount: Mount): Promise<string> {
  const to = checked(mount.to);
  switch (mount.type) {
    case 'read':
      return `BindReadOnlyPaths=${checked(mount.from)}:${to}`;
    case 'link':
      return `BindReadOnlyPaths=${checked(await realpath(to))}:${to}`;
    case 'empty':
      return `TemporaryFileSystem=${to}:ro`;
    default:
      return `BindPaths=${checked(mount.from)}:${to}`;
  }
}

function checked(path: string): string {
  if (plain.test(path)) return path;
  throw new Error(
    `systemd-run cannot be given the path '${path}'; allowed are letters, digits and ./@+=,_-`,
  );
}
