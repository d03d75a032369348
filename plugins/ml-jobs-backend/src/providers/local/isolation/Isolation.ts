/** How jobs of the local runtime are kept from the portal and from each other. */
export const isolationKinds = [
  'bubblewrap',
  'user-namespaces',
  'system-user',
  'systemd-run',
  'none',
] as const;
export type IsolationKind = (typeof isolationKinds)[number];

/** What one process may see and change. Everything else of the machine is decided by the kind. */
export type Place = {
  /** Of the attempt or the build; the same id gives the same user, where there is one. */
  id: string;
  /** Where the command starts; below one of `writable`. */
  cwd: string;
  /** Folders it may change. */
  writable: readonly string[];
  /** Files and folders it may read: its environment, its inputs, the Python it uses. */
  readOnly: readonly string[];
  /** An empty folder of its own, which it finds as /tmp. */
  tmp: string;
};

/** A command inside its isolation. */
export type Wrapped = {
  command: string[];
  /** The first process only supervises: it ends by itself when the command has. */
  supervised: boolean;
  /** The user its processes have, when no other process has it. */
  uid?: number;
  /** Set besides what the job is given. */
  env?: Record<string, string>;
  /** Where things are that could not stay where they were. */
  moved?: ReadonlyMap<string, string>;
};

/**
 * One way to isolate processes.
 *
 * @remarks
 * An implementation is done when `isolation.test.ts` is green for it: a hostile script runs through the real runtime.
 */
export interface Isolation {
  readonly kind: IsolationKind;
  /** One sentence for people: what a job can and cannot reach. */
  readonly promise: string;
  /** Why it does not work on this machine, found by trying; `undefined` when it does. */
  detect(options: {
    folder: string;
    signal: AbortSignal;
  }): Promise<string | undefined>;
  /** Makes the place ready and says how to start the command in it. Safe to repeat. */
  wrap(command: readonly string[], place: Place): Promise<Wrapped>;
  /** Takes back what a build has written, so that no job may change it. Safe to repeat. */
  seal?(folder: string): Promise<void>;
}
