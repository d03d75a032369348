import { randomUUID } from 'node:crypto';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { bootId, identityOf, isAlive } from '@downstage/node';

const settleMs = 50;

/** Whether a process of this number is alive on this machine. A later process may have the number of an earlier one. */
export function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** What a file says of this process, besides its number. */
async function signature(): Promise<string> {
  return `${await bootId()} ${(await identityOf()).start}`;
}

/** Whether the process that wrote a file still runs. One of an earlier release is known by its number alone. */
async function isWriter(pid: number, written: string): Promise<boolean> {
  const [boot, ...start] = written.split(' ');
  return start.length
    ? isAlive({ pid, boot, start: start.join(' ') })
    : isRunning(pid);
}

/**
 * Takes a lock that portals of one machine and one data directory share.
 *
 * @remarks
 * The lock is a file that names its holder; that of a process which is gone is taken away. Two portals may take one
 * away at the same moment. The file then says which of them wrote last, and the other one gives way.
 *
 * @returns how to give it back; `undefined` while another portal holds it
 */
export async function takeLock(
  path: string,
): Promise<(() => Promise<void>) | undefined> {
  const mine = `${process.pid} ${randomUUID()} ${await signature()}`;
  const read = () => readFile(path, 'utf8').catch(() => undefined);
  try {
    await writeFile(path, mine, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const holder = await read();
    if (holder === undefined) return undefined;
    const [pid, , ...written] = holder.split(' ');
    // An empty file is being written, or its writer was killed in that moment: the next look tells.
    if (await isWriter(Number.parseInt(pid, 10), written.join(' ')))
      return undefined;
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
    await writeFile(join(this.#folder, this.#name), await signature());
  }

  /** Leaves, and says how many go on using it. Files of a portal that was killed are removed. */
  async leave(): Promise<number> {
    await rm(join(this.#folder, this.#name), { force: true });
    const names = await readdir(this.#folder).catch((): string[] => []);
    let others = 0;
    for (const name of names) {
      const path = join(this.#folder, name);
      const written = await readFile(path, 'utf8').catch(() => '');
      if (await isWriter(Number.parseInt(name, 10), written)) others += 1;
      else await rm(path, { force: true });
    }
    return others;
  }
}
