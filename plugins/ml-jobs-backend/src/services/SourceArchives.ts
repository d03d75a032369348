import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { rm, readdir, stat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { ServiceUnavailableError } from '@backstage/errors';
import { unlessAborted, type Clock } from '@downstage/common';
import { makeWorkingCopy } from '../providers/local/workingCopy';
import { basics } from '../providers/local/runTool';
import type { SourceService } from './SourceService';

/** What lies there longer was forgotten, by a crash say: no copy is joined after half of this, nor read for longer. */
const oldestMs = 60 * 60_000;
/** How many lie on the disk at once. */
const mostCopies = 8;
/** How many read one copy at once: the processes of one attempt, or jobs of one commit. */
const mostReaders = 32;

type Copy = {
  /** What it is a copy of. */
  key: string;
  folder: string;
  begunAt: number;
  readers: number;
  made: Promise<void>;
  /** Ends the making of it, when nobody wants it any more. */
  gone: AbortController;
};

/**
 * Packs the source of a job for a machine that does not have it: the same working copy that a local job gets, with its
 * submodules, as a tar archive.
 *
 * @remarks
 * The disk that this takes is bounded, however many ask and however slowly they read. All who fetch one commit at the same time
 * read one copy, and there are only so many copies: who wants another one waits. A request has half an hour. Copies are
 * made one after another. A copy is removed when nobody reads it; what a crash leaves is removed after an hour.
 */
export class SourceArchives {
  readonly #folder: string;
  readonly #sources: Pick<SourceService, 'folderOf'>;
  readonly #hosts: readonly string[];
  readonly #clock: Clock;
  readonly #most: { copies: number; readers: number };
  readonly #timeLimit: () => AbortSignal;
  readonly #copies = new Set<Copy>();
  readonly #events = new EventEmitter().setMaxListeners(0);
  #copying: Promise<unknown> = Promise.resolve();

  constructor(options: {
    /** Where copies lie while they are read. */
    folder: string;
    sources: Pick<SourceService, 'folderOf'>;
    /** Hosts from which submodules may be fetched. */
    hosts: readonly string[];
    clock: Clock;
    most?: { copies: number; readers: number };
    /** When a request has had its time. */
    timeLimit?: () => AbortSignal;
  }) {
    this.#folder = options.folder;
    this.#sources = options.sources;
    this.#hosts = options.hosts;
    this.#clock = options.clock;
    this.#most = options.most ?? { copies: mostCopies, readers: mostReaders };
    this.#timeLimit =
      options.timeLimit ?? (() => AbortSignal.timeout(oldestMs / 2));
  }

  /** @throws ServiceUnavailableError when there is no copy in time, or too many read this one */
  async open(
    source: { repository: string; commit: string },
    { signal }: { signal: AbortSignal },
  ): Promise<Readable> {
    const repository = await this.#sources.folderOf(source.repository);
    const { commit } = source;
    const end = AbortSignal.any([signal, this.#timeLimit()]);
    let copy: Copy | undefined;
    try {
      const joined = await this.#join({ repository, commit }, end);
      copy = joined;
      await unlessAborted(joined.made, end);
      return archiveOf(joined.folder, {
        signal: end,
        onEnd: () => this.#leave(joined),
      });
    } catch (error) {
      if (copy) this.#leave(copy);
      if (error instanceof ServiceUnavailableError) throw error;
      throw new ServiceUnavailableError(
        `The source at commit ${commit.slice(0, 12)} could not be packed`,
        error,
      );
    }
  }

  /** The copy of this source, with one reader more; waits for a place for it where it is not there. */
  async #join(
    source: { repository: string; commit: string },
    signal: AbortSignal,
  ): Promise<Copy> {
    const key = `${source.commit} ${source.repository}`;
    for (;;) {
      signal.throwIfAborted();
      const known = [...this.#copies].find(
        copy => copy.key === key && this.#isOpen(copy),
      );
      if (known) {
        if (known.readers >= this.#most.readers) {
          throw new ServiceUnavailableError(
            `${known.readers} fetch this source, which is the most at once; try again in a moment`,
          );
        }
        known.readers += 1;
        return known;
      }
      if (this.#copies.size < this.#most.copies)
        return this.#begin(key, source);
      await once(this.#events, 'left', { signal });
    }
  }

  #isOpen({ readers, begunAt }: Copy): boolean {
    return readers > 0 && this.#clock().getTime() - begunAt < oldestMs / 2;
  }

  #begin(key: string, source: { repository: string; commit: string }): Copy {
    const gone = new AbortController();
    const { signal } = gone;
    const folder = join(this.#folder, randomUUID());
    const made = this.#copying.then(async () => {
      signal.throwIfAborted();
      await this.#sweep();
      await makeWorkingCopy({
        ...{ ...source, target: folder, signal },
        hosts: this.#hosts,
        progress: async () => {},
      });
    });
    this.#copying = made.catch(() => undefined);
    const begunAt = this.#clock().getTime();
    const copy = { key, folder, begunAt, readers: 1, made, gone };
    this.#copies.add(copy);
    return copy;
  }

  #leave(copy: Copy): void {
    copy.readers -= 1;
    if (copy.readers === 0) void this.#remove(copy);
  }

  /** Its place is free when the disk is. */
  async #remove(copy: Copy): Promise<void> {
    copy.gone.abort();
    await copy.made.catch(() => undefined);
    await Promise.allSettled(
      [copy.folder, `${copy.folder}.part`].map(folder =>
        rm(folder, { recursive: true, force: true }),
      ),
    );
    this.#copies.delete(copy);
    this.#events.emit('left');
  }

  async #sweep(): Promise<void> {
    await mkdir(this.#folder, { recursive: true });
    for (const name of await readdir(this.#folder)) {
      const path = join(this.#folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found && this.#clock().getTime() - found.mtimeMs > oldestMs)
        await rm(path, { recursive: true, force: true });
    }
  }
}

/**
 * The archive as it is written. Its end waits for the end of tar: where tar fails, also when it is killed, the stream
 * fails. Half an archive must not pass for a whole one.
 */
function archiveOf(
  folder: string,
  options: { signal: AbortSignal; onEnd: () => void },
): Readable {
  const child = spawn('tar', ['-C', folder, '-cf', '-', '.'], {
    env: basics(),
    signal: options.signal,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, name) => {
      if (code === 0) resolve();
      else reject(new Error(`tar ended with ${name ?? `code ${code}`}`));
    });
  });
  const archive = new Transform({
    transform: (chunk, _encoding, done) => done(null, chunk),
    flush: done => {
      ended.then(() => done(), done);
    },
  });
  ended.catch(error => archive.destroy(error));
  // A reader that stops ends tar, because nobody takes what it writes.
  pipeline(child.stdout, archive).catch(() => child.kill());
  child.once('close', options.onEnd);
  return archive;
}
