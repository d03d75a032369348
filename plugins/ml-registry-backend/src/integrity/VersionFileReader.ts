import { createHash } from 'node:crypto';
import type { Clock } from '@downstage/common';
import type { Lease } from '@downstage/node';
import type { FileEvidence } from '@downstage/plugin-ml-registry-common';
import type { PickleFindings } from './pickles/pickles';
import type { FilesFound, VersionFileStore } from './VersionFileStore';
import type {
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import { scanForPickles } from './pickles/scanForPickles';
import type { VersionFiles } from '../versions/VersionFiles';

/** A decision waits this long; large files are read on meanwhile. */
const patienceMs = 2_000;
/** A decision wants files that were read no longer ago than this. */
const freshMs = 10 * 60_000;
/** Where a portal was ended while it read, another one reads after this long. */
export const fileLeaseMs = 60_000;
/** A reading that takes longer is taken for one that hangs: another portal reads the files too. */
export const readingMs = 30 * 60_000;
const retryMs = 30_000;

type Reading = { done: number; of: number; result: Promise<FilesFound> };

/** What reading the files of a version again found. */
export type FileCheck =
  | { state: 'reading'; done: number; of: number }
  | { state: 'read'; changed: string[]; unrecorded: string[] };

/** What the gates on files get to see. */
export type FilesSeen = {
  digest: string;
  count: number;
  check: FileCheck;
  pickles: PickleFindings[] | 'reading';
};

/**
 * Reads the files of versions again: compares checksums, and looks for pickles.
 *
 * @remarks
 * The files of a version are read once, in the background, by the process with the lease on its row. The result is
 * stored under the digest of the list of files. The lease is short, and renewed for as long as the process reads. A page is shown what is stored. A decision lists the files. It has them
 * read again where the list differs or the reading is older than ten minutes. After two seconds it gets "reading" and
 * is asked again. One version at a time is read in a process.
 */
export class VersionFileReader {
  readonly #files: VersionFiles;
  readonly #store: VersionFileStore;
  readonly #versions: VersionQueries;
  readonly #clock: Clock;
  readonly #readings = new Map<string, Reading>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: {
    files: VersionFiles;
    store: VersionFileStore;
    versions: VersionQueries;
    clock: Clock;
  }) {
    this.#files = options.files;
    this.#store = options.store;
    this.#versions = options.versions;
    this.#clock = options.clock;
  }

  /** What is known of the files, without touching one. Files that nobody has read are read soon. */
  async stored(version: VersionFacts): Promise<FilesSeen> {
    const found = await this.#store.find(version);
    if (found) return seen(found);
    await this.#store.markDue(version, this.#clock());
    return this.#reading(version);
  }

  /** What a decision is made on. */
  async fresh(version: VersionFacts): Promise<FilesSeen> {
    const now = this.#clock();
    const files = await this.#files.list(version.storageLocation);
    const found = await this.#store.find(version);
    const isFresh =
      found?.digest === files.digest &&
      now.getTime() - new Date(found.readAt).getTime() < freshMs;
    if (found && isFresh) return seen(found);
    const reading = await this.#start(version);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<undefined>(resolve => {
      timer = setTimeout(resolve, patienceMs, undefined);
      timer.unref();
    });
    const read = await Promise.race([
      reading?.result.catch(() => undefined),
      patience,
    ]);
    clearTimeout(timer);
    return read ? seen(read) : this.#reading(version, files);
  }

  /** One step of the loop: reads the files of one version under the lease, and writes what it found. */
  async step(lease: Lease): Promise<void> {
    const key = await this.#store.keyOf(lease.id);
    const version =
      key && (await this.#versions.findVersion(key.name, key.version));
    if (!version) return;
    await this.#run(version, lease).result;
  }

  /** `undefined` while another process reads the files. */
  async #start(version: VersionFacts): Promise<Reading | undefined> {
    const known = this.#readings.get(keyOf(version));
    if (known) return known;
    const now = this.#clock();
    const lease = await this.#store.claim(version, {
      now,
      leaseMs: fileLeaseMs,
    });
    if (!lease) return this.#readings.get(keyOf(version));
    const reading = this.#run(version, lease);
    const kept = this.#store.keep(lease, {
      ...{ claimedAt: now, leaseMs: fileLeaseMs, mostMs: readingMs },
      clock: this.#clock,
    });
    reading.result.then(kept.stop, kept.stop);
    return reading;
  }

  #run(version: VersionFacts, lease: Lease): Reading {
    const key = keyOf(version);
    const known = this.#readings.get(key);
    if (known) return known;
    const reading: Reading = {
      done: 0,
      of: 0,
      result: this.#last.then(() => this.#readAll(version, lease, reading)),
    };
    this.#readings.set(key, reading);
    this.#last = reading.result
      .catch(async () => {
        const again = new Date(this.#clock().getTime() + retryMs);
        await this.#store.release(lease, again);
      })
      .catch(() => {})
      .finally(() => this.#readings.delete(key));
    return reading;
  }

  async #readAll(
    { storageLocation }: VersionFacts,
    lease: Lease,
    progress: { done: number; of: number },
  ): Promise<FilesFound> {
    const files = await this.#files.list(storageLocation);
    progress.of = files.items.length;
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
      progress.done += 1;
    }
    const found: FilesFound = {
      digest: files.digest,
      count: files.items.length,
      changed,
      unrecorded,
      pickles,
      readAt: this.#clock().toISOString(),
    };
    await this.#store.save(lease, found);
    return found;
  }

  #reading(version: VersionFacts, files?: FileEvidence): FilesSeen {
    const now = this.#readings.get(keyOf(version));
    const count = files?.items.length ?? now?.of ?? 0;
    return {
      digest: files?.digest ?? '',
      count,
      check: { state: 'reading', done: now?.done ?? 0, of: count },
      pickles: 'reading',
    };
  }
}

function seen({ digest, count, changed, unrecorded, pickles }: FilesFound) {
  const check: FileCheck = { state: 'read', changed, unrecorded };
  return { digest, count, check, pickles };
}

function keyOf({ name, version }: { name: string; version: number }) {
  return `${name}@${version}`;
}
