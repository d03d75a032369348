import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { userOf } from './isolation/SystemUser';

const run = promisify(execFile);

/** A process that cannot be mistaken for a later one with the same number. */
export type ProcessIdentity = {
  pid: number;
  start: string;
  boot: string;
  /** Its child supervises namespaces: ended at once, it would take everything inside with it before that could finish. */
  supervised?: boolean;
  /** A user that nothing else has. */
  uid?: number;
};

type Seen = {
  pid: number;
  parent: number;
  group: number;
  session: number;
  start: string;
  zombie: boolean;
};

/** Whether this very process still runs: the same number, started at the same time since the same boot. */
export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== (await bootId())) return false;
  const seen = await look(identity.pid);
  return seen !== undefined && !seen.zombie && seen.start === identity.start;
}

/** Who this process is. */
export async function identityOf(
  pid = process.pid,
): Promise<{ pid: number; start: string; boot: string }> {
  return { pid, start: (await look(pid))?.start ?? '', boot: await bootId() };
}

/**
 * The processes that belong to an attempt: its group and session, and whoever carries its marker in the
 * environment after leaving both.
 *
 * @remarks
 * The number of a group is not given to a new process while a member lives, so a group whose leader is
 * somebody else with that number is not ours.
 */
export async function membersOf(
  identity: ProcessIdentity,
  marker: string,
): Promise<number[]> {
  if (identity.boot !== (await bootId())) return [];
  const leader = await look(identity.pid);
  const groupIsOurs = leader === undefined || leader.start === identity.start;
  if (process.platform !== 'linux')
    return groupIsOurs ? membersByPs(identity.pid) : [];

  const members: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const seen = await look(Number(entry));
    if (!seen || seen.zombie || seen.pid === process.pid) continue;
    const inGroup =
      seen.group === identity.pid || seen.session === identity.pid;
    if (
      (groupIsOurs && inGroup) ||
      (await hasMarker(seen.pid, marker)) ||
      (identity.uid !== undefined && (await userOf(seen.pid)) === identity.uid)
    )
      members.push(seen.pid);
  }
  return members;
}

/**
 * Ends every process of an attempt: asks first, then kills. Returns when none is left.
 */
export async function killAll(
  identity: ProcessIdentity,
  options: { marker: string; graceMs: number },
): Promise<void> {
  const { marker, graceMs } = options;
  const started = Date.now();
  let asked = false;
  for (;;) {
    const members = await membersOf(identity, marker);
    if (!members.length) return;
    const late = Date.now() - started >= graceMs;
    if (!asked || late) {
      for (const pid of members) {
        if (late) signal(pid, 'SIGKILL');
        else if (!identity.supervised || !(await isChildOf(identity.pid, pid)))
          signal(pid, 'SIGTERM');
      }
    }
    asked = true;
    await new Promise(resolve => {
      setTimeout(resolve, 25);
    });
  }
}

async function isChildOf(parent: number, pid: number): Promise<boolean> {
  return (await look(pid))?.parent === parent;
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal, which is what was wanted.
  }
}

let knownBoot: Promise<string> | undefined;

/** Tells one boot of the machine from the next; process numbers start anew. */
function bootId(): Promise<string> {
  knownBoot ??= readFile('/proc/sys/kernel/random/boot_id', 'utf8').then(
    text => text.trim(),
    () => '',
  );
  return knownBoot;
}

async function look(pid: number): Promise<Seen | undefined> {
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

async function hasMarker(pid: number, marker: string): Promise<boolean> {
  try {
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8');
    return environment.split('\0').includes(marker);
  } catch {
    return false;
  }
}

async function lookByPs(pid: number): Promise<Seen | undefined> {
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

async function membersByPs(group: number): Promise<number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,pgid=,stat=']);
  return stdout
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(
      ([, pgid, stat]) => Number(pgid) === group && !stat?.startsWith('Z'),
    )
    .map(([pid]) => Number(pid));
}
