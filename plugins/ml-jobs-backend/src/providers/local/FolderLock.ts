import { randomUUID } from 'node:crypto';
import {
  link,
  mkdir,
  readFile,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { identityOf, isAlive } from '@downstage/node';
import { z } from 'zod';

const holderSchema = z.object({
  id: z.string(),
  host: z.string(),
  pid: z.number(),
  start: z.string(),
  boot: z.string(),
});
type Holder = z.output<typeof holderSchema>;

/** What this process holds: a file that names the process and is none of these was left behind. */
const heldHere = new Set<string>();

const beatMs = 5_000;
/** A holder on another machine, or in another container, is only known by its beat. */
const silenceMs = 30_000;

/**
 * Makes sure that one portal at a time runs jobs in a folder, and says which.
 *
 * @remarks
 * The lock is a file that names its holder. A holder on this machine is gone when its process is; another one, when
 * it has not touched the file for half a minute. Taking over from one that is gone happens one at a time.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #id = randomUUID();
  #beat?: ReturnType<typeof setInterval>;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The name of the folder, the same for every portal that sees it and after every start. */
  async place(): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    const path = join(this.#folder, '.place');
    await writeFile(path, randomUUID(), { flag: 'wx' }).catch(() => undefined);
    return (await readFile(path, 'utf8')).trim();
  }

  /** @returns who holds it, when somebody else does */
  async take(): Promise<string | undefined> {
    await mkdir(this.#folder, { recursive: true });
    const me = { id: this.#id, host: hostname(), ...(await identityOf()) };
    const text = JSON.stringify(me);
    for (;;) {
      const free = await this.#create(text);
      if (free) break;
      const holder = await this.#holder();
      if (holder && holder.id === this.#id) break;
      if (holder && (await this.#lives(holder)))
        return `the portal on ${holder.host}, process ${holder.pid}`;
      await this.#clear(holder);
    }
    heldHere.add(this.#id);
    this.#beat ??= setInterval(() => {
      const now = new Date();
      utimes(this.#path, now, now).catch(() => undefined);
    }, beatMs);
    this.#beat.unref();
    return undefined;
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    this.#beat = undefined;
    heldHere.delete(this.#id);
    if ((await this.#holder())?.id === this.#id)
      await unlink(this.#path).catch(() => undefined);
  }

  get #path(): string {
    return join(this.#folder, '.lock');
  }

  async #create(text: string): Promise<boolean> {
    const draft = `${this.#path}.${this.#id}`;
    try {
      await writeFile(draft, text);
      // A link appears whole or not at all, and never over another one.
      await link(draft, this.#path);
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
      throw error;
    } finally {
      await rm(draft, { force: true });
    }
  }

  async #holder(): Promise<Holder | undefined> {
    const text = await readFile(this.#path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    const parsed = holderSchema.safeParse(safeJson(text));
    return parsed.success ? parsed.data : undefined;
  }

  async #lives(holder: Holder): Promise<boolean> {
    if (holder.host === hostname()) {
      const here = await identityOf();
      if (here.boot !== holder.boot) return false;
      if (here.pid === holder.pid && here.start === holder.start)
        return heldHere.has(holder.id);
      return isAlive(holder);
    }
    const seen = await stat(this.#path).catch(() => undefined);
    return seen !== undefined && Date.now() - seen.mtimeMs < silenceMs;
  }

  /** Removes the lock of a holder that is gone, unless somebody has taken it in the meantime. */
  async #clear(gone: Holder | undefined): Promise<void> {
    const turn = `${this.#path}.turn`;
    const mine = await mkdir(turn).then(
      () => true,
      () => false,
    );
    if (!mine) {
      const since = await stat(turn).catch(() => undefined);
      // The process that had the turn was killed in it.
      if (since && Date.now() - since.mtimeMs > silenceMs)
        await rename(turn, `${turn}.${this.#id}`)
          .then(() => rmdir(`${turn}.${this.#id}`))
          .catch(() => undefined);
      await new Promise(resolve => {
        setTimeout(resolve, 20);
      });
      return;
    }
    try {
      if ((await this.#holder())?.id === gone?.id)
        await unlink(this.#path).catch(() => undefined);
    } finally {
      await rmdir(turn).catch(() => undefined);
    }
  }
}

function safeJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
