import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';

/**
 * Sets the niceness of all threads of a process. The system's call for one process sets that of its first thread only.
 *
 * @throws Error when it is not allowed, or the process has ended
 */
export function setThreads(pid: number, niceness: number): void {
  for (const thread of readThreads(pid)) {
    try {
      setPriority(thread, within(niceness));
    } catch (error) {
      // One that has ended meanwhile is no reason to leave out the others.
      if (thread === pid || existsSync(`/proc/${pid}/task/${thread}`)) {
        throw error;
      }
    }
  }
}

/**
 * Sets the niceness of a process's session, which counts where the kernel shares the processors out by session.
 *
 * @returns false when it may be allowed in a moment
 */
export function setSession(pid: number, niceness: number): boolean {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(within(niceness)));
    return true;
  } catch (error) {
    // Without rights ten changes a second are allowed, over all sessions.
    return (error as NodeJS.ErrnoException).code !== 'EAGAIN';
  }
}

/**
 * Changes the niceness of this process's first thread, of what it starts from now on, and of its session.
 *
 * @remarks
 * The first thread answers requests. The others collect garbage and write files: they do not run before it. A session
 * that is shared with others, such as that of a terminal, is left alone.
 *
 * @returns whether it was allowed; less of it takes a right (CAP_SYS_NICE, LimitNICE)
 */
export function changeOwn(change: number): boolean {
  try {
    setPriority(within(getPriority() + change));
    if (leadsSession()) setSession(process.pid, change);
    return true;
  } catch {
    return false;
  }
}

function readThreads(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    // Not Linux: there the call is for the whole process.
    return [pid];
  }
}

function leadsSession(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The name may hold anything, so fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(fields[3]) === process.pid;
  } catch {
    return false;
  }
}

/** A value that the system knows. */
function within(niceness: number): number {
  // −0 plus 0 is 0, and Node takes no −0 here.
  return Math.max(-20, Math.min(niceness, 19)) + 0;
}
