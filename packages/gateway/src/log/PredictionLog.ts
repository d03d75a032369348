import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { stringifyError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import { rollFile, type Segment } from './rollFile';

type OpenSegment = {
  segment: Segment;
  stem: string;
  file: string;
  lines: string[];
  /** Whether folder and column file are written. */
  prepared: boolean;
};

type Counters = { logged: number; dropped: number; message?: string };

/**
 * Writes down what was asked and answered, without anybody waiting for it.
 *
 * @remarks
 * Rows wait in memory for at most a few hundred milliseconds and lie on disk as NDJSON after that; `roll` makes
 * Parquet of them. The queue is bounded: when the disk is full or slow, rows are dropped and counted.
 * Promised: a crash loses no more than the rows in memory. Not promised: a row for every answer.
 */
export class PredictionLog {
  readonly #logDir: string;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #queueLimit: number;
  readonly #open = new Map<string, OpenSegment>();
  /** Takes no more rows, but has some that are not on disk yet. */
  #closing: OpenSegment[] = [];
  readonly #counters = new Map<string, Counters>();
  #queued = 0;
  #writing: Promise<void> = Promise.resolve();
  #rolling: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];

  constructor(options: {
    logDir: string;
    clock: Clock;
    newId: NewId;
    queueLimit?: number;
  }) {
    this.#logDir = options.logDir;
    this.#clock = options.clock;
    this.#newId = options.newId;
    this.#queueLimit = options.queueLimit ?? 50_000;
  }

  /** Starts flushing and rolling by time. What an earlier process left open is rolled first. */
  start(options: { flushMs: number; rollMs: number }): void {
    const quietly = (work: () => Promise<void>) => () => {
      work().catch(() => {}); // kept in the counters' message
    };
    this.#timers = [
      setInterval(
        quietly(() => this.flush()),
        options.flushMs,
      ),
      setInterval(
        quietly(() => this.roll()),
        options.rollMs,
      ),
    ];
    quietly(() => this.roll())();
  }

  /** Takes rows of one version; never waits, never throws. */
  offer(segment: Segment, rows: Record<string, unknown>[]): void {
    const counters = this.counters(segment.endpoint);
    if (this.#queued + rows.length > this.#queueLimit) {
      counters.dropped += rows.length;
      counters.message ??= `The queue of ${this.#queueLimit} rows is full`;
      return;
    }
    const open = this.#segment(segment);
    for (const row of rows) open.lines.push(`${JSON.stringify(row)}\n`);
    this.#queued += rows.length;
    counters.logged += rows.length;
  }

  counters(endpoint: string): Counters {
    let counters = this.#counters.get(endpoint);
    if (!counters) {
      counters = { logged: 0, dropped: 0 };
      this.#counters.set(endpoint, counters);
    }
    return counters;
  }

  /** Writes queued rows to their NDJSON files. Rows of a failed write stay queued. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      for (const open of [...this.#closing, ...this.#open.values()]) {
        await this.#write(open);
      }
    });
    return this.#writing;
  }

  /** Makes Parquet of everything that was offered before the call. */
  roll(): Promise<void> {
    const next = this.#rolling.then(() => this.#rollAll());
    this.#rolling = next.catch(() => {});
    return next;
  }

  /** Writes what is queued; what is not rolled is rolled at the next start. */
  async stop(): Promise<void> {
    this.#timers.forEach(clearInterval);
    await this.#rolling;
    await this.flush();
  }

  async #rollAll(): Promise<void> {
    // From here on new rows go to new files.
    this.#closing.push(...this.#open.values());
    this.#open.clear();
    await this.flush();
    this.#closing = this.#closing.filter(open => open.lines.length);
    const found = await this.#openFiles();
    const current = new Set(
      [...this.#closing, ...this.#open.values()].map(open => open.file),
    );
    const files = found.filter(({ file }) => !current.has(file));
    if (!files.length) return;
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '1',
      memory_limit: '256MB',
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
    });
    const connection = await instance.connect();
    let problem: unknown;
    try {
      for (const { endpoint, file } of files) {
        try {
          await rollFile(connection, { logDir: this.#logDir, file });
          this.counters(endpoint).message = undefined;
        } catch (error) {
          // The file stays and is tried again at the next roll.
          problem = error;
          this.counters(
            endpoint,
          ).message = `Could not roll ${file}: ${stringifyError(error)}`;
        }
      }
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
    if (problem) throw problem;
  }

  async #openFiles(): Promise<{ endpoint: string; file: string }[]> {
    const list = (folder: string) => readdir(folder).catch((): string[] => []);
    const endpoints = await list(this.#logDir);
    const found = await Promise.all(
      endpoints.map(async endpoint => {
        const folder = join(this.#logDir, endpoint, 'open');
        return (await list(folder))
          .filter(name => name.endsWith('.ndjson'))
          .map(name => ({ endpoint, file: join(folder, name) }));
      }),
    );
    return found.flat();
  }

  async #write(open: OpenSegment): Promise<void> {
    if (!open.lines.length) return;
    const lines = open.lines;
    open.lines = [];
    const counters = this.counters(open.segment.endpoint);
    try {
      if (!open.prepared) {
        await mkdir(join(open.file, '..'), { recursive: true });
        await writeFile(
          open.file.replace(/\.ndjson$/, '.columns.json'),
          JSON.stringify(open.segment),
        );
        open.prepared = true;
      }
      await appendFile(open.file, lines.join(''));
      this.#queued -= lines.length;
    } catch (error) {
      open.lines = lines.concat(open.lines);
      counters.message = `Could not write ${open.file}: ${stringifyError(
        error,
      )}`;
    }
  }

  #segment(segment: Segment): OpenSegment {
    const key = `${segment.endpoint}@${segment.version}`;
    const found = this.#open.get(key);
    if (found) return found;
    const stamp = this.#clock().toISOString().replace(/[-:.]/g, '');
    const stem = `v${segment.version}-${stamp}-${this.#newId().slice(0, 8)}`;
    const open: OpenSegment = {
      segment,
      stem,
      file: join(this.#logDir, segment.endpoint, 'open', `${stem}.ndjson`),
      lines: [],
      prepared: false,
    };
    this.#open.set(key, open);
    return open;
  }
}
