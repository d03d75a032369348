import { lstat, mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** One file or folder that the code of a job has written. */
export type Checkpoint = { name: string; changedAt: Date };

/**
 * The folder of a job that outlives its attempts.
 *
 * @remarks
 * What is in it comes from the code of the job. A name that begins with a dot is not whole yet, and a link only points
 * somewhere. Both are no checkpoints: they are neither counted nor removed.
 */
export class Checkpoints {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes the folder, for the first attempt. */
  async open(): Promise<void> {
    await mkdir(this.folder, { recursive: true, mode: 0o700 });
  }

  /** The newest first. */
  async list(): Promise<Checkpoint[]> {
    const entries = await readdir(this.folder, { withFileTypes: true }).catch(
      () => [],
    );
    const whole = entries.filter(
      entry =>
        !entry.name.startsWith('.') && (entry.isFile() || entry.isDirectory()),
    );
    const found = await Promise.all(
      whole.map(async ({ name }): Promise<Checkpoint[]> => {
        const seen = await lstat(join(this.folder, name)).catch(
          () => undefined,
        );
        return seen ? [{ name, changedAt: seen.mtime }] : [];
      }),
    );
    return found
      .flat()
      .sort(
        (a, b) =>
          b.changedAt.getTime() - a.changedAt.getTime() ||
          (a.name < b.name ? 1 : -1),
      );
  }

  /**
   * Removes all but the newest ones.
   *
   * @returns why some could not be removed; the code may have taken the right from us
   */
  async prune(keep: number): Promise<string | undefined> {
    const old = (await this.list()).slice(keep);
    const results = await Promise.allSettled(
      old.map(({ name }) =>
        rm(join(this.folder, name), { recursive: true, force: true }),
      ),
    );
    const failed = results.find(({ status }) => status === 'rejected');
    return failed?.status === 'rejected' ? String(failed.reason) : undefined;
  }
}
