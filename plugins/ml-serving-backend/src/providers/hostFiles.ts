import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

const settleMs = 50;

/** Whether a process of this number is alive on this machine. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/**
 * Takes a lock that portals of one machine and one data directory share.
 *
 * @remarks
 * The lock is a file that names its holder; that of a process which is gone is taken away. Where two portals take one
 * away at the same moment, the file says which of them wrote last, and the other one gives way.
 *
 * @returns how to give it back; `undefined` while another portal holds it
 */
export async function takeLock(
  path: string,
): Promise<(() => Promise<void>) | undefined> {
  const mine = `${process.pid} ${randomUUID()}`;
  const read = () => readFile(path, 'utf8').catch(() => undefined);
  try {
    await writeFile(path, mine, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = await read();
    const pid = Number.parseInt(holder ?? '', 10);
    // An empty file is being written, or its writer was killed in that moment: the next look tells.
    if (holder === undefined || isRunning(pid)) return undefined;
    await delay(settleMs);
    if ((await read()) === holder) await rm(path, { force: true });
    return undefined;
  }
  await delay(settleMs);
  if ((await read()) !== mine) return undefined;
  return async () => {
    if ((await read()) === mine) await rm(path, { force: true });
  };
}

/** The portals that use one gateway: a small file each, which counts while its process lives. */
export class Users {
  readonly #folder: string;
  readonly #name = `${process.pid}-${randomUUID()}`;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async enter(): Promise<void> {
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    await writeFile(join(this.#folder, this.#name), '');
  }

  /** Leaves, and says how many go on using it. What a portal that was killed left behind is removed. */
  async leave(): Promise<number> {
    await rm(join(this.#folder, this.#name), { force: true });
    const names = await readdir(this.#folder).catch((): string[] => []);
    let others = 0;
    for (const name of names) {
      if (isRunning(Number.parseInt(name, 10))) others += 1;
      else await rm(join(this.#folder, name), { force: true });
    }
    return others;
  }
}
