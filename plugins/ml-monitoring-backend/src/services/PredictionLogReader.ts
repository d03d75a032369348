import { createWriteStream } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type {
  AuthService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { allItems } from '@downstage/common';
import type { PredictionLogFile } from '@downstage/plugin-ml-serving-common';
import type { MlServingService } from '@downstage/plugin-ml-serving-node';

type EndpointPath = { namespace: string; name: string };

/** Which predictions are wanted. */
export type LogRange = {
  version: number;
  /** Only predictions after this time. */
  after?: string;
  /** Only predictions up to this time. */
  until?: string;
  /** Only the newest, this many at least. */
  latest?: number;
};

/** Opens a file of the log; `downloadPredictionLogFile` unless a test says otherwise. */
export type OpenLogFile = (
  file: PredictionLogFile,
  options: { credentials: BackstageCredentials },
) => Promise<Response>;

/**
 * Brings the files of a prediction log to where DuckDB reads them.
 *
 * @remarks
 * A file that serving names on this machine is read where it lies. Any other is fetched, for the time of one task.
 * It is read as this plugin: access to verdicts is decided before, and nobody sees a row.
 */
export class PredictionLogReader {
  readonly #serving: Pick<
    MlServingService,
    'countPredictions' | 'listPredictionLogFiles'
  >;
  readonly #auth: AuthService;
  readonly #open: OpenLogFile;

  constructor(options: {
    serving: Pick<
      MlServingService,
      'countPredictions' | 'listPredictionLogFiles'
    >;
    auth: AuthService;
    open: OpenLogFile;
  }) {
    this.#serving = options.serving;
    this.#auth = options.auth;
    this.#open = options.open;
  }

  /** How many predictions of a version were made after a time, Parquet or not. */
  async count(
    { namespace, name }: EndpointPath,
    { version, after }: Pick<LogRange, 'version' | 'after'>,
  ): Promise<number> {
    const { rows, openRows } = await this.#serving.countPredictions(
      { params: { namespace, name }, query: { version, after } },
      { credentials: await this.#auth.getOwnServiceCredentials() },
    );
    return rows + openRows;
  }

  /** Runs a task on the files that hold a range, as paths on this machine. */
  async withFiles<T>(
    { namespace, name }: EndpointPath,
    { version, after, until, latest }: LogRange,
    task: (files: string[]) => Promise<T>,
  ): Promise<T> {
    const credentials = await this.#auth.getOwnServiceCredentials();
    const found = new Map<string, PredictionLogFile>();
    const lastDay = until?.slice(0, '2026-03-01'.length);
    let rows = 0;
    const all = allItems(cursor =>
      this.#serving.listPredictionLogFiles(
        {
          params: { namespace, name },
          query: { version, after, cursor, limit: 500 },
        },
        { credentials },
      ),
    );
    for await (const file of all) {
      if (lastDay !== undefined && file.day > lastDay) continue;
      // On the last day, rows may be later than the range: such a file is read, and not relied on.
      const isWhole = lastDay === undefined || file.day < lastDay;
      if (isWhole && !found.has(file.id)) rows += file.rows;
      found.set(file.id, file);
      if (latest !== undefined && rows >= latest) break;
    }
    const fetched: { folder?: string } = {};
    try {
      const paths: string[] = [];
      for (const file of found.values()) {
        if (file.path !== undefined && (await isThere(file.path, file.bytes))) {
          paths.push(file.path);
          continue;
        }
        fetched.folder ??= await mkdtemp(join(tmpdir(), 'downstage-log-'));
        const path = join(fetched.folder, `${paths.length}.parquet`);
        await save(await this.#open(file, { credentials }), path);
        paths.push(path);
      }
      return await task(paths);
    } finally {
      if (fetched.folder) {
        await rm(fetched.folder, { recursive: true, force: true });
      }
    }
  }
}

/** Another machine may name a path that is something else here. */
async function isThere(path: string, bytes: number): Promise<boolean> {
  return stat(path).then(
    found => found.isFile() && found.size === bytes,
    () => false,
  );
}

async function save(response: Response, path: string): Promise<void> {
  if (!response.body) throw new Error('A file of the log came without a body');
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    createWriteStream(path, { mode: 0o600 }),
  );
}
