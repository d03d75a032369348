import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
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

const READ_AT_ONCE = 512 * 1024;

/**
 * Artifacts as files below one folder, which several portals may share.
 *
 * Uploads are streamed to `.incoming`, flushed to disk and renamed, so a crash
 * leaves at most a file under a temporary name, which a start a day later removes.
 */
export class FolderArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #incoming: string;
  readonly parts: FolderParts;

  private constructor(root: string) {
    this.#root = resolve(root);
    this.#incoming = join(this.#root, '.incoming');
    this.parts = new FolderParts({
      folder: this.#incoming,
      put: (path, content) => this.put(path, content),
    });
  }

  static async open(root: string): Promise<FolderArtifactStore> {
    const store = new FolderArtifactStore(root);
    await mkdir(store.#incoming, { recursive: true });
    await store.#removeAbandoned();
    return store;
  }

  async put(path: string, content: Readable): Promise<StoredArtifact> {
    const target = this.#resolve(path);
    const temporary = join(this.#incoming, randomUUID());
    let stored: StoredArtifact;
    try {
      stored = await writeFile(temporary, content);
      await mkdir(dirname(target), { recursive: true });
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
    const found = await statOrNothing(this.#resolve(path));
    return found?.isFile() ? { size: found.size } : undefined;
  }

  async get(path: string, range?: ByteRange) {
    const file = this.#resolve(path);
    const found = await statOrNothing(file);
    if (!found?.isFile()) return undefined;
    return {
      content: createReadStream(file, {
        ...range,
        highWaterMark: READ_AT_ONCE,
      }),
      size: found.size,
    };
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const folder = path === '' ? this.#root : this.#resolve(path);
    const found = await statOrNothing(folder);
    if (!found?.isDirectory()) return [];
    const entries: ArtifactEntry[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (folder === this.#root && isOwn(entry.name)) continue;
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) entries.push({ path: child, isDir: true });
      else if (entry.isFile()) {
        // Removed since it was listed: then it is not there.
        const file = await statOrNothing(join(folder, entry.name));
        if (file) entries.push({ path: child, isDir: false, size: file.size });
      }
    }
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(path: string): Promise<void> {
    await rm(this.#resolve(path), { recursive: true, force: true });
  }

  /** Another portal may be receiving something right now: only what is old goes. */
  async #removeAbandoned(): Promise<void> {
    for (const name of await readdir(this.#incoming)) {
      const file = join(this.#incoming, name);
      const found = await statOrNothing(file);
      if (found && Date.now() - found.mtimeMs > abandonedMs) {
        await rm(file, { recursive: true, force: true });
      }
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

async function statOrNothing(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ENOTDIR')) return undefined;
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
