import { randomUUID } from 'node:crypto';
import {
  mkdir,
  open,
  readdir,
  rm,
  writeFile,
  type FileHandle,
} from 'node:fs/promises';
import { join } from 'node:path';
import { stringifyError } from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import type {
  Column,
  GatewayEndpoint,
  GatewayVersion,
} from '@downstage/plugin-ml-serving-common';
import type { Caller } from '../auth/Decisions';
import type { LogPart } from './payload';
import { Roller } from './Roller';
import type { LogLine, Segment } from './segment';

type OpenSegment = {
  segment: Segment;
  file: string;
  entries: LoggedRequest[];
  bytes: number;
  /** Length of the file up to the last whole line; what lies behind it is overwritten. */
  written: number;
};

type Counters = { logged: number; dropped: number; message?: string };

/** Lines are made and written some at a time, about as many bytes. */
const largestBlock = 256 * 1024;
const endOfLine = Buffer.from('"}\n');

/** One answered request, as the log takes it. */
export type LoggedRequest = {
  endpoint: Pick<GatewayEndpoint, 'endpoint' | 'model'> & {
    /** The part of it that answered. */
    variant: string;
  };
  version: Pick<GatewayVersion, 'version' | 'features'>;
  predictions: Column[];
  predictionId: string;
  requestId: string;
  /** Who asked. */
  caller?: Caller;
  at: Date;
  latencyMs: number;
  rows: number;
  parts: LogPart[];
  payload: Buffer;
};

/** A file is closed when it is this large, so that rolling it takes bounded memory. */
const largestSegment = 32 * 1024 * 1024;

/**
 * Writes down what was asked and answered, without anybody waiting for it.
 *
 * @remarks
 * A request is one line, with its tensors as bytes: no row and no column is made here. Lines wait in memory for at most
 * a few hundred milliseconds and lie on disk after that; `roll` makes Parquet of them in another process. The queue is
 * bounded in rows and bytes: when the disk is full or slow, requests are dropped and counted. Two things are promised.
 * A crash loses no more than what is in memory. No row is written twice, even after a write that failed half-way. A row
 * for every answer is not promised.
 */
export class PredictionLog {
  readonly #logDir: string;
  readonly #clock: Clock;
  readonly #newId: NewId;
  readonly #queueRows: number;
  readonly #queueBytes: number;
  readonly #sampling: (endpoint: string) => number;
  readonly #retentionDays: number | undefined;
  readonly #random: () => number;
  readonly #roller: Roller;
  readonly #open = new Map<string, OpenSegment>();
  /** Takes no more requests, but has some that are not on disk yet. */
  #closing: OpenSegment[] = [];
  readonly #counters = new Map<string, Counters>();
  #rows = 0;
  #bytes = 0;
  #writing: Promise<void> = Promise.resolve();
  #rolling: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];

  constructor(options: {
    logDir: string;
    clock: Clock;
    newId?: NewId;
    queueRows?: number;
    queueBytes?: number;
    /** Which part of an endpoint's requests is logged, from 0 to 1. */
    sampling?: (endpoint: string) => number;
    /** Days after which rolled rows are removed; kept for ever when absent. */
    retentionDays?: number;
    random?: () => number;
    roller?: Roller;
  }) {
    this.#logDir = options.logDir;
    this.#clock = options.clock;
    this.#newId = options.newId ?? randomUUID;
    this.#queueRows = options.queueRows ?? 50_000;
    this.#queueBytes = options.queueBytes ?? 64 * 1024 * 1024;
    this.#sampling = options.sampling ?? (() => 1);
    this.#retentionDays = options.retentionDays;
    this.#random = options.random ?? Math.random;
    this.#roller = options.roller ?? new Roller();
  }

  /** Starts flushing and rolling by time. Files that an earlier process left open are rolled first. */
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

  /** Whether the next request of an endpoint is to be logged; asked before its tensors are copied. */
  wants(endpoint: string): boolean {
    const part = this.#sampling(endpoint);
    return part >= 1 || (part > 0 && this.#random() < part);
  }

  /** Takes one request; never waits, never throws. */
  offer(request: LoggedRequest): void {
    const { endpoint, version, rows, payload } = request;
    const counters = this.counters(endpoint.endpoint);
    if (
      this.#rows + rows > this.#queueRows ||
      this.#bytes + payload.length > this.#queueBytes
    ) {
      counters.dropped += rows;
      counters.message ??= `The queue is full: ${this.#rows} of ${
        this.#queueRows
      } rows, ${this.#bytes} of ${this.#queueBytes} bytes`;
      return;
    }
    const target = this.#segment({
      endpoint: endpoint.endpoint,
      version: version.version,
      features: version.features,
      predictions: request.predictions,
    });
    target.entries.push(request);
    target.bytes += payload.length;
    this.#rows += rows;
    this.#bytes += payload.length;
    counters.logged += rows;
  }

  counters(endpoint: string): Counters {
    let counters = this.#counters.get(endpoint);
    if (!counters) {
      counters = { logged: 0, dropped: 0 };
      this.#counters.set(endpoint, counters);
    }
    return counters;
  }

  /** Writes what is queued to its files. The lines of a failed write stay queued. */
  flush(): Promise<void> {
    this.#writing = this.#writing.then(async () => {
      for (const segment of [...this.#closing, ...this.#open.values()]) {
        await this.#write(segment);
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
    await this.#roller.stop();
  }

  async #rollAll(): Promise<void> {
    // From here on new requests go to new files.
    this.#closing.push(...this.#open.values());
    this.#open.clear();
    await this.flush();
    this.#closing = this.#closing.filter(({ entries }) => entries.length);
    const found = await this.#openFiles();
    const current = new Set(
      [...this.#closing, ...this.#open.values()].map(({ file }) => file),
    );
    const files = found.filter(({ file }) => !current.has(file));
    let problem: unknown;
    for (const { endpoint, file } of files) {
      try {
        await this.#roller.roll({ logDir: this.#logDir, file });
        this.counters(endpoint).message = undefined;
      } catch (error) {
        // The file stays and is tried again at the next roll.
        problem = error;
        this.counters(
          endpoint,
        ).message = `Could not roll ${file}: ${stringifyError(error)}`;
      }
    }
    await this.#forgetOld();
    if (problem) throw problem;
  }

  /** Removes the days that are older than configured. */
  async #forgetOld() {
    if (this.#retentionDays === undefined) return;
    const oldest = new Date(
      this.#clock().getTime() - this.#retentionDays * 86_400_000,
    )
      .toISOString()
      .slice(0, 10);
    for (const endpoint of await list(this.#logDir)) {
      for (const version of await list(join(this.#logDir, endpoint))) {
        if (!/^v\d+$/.test(version)) continue;
        const folder = join(this.#logDir, endpoint, version);
        for (const day of await list(folder)) {
          const date = /^date=(\d{4}-\d{2}-\d{2})$/.exec(day);
          if (!date || date[1] >= oldest) continue;
          await rm(join(folder, day), { recursive: true, force: true });
        }
      }
    }
  }

  async #openFiles(): Promise<{ endpoint: string; file: string }[]> {
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

  async #write(target: OpenSegment): Promise<void> {
    if (!target.entries.length) return;
    const { entries, bytes } = target;
    target.entries = [];
    target.bytes = 0;
    const counters = this.counters(target.segment.endpoint);
    let file: FileHandle | undefined;
    try {
      if (!target.written) {
        await mkdir(join(target.file, '..'), { recursive: true });
        await writeFile(
          target.file.replace(/\.ndjson$/, '.columns.json'),
          JSON.stringify(target.segment),
        );
      }
      file = await open(target.file, target.written ? 'r+' : 'w');
      // Behind the last whole line there may be half of one from a write that failed.
      await file.truncate(target.written);
      let end = target.written;
      for (const block of blocksOf(entries)) {
        let done = 0;
        while (done < block.length) {
          const { bytesWritten } = await file.write(
            block,
            done,
            block.length - done,
            end + done,
          );
          done += bytesWritten;
        }
        end += block.length;
      }
      target.written = end;
      this.#rows -= entries.reduce((sum, entry) => sum + entry.rows, 0);
      this.#bytes -= bytes;
      if (target.written > largestSegment) this.#close(target);
    } catch (error) {
      target.entries = entries.concat(target.entries);
      target.bytes += bytes;
      counters.message = `Could not write ${target.file}: ${stringifyError(
        error,
      )}`;
    } finally {
      await file?.close().catch(() => {});
    }
  }

  #close(target: OpenSegment) {
    for (const [key, found] of this.#open) {
      if (found !== target) continue;
      this.#open.delete(key);
      if (target.entries.length) this.#closing.push(target);
    }
  }

  #segment(segment: Segment): OpenSegment {
    // A version whose answers were not known at first gets a new file when they are.
    const key = `${segment.endpoint}@${segment.version}:${segment.predictions.length}`;
    const found = this.#open.get(key);
    if (found) return found;
    const stamp = this.#clock().toISOString().replace(/[-:.]/g, '');
    const stem = `v${segment.version}-${stamp}-${this.#newId().slice(0, 8)}`;
    const target: OpenSegment = {
      segment,
      file: join(this.#logDir, segment.endpoint, 'open', `${stem}.ndjson`),
      entries: [],
      bytes: 0,
      written: 0,
    };
    this.#open.set(key, target);
    return target;
  }
}

/** The lines of requests, some at a time: between two blocks the gateway takes and answers requests. */
function* blocksOf(entries: readonly LoggedRequest[]): Generator<Buffer> {
  let parts: Buffer[] = [];
  let size = 0;
  for (const entry of entries) {
    const line = toLine(entry);
    parts.push(...line);
    size += line.reduce((sum, part) => sum + part.length, 0);
    if (size < largestBlock) continue;
    yield Buffer.concat(parts, size);
    parts = [];
    size = 0;
  }
  if (size) yield Buffer.concat(parts, size);
}

/**
 * The pieces of a request's line. `rows` comes first: rows are counted from the beginnings of the lines.
 *
 * @remarks
 * The bytes of the tensors are no part of the JSON that is made here: two megabytes took 7 ms with it, 0.5 without.
 */
function toLine(request: LoggedRequest): Buffer[] {
  const { endpoint, version } = request;
  const line: LogLine = {
    rows: request.rows,
    prediction_id: request.predictionId,
    request_id: request.requestId,
    at: request.at.toISOString(),
    endpoint: endpoint.endpoint,
    model: endpoint.model,
    version: version.version,
    variant: endpoint.variant,
    caller: request.caller?.actor,
    token: request.caller?.token,
    latency_ms: Number(request.latencyMs.toFixed(3)),
    parts: request.parts,
    data: '',
  };
  return [
    Buffer.from(JSON.stringify(line).slice(0, -'"}'.length)),
    Buffer.from(request.payload.toString('base64'), 'latin1'),
    endOfLine,
  ];
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []); // not written yet
}
