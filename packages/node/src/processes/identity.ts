import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A process that cannot be mistaken for a later one with the same number.
 *
 * @remarks
 * The system gives a number again, on a busy machine within minutes. So a number that was written down says nothing of
 * who has it now.
 */
export type ProcessIdentity = { pid: number; start: string; boot: string };

/** What the system says of a process. */
export type SystemProcess = {
  pid: number;
  parent: number;
  group: number;
  session: number;
  /** When it began, in words of the system; the same for as long as it runs. */
  start: string;
  zombie: boolean;
};

/** Whether this very process still runs: the same number, started at the same time since the same boot. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== (await bootId())) return false;
  const seen = await processOf(identity.pid);
  return seen !== undefined && !seen.zombie && seen.start === identity.start;
}

/** Who the process with this number is now; its own unless given. */
export async function identityOf(pid = process.pid): Promise<ProcessIdentity> {
  return {
    pid,
    start: (await processOf(pid))?.start ?? '',
    boot: await bootId(),
  };
}

let knownBoot: Promise<string> | undefined;

/** Tells one boot of the machine from the next; process numbers start anew. */
export function bootId(): Promise<string> {
  knownBoot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => '',
  );
  return knownBoot;
}

/** The process with this number, if there is one. */
export async function processOf(
  pid: number,
): Promise<SystemProcess | undefined> {
  if (process.platform !== 'linux') return lookByPs(pid);
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name stands in parentheses and may hold anything, so fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return {
      pid,
      zombie: fields[0] === 'Z' || fields[0] === 'X',
      parent: Number(fields[1]),
      group: Number(fields[2]),
      session: Number(fields[3]),
      start: fields[19],
    };
  } catch {
    return undefined;
  }
}

async function lookByPs(pid: number): Promise<SystemProcess | undefined> {
  try {
    const { stdout } = await run('ps', [
      '-o',
      'ppid=,pgid=,stat=,lstart=',
      '-p',
      String(pid),
    ]);
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.+?)\s*$/.exec(stdout);
    if (!match) return undefined;
    const group = Number(match[2]);
    return {
      pid,
      parent: Number(match[1]),
      group,
      session: group,
      zombie: match[3].startsWith('Z'),
      start: match[4],
    };
  } catch {
    return undefined;
  }
}
