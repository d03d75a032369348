import { createHash } from 'node:crypto';
import { constants, createReadStream, promises as fs } from 'node:fs';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { ConflictError, InputError } from '@backstage/errors';
import type { NewId } from '@downstage/common';
import type { SourceFile } from './locateSource';

/** A file of a snapshot. */
export type SnapshotFile = { path: string; size: number; sha256: string };

/** A snapshot on its way: complete and hashed, not yet under its final name. */
export type StagedSnapshot = { folder: string; files: SnapshotFile[] };

/**
 * Keeps what versions hold, so that a version stays readable when the original is overwritten.
 *
 * @remarks
 * Data is copied (cloned where the file system can, which costs nothing), never hard linked: a link would change
 * with an original that is written in place. A snapshot gets its final name by one rename, so a crash leaves at
 * most a folder in `.staging`, swept when a day old, and never half a version. Files are made read-only.
 */
export class SnapshotStore {
  readonly #root: string;
  readonly #newId: NewId;

  constructor(options: { root: string; newId: NewId }) {
    this.#root = options.root;
    this.#newId = options.newId;
  }

  /** Copies and hashes; the hashes are those of the copy, which is what will be read later. */
  async stage(sources: SourceFile[]): Promise<StagedSnapshot> {
    const folder = join(this.#root, '.staging', this.#newId());
    try {
      const files: SnapshotFile[] = [];
      for (const source of sources) {
        const target = join(folder, source.path);
        await fs.mkdir(dirname(target), { recursive: true });
        await fs.copyFile(
          source.absolute,
          target,
          constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE,
        );
        await fs.chmod(target, 0o444);
        const { size } = await fs.stat(target);
        const after = await fs.stat(source.absolute);
        if (
          size !== after.size ||
          Math.floor(after.mtimeMs) !== source.mtimeMs
        ) {
          throw new InputError(
            `'${source.path}' is being written to; register it when it is complete`,
          );
        }
        files.push({ path: source.path, size, sha256: await sha256(target) });
      }
      return { folder, files };
    } catch (error) {
      await this.discard({ folder });
      throw error;
    }
  }

  /**
   * Gives a staged snapshot its final name. Call while holding the version number in a transaction: a folder that
   * is already there then belongs to an attempt that never committed, and is replaced.
   */
  async keep(staged: { folder: string }, name: string): Promise<void> {
    const target = join(this.#root, name);
    await fs.mkdir(dirname(target), { recursive: true });
    await fs.rm(target, { recursive: true, force: true });
    await fs.rename(staged.folder, target);
  }

  async discard(staged: { folder: string }): Promise<void> {
    await fs.rm(staged.folder, { recursive: true, force: true });
  }

  /** The absolute folder of a kept snapshot. */
  folderOf(name: string): string {
    return join(this.#root, name);
  }

  /**
   * Reads every file again and compares.
   *
   * @throws ConflictError naming the first file that is missing or no longer what it was
   */
  async verify(
    ref: string,
    name: string,
    files: SnapshotFile[],
  ): Promise<void> {
    for (const file of files) {
      const path = join(this.#root, name, file.path);
      const found = await sha256(path).catch(error => {
        throw damaged(
          `'${file.path}' of ${ref} cannot be read (${codeOf(error)})`,
        );
      });
      if (found !== file.sha256) {
        throw damaged(
          `'${file.path}' of ${ref} is no longer what was registered: expected sha256 ${file.sha256}, found ${found}`,
        );
      }
    }
  }

  /** Removes what crashed attempts left behind. */
  async sweep(options: { olderThan: Date }): Promise<void> {
    const staging = join(this.#root, '.staging');
    const names = await fs.readdir(staging).catch(() => []);
    for (const name of names) {
      const folder = join(staging, name);
      const stat = await fs.stat(folder).catch(() => undefined);
      if (stat && stat.mtimeMs < options.olderThan.getTime()) {
        await this.discard({ folder });
      }
    }
  }
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path, { highWaterMark: 256 * 1024 }), hash);
  return hash.digest('hex');
}

function damaged(message: string) {
  return Object.assign(
    new ConflictError(`${message}. Register a new version and use that one.`),
    { code: 'ml-data.version-damaged' },
  );
}

/** The code and not the error itself, whose message has the place on this machine in it. */
function codeOf(error: unknown) {
  return error instanceof Error && 'code' in error
    ? String(error.code)
    : 'unknown';
}
