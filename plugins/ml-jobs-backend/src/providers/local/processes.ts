import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { bootId, processOf, type ProcessIdentity } from '@downstage/node';
import { userOf } from './isolation/SystemUser';

const run = promisify(execFile);

/** The first process of an attempt. */
export type AttemptProcess = ProcessIdentity & {
  /** Its child supervises namespaces: ended at once, it would take everything inside with it before that could finish. */
  supervised?: boolean;
  /** A user that nothing else has. */
  uid?: number;
};

/**
 * The processes that belong to an attempt: its group and session, and every process that carries its marker in the
 * environment after leaving both.
 *
 * @remarks
 * The number of a group is not given to a new process while a member lives. So a group is not ours when its leader is
 * another process with that number.
 */
async function membersOf(
  identity: AttemptProcess,
  marker: string,
): Promise<number[]> {
  if (identity.boot !== (await bootId())) return [];
  const leader = await processOf(identity.pid);
  const groupIsOurs = leader === undefined || leader.start === identity.start;
  if (process.platform !== 'linux')
    return groupIsOurs ? membersByPs(identity.pid) : [];

  const members: number[] = [];
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const seen = await processOf(Number(entry));
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
  identity: AttemptProcess,
  options: { marker: string; graceMs: number },
): Promise<void> {
  const { marker, graceMs } = options;
  const started = performance.now();
  let asked = false;
  for (;;) {
    const members = await membersOf(identity, marker);
    if (!members.length) return;
    const late = performance.now() - started >= graceMs;
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
  return (await processOf(pid))?.parent === parent;
}

function signal(pid: number, name: NodeJS.Signals) {
  try {
    process.kill(pid, name);
  } catch {
    // It ended between the look and the signal, which is what was wanted.
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
