import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError } from '@backstage/errors';
import type {
  ArtifactEntry,
  ArtifactStore,
  ByteRange,
  StoredArtifact,
} from '@downstage/plugin-ml-registry-node';

/**
 * Artifacts as files below one folder.
 *
 * Uploads are streamed to `.incoming`, flushed to disk and renamed, so a crash
 * leaves at most a file under a temporary name, which the next start removes.
 */
export class FolderArtifactStore implements ArtifactStore {
  readonly #root: string;
  readonly #incoming: string;

  private constructor(root: string) {
    this.#root = resolve(root);
    this.#incoming = join(this.#root, '.incoming');
  }

  static async open(root: string): Promise<FolderArtifactStore> {
    const store = new FolderArtifactStore(root);
    await rm(store.#incoming, { recursive: true, force: true });
    await mkdir(store.#incoming, { recursive: true });
    return store;
  }

  async put(path: string, content: Readable): Promise<StoredArtifact> {
    const target = this.#resolve(path);
    const temporary = join(this.#incoming, randomUUID());
    const hash = createHash('sha256');
    let size = 0;
    const measure = new Transform({
      transform(chunk: Buffer, _encoding, done) {
        hash.update(chunk);
        size += chunk.length;
        done(null, chunk);
      },
    });
    try {
      await pipeline(content, measure, createWriteStream(temporary));
      await flush(temporary);
      await mkdir(dirname(target), { recursive: true });
      await rename(temporary, target);
      await flush(dirname(target));
    } catch (error) {
      await rm(temporary, { force: true });
      if (
        hasCode(
          error,
          'ENOTDIR',
          'EEXIST',
          'EISDIR',
          'ENOTEMPTY',
          'ENAMETOOLONG',
        )
      ) {
        throw new InputError('Invalid path', error);
      }
      throw error;
    }
    return { size, sha256: hash.digest('hex') };
  }

  async stat(path: string) {
    const found = await statOrNothing(this.#resolve(path));
    return found?.isFile() ? { size: found.size } : undefined;
  }

  async get(path: string, range?: ByteRange) {
    const file = this.#resolve(path);
    const found = await statOrNothing(file);
    if (!found?.isFile()) return undefined;
    return { content: createReadStream(file, range), size: found.size };
  }

  async list(path: string): Promise<ArtifactEntry[]> {
    const folder = path === '' ? this.#root : this.#resolve(path);
    const found = await statOrNothing(folder);
    if (!found?.isDirectory()) return [];
    const entries: ArtifactEntry[] = [];
    for (const entry of await readdir(folder, { withFileTypes: true })) {
      if (folder === this.#root && entry.name === '.incoming') continue;
      const child = path === '' ? entry.name : `${path}/${entry.name}`;
      if (entry.isDirectory()) entries.push({ path: child, isDir: true });
      else if (entry.isFile()) {
        const { size } = await stat(join(folder, entry.name));
        entries.push({ path: child, isDir: false, size });
      }
    }
    return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async delete(path: string): Promise<void> {
    await rm(this.#resolve(path), { recursive: true, force: true });
  }

  #resolve(path: string): string {
    const segments = path.split('/');
    const wrong = segments.some(
      segment =>
        segment === '' ||
        segment === '.' ||
        segment === '..' ||
        segment.includes('\\') ||
        segment.includes('\0') ||
        Buffer.byteLength(segment) > 255,
    );
    const file = resolve(this.#root, ...segments);
    if (
      wrong ||
      segments[0] === '.incoming' ||
      !file.startsWith(this.#root + sep) ||
      Buffer.byteLength(file) > 4000
    ) {
      throw new InputError('Invalid path');
    }
    return file;
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
