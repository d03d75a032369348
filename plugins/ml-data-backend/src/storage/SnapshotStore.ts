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
export type StagedSnapshot = {
  folder: string;
  files: SnapshotFile[];
  /** Where the reader puts the table of the version, which gets its final name with it. */
  tableFolder: string;
};

const tableOf = (folder: string) => `${folder}.table`;

/**
 * Keeps what versions hold, so that a version stays readable when the original is overwritten.
 *
 * @remarks
 * Data is copied (cloned where the file system can, which costs nothing), never hard linked: a link would change with
 * an original that is written in place. A snapshot gets its final name by one rename, so a crash never leaves half a
 * version. It leaves at most a folder in `.staging`, which is swept when a day old. Files are made read-only.
 */
export class SnapshotStore {
  readonly #root: string;
  readonly #newId: NewId;

  constructor(options: { root: string; newId: NewId }) {
    this.#root = options.root;
    this.#newId = options.newId;
  }

  /** Copies and hashes; the hashes are those of the copy, which is what will be read later. */
  async stage(
    sources: SourceFile[],
    watch: { signal?: AbortSignal; onBytes?: (done: number) => void } = {},
  ): Promise<StagedSnapshot> {
    const folder = join(this.#root, '.staging', this.#newId());
    try {
      const files: SnapshotFile[] = [];
      let done = 0;
      for (const source of sources) {
        watch.signal?.throwIfAborted();
        const target = join(folder, source.path);
        await fs.mkdir(dirname(target), { recursive: true });
        await copy(source, target);
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
        const hash = await sha256(target, watch.signal);
        files.push({ path: source.path, size, sha256: hash });
        done += size;
        watch.onBytes?.(done);
      }
      return { folder, files, tableFolder: tableOf(folder) };
    } catch (error) {
      await this.discard({ folder });
      throw error;
    }
  }

  /** Copies the beginnings of files, for a look at them; `truncated` says where more follows. */
  async stageBeginnings(
    sources: SourceFile[],
    options: { mostBytes: number; signal: AbortSignal },
  ): Promise<{
    folder: string;
    files: { path: string; size: number; truncated: boolean }[];
  }> {
    const folder = join(this.#root, '.staging', this.#newId());
    try {
      const files = [];
      for (const source of sources) {
        options.signal.throwIfAborted();
        const target = join(folder, source.path);
        await fs.mkdir(dirname(target), { recursive: true });
        const size = await copyBeginning(source, target, options.mostBytes);
        files.push({ path: source.path, size, truncated: size < source.size });
      }
      return { folder, files };
    } catch (error) {
      await this.discard({ folder });
      throw error;
    }
  }

  /** The files of a staged table with their hashes, read-only from now on. */
  async hashTables(
    staged: StagedSnapshot,
    names: string[],
  ): Promise<SnapshotFile[]> {
    const files: SnapshotFile[] = [];
    for (const name of names) {
      const path = join(staged.tableFolder, name);
      await fs.chmod(path, 0o444);
      const { size } = await fs.stat(path);
      files.push({ path: name, size, sha256: await sha256(path) });
    }
    return files;
  }

  /**
   * Gives a staged snapshot its final name. Call while holding the version number in a transaction: a folder that
   * is already there then belongs to an attempt that never committed, and is replaced.
   */
  async keep(staged: { folder: string }, name: string): Promise<void> {
    const target = join(this.#root, name);
    await fs.mkdir(dirname(target), { recursive: true });
    await fs.rm(tableOf(target), { recursive: true, force: true });
    const table = tableOf(staged.folder);
    // Without one, the files are the table themselves.
    if (await fs.stat(table).catch(() => undefined)) {
      await fs.rename(table, tableOf(target));
    }
    await fs.rm(target, { recursive: true, force: true });
    await fs.rename(staged.folder, target);
  }

  async discard(staged: { folder: string }): Promise<void> {
    for (const end of ['', '.table', '.scratch']) {
      await fs.rm(`${staged.folder}${end}`, { recursive: true, force: true });
    }
  }

  /** The absolute folder of a kept snapshot. */
  folderOf(name: string): string {
    return join(this.#root, name);
  }

  /** The absolute folder of the table of a kept snapshot. */
  tableFolderOf(name: string): string {
    return tableOf(join(this.#root, name));
  }

  /**
   * Reads every file again and compares.
   *
   * @throws ConflictError naming the first file that is missing or no longer what it was
   */
  async verify(
    ref: string,
    folder: string,
    files: SnapshotFile[],
  ): Promise<void> {
    for (const file of files) {
      const path = join(folder, file.path);
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

async function sha256(path: string, signal?: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const stream = createReadStream(path, { highWaterMark: 256 * 1024 });
  await pipeline(stream, hash, { signal });
  return hash.digest('hex');
}

/**
 * Opens the file that was found, and no other. A link may have taken its place meanwhile, or the place of a folder
 * above it. The file that opens is then another one. Gives the place that is sure to be this file.
 */
async function openFound<T>(
  source: SourceFile,
  task: (opened: { handle: fs.FileHandle; path: string }) => Promise<T>,
): Promise<T> {
  const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);
  const handle = await fs.open(source.absolute, flags).catch(error => {
    throw new InputError(
      `'${source.path}' cannot be read (${codeOf(
        error,
      )}); register it when it is in place`,
    );
  });
  try {
    const opened = `/proc/self/fd/${handle.fd}`;
    const real = await fs.readlink(opened).catch(() => undefined);
    if (real !== undefined && real !== source.absolute) {
      throw new InputError(
        `'${source.path}' was replaced while it was read; register it when it is in place`,
      );
    }
    return await task({
      handle,
      path: real === undefined ? source.absolute : opened,
    });
  } finally {
    await handle.close();
  }
}

async function copy(source: SourceFile, target: string): Promise<void> {
  await openFound(source, ({ path }) =>
    fs.copyFile(
      path,
      target,
      constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE,
    ),
  );
}

/** Copies at most so many bytes, and says how many those were. */
async function copyBeginning(
  source: SourceFile,
  target: string,
  most: number,
): Promise<number> {
  return openFound(source, async ({ handle }) => {
    const buffer = Buffer.alloc(Math.min(most, source.size));
    let length = 0;
    while (length < buffer.length) {
      const { bytesRead } = await handle.read(buffer, length);
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    await fs.writeFile(target, buffer.subarray(0, length), { flag: 'wx' });
    return length;
  });
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
