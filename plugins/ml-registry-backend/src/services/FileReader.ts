import { createHash } from 'node:crypto';
import type { FileEvidence } from '@downstage/plugin-ml-registry-common';
import type { FileCheck } from '../domain/evidenceGates';
import type { PickleFindings } from '../domain/pickles';
import { scanForPickles } from './scanForPickles';
import type { VersionFiles } from './VersionFiles';

/** Whoever asks waits this long; large files are read on meanwhile. */
const patienceMs = 2_000;
/** A check is good for this long; then the files are read again. */
const freshMs = 10 * 60_000;
const mostKept = 200;

type Reading = {
  startedAt: number;
  done: number;
  of: number;
  result: Promise<Read>;
  finished?: Read;
  failed?: unknown;
};
type Read = { check: FileCheck; pickles: PickleFindings[] };

/**
 * Reads the files of versions again: compares checksums, and looks for pickles.
 *
 * @remarks
 * Files are streamed one after the other, one version at a time. What was read is kept under the digest of the file
 * list for ten minutes. A version that takes longer than two seconds answers "reading" and is asked again.
 */
export class FileReader {
  readonly #files: VersionFiles;
  readonly #clock: () => number;
  readonly #readings = new Map<string, Reading>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: { files: VersionFiles; clock?: () => number }) {
    this.#files = options.files;
    this.#clock = options.clock ?? Date.now;
  }

  async read(
    storageLocation: string,
    files: FileEvidence,
  ): Promise<{ check: FileCheck; pickles: PickleFindings[] | 'reading' }> {
    const key = `${storageLocation} ${files.digest}`;
    let reading = this.#readings.get(key);
    const old = reading && this.#clock() - reading.startedAt > freshMs;
    if (!reading || reading.failed || (old && reading.finished)) {
      reading = this.#start(storageLocation, files);
      this.#keep(key, reading);
    }
    const { result, of } = reading;
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>(resolve => {
      timer = setTimeout(resolve, patienceMs, undefined);
      timer.unref();
    });
    const read = await Promise.race([result, patience]);
    clearTimeout(timer);
    if (read) return read;
    return {
      check: { state: 'reading', done: reading.done, of },
      pickles: 'reading',
    };
  }

  #start(storageLocation: string, files: FileEvidence): Reading {
    const reading: Reading = {
      startedAt: this.#clock(),
      done: 0,
      of: files.items.length,
      result: this.#last.then(() =>
        this.#readAll(storageLocation, files, () => {
          reading.done += 1;
        }),
      ),
    };
    this.#last = reading.result.then(
      read => {
        reading.finished = read;
      },
      error => {
        reading.failed = error;
      },
    );
    return reading;
  }

  async #readAll(
    storageLocation: string,
    files: FileEvidence,
    tick: () => void,
  ): Promise<Read> {
    const changed: string[] = [];
    const unrecorded: string[] = [];
    const pickles: PickleFindings[] = [];
    for (const { path, sha256 } of files.items) {
      if (!sha256) unrecorded.push(path);
      else {
        const file = await this.#files.open(storageLocation, path);
        const hash = createHash('sha256');
        for await (const chunk of file?.content ?? []) hash.update(chunk);
        if (!file || hash.digest('hex') !== sha256) changed.push(path);
      }
      const findings = await scanForPickles(path, () =>
        this.#files.open(storageLocation, path),
      );
      pickles.push(...findings);
      tick();
    }
    return { check: { state: 'read', changed, unrecorded }, pickles };
  }

  #keep(key: string, reading: Reading) {
    this.#readings.delete(key);
    this.#readings.set(key, reading);
    for (const oldest of this.#readings.keys()) {
      if (this.#readings.size <= mostKept) break;
      this.#readings.delete(oldest);
    }
  }
}
