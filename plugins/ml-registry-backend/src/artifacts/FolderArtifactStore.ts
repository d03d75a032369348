import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import {
  lstat,
  mkdir,
  open,
  readdir,
  realpath,
  rename,
  rm,
} from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { InputError } from '@backstage/errors';
import {
  checkArtifactPath,
  type ArtifactEntry,
  type ArtifactStore,
  type ByteRange,
  type StoredArtifact,
} from '@downstage/plugin-ml-registry-node';
import { FolderParts } from './FolderParts';
import { writeFile } from './writeFile';

const abandonedMs = 24 * 3_600_000;

/** Names below the root that are the store's own: no experiment begins with a dot. */
const isOwn = (name: string) => name.startsWith('.');

const linkRefusal =
  'Invalid path: a symbolic link lies there, and links are not followed';

const READ_AT_ONCE = 512 * 1024;

/**
 * Artifacts as files below one folder, which several portals may share.
 *
 * Uploads are streamed to `.incoming`, flushed to disk and renamed. A crash leaves at most a file under a temporary
 * name, which a start a day later removes.
 *
 * No symbolic link below the folder is followed, neither to read nor to write: a job or another program that may write
 * there must not lead the portal to its other files. The folder itself may be reached by a link.
 */
export class FolderArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #incoming: string;
  readonly parts: FolderParts;

  private constructor(root: string) {
    this.#root = root;
    this.#incoming = join(this.#root, '.incoming');
    this.parts = new FolderParts({
      folder: this.#incoming,
      put: (path, content) => this.put(path, content),
    });
  }

  static async open(root: string): Promise<FolderArtifactStore> {
    await mkdir(root, { recursive: true });
    const store = new FolderArtifactStore(await realpath(resolve(root)));
    await mkdir(store.#incoming, { recursive: true });
    await store.#refuseLinks(store.#incoming);
    await store.#removeAbandoned();
    return store;
  }

  async put(path: string, content: Readable): Promise<StoredArtifact> {
    const target = this.#resolve(path);
    const temporary = join(this.#incoming, randomUUID());
    let stored: StoredArtifact;
    try {
      stored = await writeFile(temporary, content);
      await this.#refuseLinks(dirname(target));
      await mkdir(dirname(target), { recursive: true });
      await this.#refuseLinks(dirname(target));
      // A link that lies where the file goes is replaced, not followed.
      await rename(temporary, target);
      await flush(dirname(target));
    } catch (error) {
      await rm(temporary, { force: true });
      // Without the cause, which names folders of this machine.
      if (hasCode(error, 'ENAMETOOLONG')) throw new InputError('Invalid path');
      if (hasCode(error, 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOTEMPTY')) {
        throw new InputError(
          'Invalid path: a folder lies where the file would, or a file where a folder of it would',
        );
      }
      throw error;
    }
    return stored;
  }

  async stat(path: string) {
    const found = await this.#look(this.#resolve(path));
    return found?.isFile() ? { size: found.size } : undefined;
  }

  async get(path: string, range?: ByteRange) {
    const file = this.#resolve(path);
    const found = await this.#look(file);
    if (!found?.isFile()) return undefined;
    const handle = await openOrNothing(file);
    if (!handle) return undefined;
    try {
      // It may have become something else since it was looked at.
      const opened = await handle.stat();
      if (!opened.isFile()) throw new InputError(linkRefusal);
      const content = handle.createReadStream({
        ...range,
        highWaterMark: READ_AT_ONCE,
      });
      return { content, size: opened.size };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const folder = path === '' ? this.#root : this.#resolve(path);
    const found = await this.#look(folder);
    if (!found?.isDirectory()) return [];
    const entries: ArtifactEntry[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (folder === this.#root && isOwn(entry.name)) continue;
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) entries.push({ path: child, isDir: true });
      else if (entry.isFile()) {
        // Removed since it was listed: then it is not there.
        const file = await lookOrNothing(join(folder, entry.name));
        if (file?.isFile())
          entries.push({ path: child, isDir: false, size: file.size });
      }
    }
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(path: string): Promise<void> {
    const target = this.#resolve(path);
    await this.#refuseLinks(dirname(target));
    await rm(target, { recursive: true, force: true });
  }

  /** Another portal may be receiving something right now: only what is old goes. */
  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#incoming)) {
      const file = join(this.#incoming, name);
      const found = await lookOrNothing(file);
      if (found && Date.now() - found.mtimeMs > abandonedMs) {
        await rm(file, { recursive: true, force: true });
      }
    }
  }

  /** What lies there itself, once no link lies on the way. */
  async #look(target: string) {
    if (target !== this.#root) await this.#refuseLinks(dirname(target));
    const found = await lookOrNothing(target);
    if (found?.isSymbolicLink()) throw new InputError(linkRefusal);
    return found;
  }

  /**
   * The existing part of a folder below the root is exactly where its name says.
   *
   * @throws InputError without the place a link leads to
   */
  async #refuseLinks(folder: string): Promise<void> {
    for (let at = folder; at.startsWith(this.#root); at = dirname(at)) {
      const real = await realpath(at).catch(error => {
        if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
        if (hasCode(error, 'ELOOP')) return '';
        throw error;
      });
      if (real === at) return;
      // A link that leads nowhere has no real path, and is there all the same.
      const isLink =
        real !== undefined || (await lookOrNothing(at))?.isSymbolicLink();
      if (isLink) throw new InputError(linkRefusal);
      if (at === this.#root) return;
    }
  }

  #resolve(path: string): string {
    const checked = checkArtifactPath(path, {
      maxBytes: 4000 - Buffer.byteLength(this.#root),
    });
    if (isOwn(checked)) throw new InputError('Invalid path');
    return join(this.#root, checked);
  }
}

async function lookOrNothing(path: string) {
  try {
    return await lstat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Neither waits for a pipe nor follows a link. */
async function openOrNothing(path: string) {
  try {
    return await open(
      path,
      constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK,
    );
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (hasCode(error, 'ELOOP')) throw new InputError(linkRefusal);
    throw error;
  }
}

async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function hasCode(error: unknown, ...codes: string[]): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  );
}
