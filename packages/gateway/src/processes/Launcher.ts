import type { ChildProcess } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { childEnv, endOf, forkChild } from './childCommand';

export type ToLauncher =
  | { type: 'start'; id: number; args: string[]; env: NodeJS.ProcessEnv }
  | { type: 'kill'; id: number };

export type FromLauncher =
  /** Comes with the socket to the process. */
  | { type: 'started'; id: number; pid: number }
  /** The launcher has closed its end of the socket. */
  | { type: 'handed'; id: number }
  | { type: 'ended'; id: number; reason: string };

/** What is called for a process; each at most once, `onEnded` last. */
type Listeners = {
  /** It runs, and may be talked to. */
  onStarted(pid: number, socket: Duplex): void;
  /** `reason` is "code 1", "signal SIGKILL", or why it could not be started. */
  onEnded(reason: string): void;
};

type Launched = Listeners & {
  /** Its launcher: the only one that can end it, and tells of its end. */
  child: ChildProcess;
  pid?: number;
  /** Until it is handed on. */
  socket?: Duplex;
};

/** A process that was asked for. */
export type LaunchedProcess = {
  /** Ends it at once, also where it has not begun. */
  kill(): void;
};

/**
 * Starts processes through a small process of its own, which is started with the first of them.
 *
 * @remarks
 * To start one from here would hold up every request until the system has copied the tables of our memory. When the
 * launcher is lost, its processes are ended, because nobody would learn of their end. The next start of a process
 * starts another launcher.
 */
export class Launcher {
  readonly #launched = new Map<number, Launched>();
  #child: ChildProcess | undefined;
  #nextId = 1;

  /** @param args - those of `node` */
  start(args: string[], listeners: Listeners): LaunchedProcess {
    const id = this.#nextId++;
    const child = this.#running();
    this.#launched.set(id, { ...listeners, child });
    send(child, { type: 'start', id, args, env: childEnv() });
    return {
      kill: () => {
        if (this.#launched.has(id)) send(child, { type: 'kill', id });
      },
    };
  }

  /** Ends every process that was started, then the launcher. */
  async stop(): Promise<void> {
    if (this.#child) await endOf(this.#child);
  }

  #running(): ChildProcess {
    if (this.#child?.connected) return this.#child;
    const child = forkChild('launcher');
    child.on('message', (message, socket) =>
      this.#receive(message as FromLauncher, socket as Duplex | undefined),
    );
    const end = (reason: string) => {
      if (this.#child === child) this.#child = undefined;
      this.#lose(child, `its launcher (${reason})`);
    };
    child.on('error', error => end(error.message));
    child.on('exit', (code, signal) => end(signal ?? `code ${code}`));
    this.#child = child;
    return child;
  }

  #receive(message: FromLauncher, socket: Duplex | undefined) {
    const launched = this.#launched.get(message.id);
    if (!launched) {
      socket?.destroy();
      return;
    }
    if (message.type === 'started') {
      launched.pid = message.pid;
      launched.socket = socket;
      // A broken pipe is followed by the end of the process, which says more.
      socket?.on('error', () => {});
    } else if (message.type === 'handed') {
      const { pid, socket: handed } = launched;
      launched.socket = undefined;
      if (pid !== undefined && handed) launched.onStarted(pid, handed);
    } else this.#end(message.id, launched, message.reason);
  }

  #end(id: number, launched: Launched, reason: string) {
    this.#launched.delete(id);
    launched.socket?.destroy();
    launched.onEnded(reason);
  }

  /** Another launcher may be at work already: what that one started lives on. */
  #lose(child: ChildProcess, reason: string) {
    for (const [id, launched] of [...this.#launched]) {
      if (launched.child !== child) continue;
      if (launched.pid !== undefined) endNow(launched.pid);
      this.#end(id, launched, reason);
    }
  }
}

/** A launcher that is gone is followed by its end, which ends all that was asked of it. */
function send(child: ChildProcess, message: ToLauncher) {
  if (child.connected) child.send(message, () => {});
}

function endNow(pid: number) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // Already gone.
  }
}
