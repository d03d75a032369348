import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { withDuckDb } from './withDuckDb';

/** One Parquet file of the log on this machine. */
export type LogFile = {
  /** `v<version>/<day>/<name>`. */
  id: string;
  version: number;
  day: string;
  path: string;
};

/** Which files: of one version, and without those of days that ended before a time. */
export type LogFilter = { version?: number; after?: string };

const idPattern = /^v(\d+)\/(\d{4}-\d{2}-\d{2})\/([\w.-]+\.parquet)$/;

/**
 * The prediction log of one endpoint as the gateway writes it: `v<version>/date=<day>/<name>.parquet`, and
 * `open/*.ndjson` for what is not Parquet yet. No other file knows this layout.
 */
export class LogFolder {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /** For DuckDB, on this machine. */
  get glob(): string {
    return join(this.#path, 'v*', 'date=*', '*.parquet');
  }

  /** Newest first: by day, and within a day by name, which begins with the time at which the file was begun. */
  async files({ version, after }: LogFilter = {}): Promise<LogFile[]> {
    const folders = version === undefined ? await this.#versions() : [version];
    const found = await Promise.all(
      folders.map(async of => {
        const days = await list(join(this.#path, `v${of}`));
        const wanted = days.flatMap(name => {
          const day = /^date=(\d{4}-\d{2}-\d{2})$/.exec(name)?.[1];
          return day && !(after && day < after.slice(0, 10)) ? [day] : [];
        });
        const files = await Promise.all(
          wanted.map(async day =>
            (
              await list(join(this.#path, `v${of}`, `date=${day}`))
            ).flatMap(name => this.find(`v${of}/${day}/${name}`) ?? []),
          ),
        );
        return files.flat();
      }),
    );
    return found.flat().sort((a, b) => {
      const [first, second] = [a, b].map(keyOf);
      if (first === second) return 0;
      return first < second ? 1 : -1;
    });
  }

  /** The file of an id, whether or not it is there; `undefined` for what is no id, so that none leaves the folder. */
  find(id: string): LogFile | undefined {
    const [, version, day, name] = idPattern.exec(id) ?? [];
    if (name === undefined) return undefined;
    const path = join(this.#path, `v${version}`, `date=${day}`, name);
    return { id, version: Number(version), day, path };
  }

  /** Files that are not Parquet yet. */
  async open(): Promise<string[]> {
    const folder = join(this.#path, 'open');
    return (await list(folder))
      .filter(name => name.endsWith('.ndjson'))
      .map(name => join(folder, name));
  }

  /** How many rows the files have, from their footers: no row is read. None for a file that is gone by now. */
  async rows(
    files: readonly LogFile[],
    signal?: AbortSignal,
  ): Promise<Map<string, number>> {
    return ofThoseThere(files, async there => {
      if (!there.length) return new Map();
      return withDuckDb(async connection => {
        const reader = await connection.runAndReadAll(
          `SELECT file_name, num_rows FROM parquet_file_metadata([${literals(
            there,
          )}])`,
        );
        const byPath = new Map(
          reader.getRows().map(([path, rows]) => [String(path), Number(rows)]),
        );
        return new Map(
          there.map(({ id, path }) => [id, byPath.get(path) ?? 0]),
        );
      }, signal);
    });
  }

  /** How many predictions of a version were made after a time. */
  async count(
    version: number,
    after: string | undefined,
    signal?: AbortSignal,
  ): Promise<number> {
    return ofThoseThere(await this.files({ version, after }), async files => {
      if (!files.length) return 0;
      return withDuckDb(async connection => {
        const from = `read_parquet([${literals(
          files,
        )}], union_by_name = true, hive_partitioning = false)`;
        const reader = await connection.runAndReadAll(
          `SELECT count(*) FROM ${from} WHERE version = $1::INTEGER AND ($2::VARCHAR IS NULL OR "at" > $2::TIMESTAMP)`,
          [version, after?.replace(/Z$/, '') ?? null],
        );
        return Number(reader.getRows()[0]?.[0] ?? 0);
      }, signal);
    });
  }

  async #versions(): Promise<number[]> {
    return (await list(this.#path)).flatMap(name => {
      const version = /^v(\d+)$/.exec(name)?.[1];
      return version === undefined ? [] : [Number(version)];
    });
  }
}

/** Whether the file is there, and how large; it may have been removed by age meanwhile. */
export async function sizeOf({ path }: LogFile): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  );
}

/**
 * Reads files, and once more without those that were removed by age meanwhile: DuckDB reads all of a list or none. An
 * error while all of them are there is the caller's.
 */
async function ofThoseThere<T>(
  files: readonly LogFile[],
  read: (files: readonly LogFile[]) => Promise<T>,
): Promise<T> {
  try {
    return await read(files);
  } catch (error) {
    const sizes = await Promise.all(files.map(sizeOf));
    const there = files.filter((_, index) => sizes[index] !== undefined);
    if (there.length === files.length) throw error;
    return ofThoseThere(there, read);
  }
}

/** Predictions of a version that are still NDJSON: a line of many rows says so first, any other is one row. */
export async function countOpenRows(
  files: readonly string[],
  version: number,
): Promise<number> {
  let rows = 0;
  for (const file of files) {
    const named = /^v(\d+)-/.exec(basename(file));
    if (named && Number(named[1]) !== version) continue;
    try {
      const lines = createInterface({ input: createReadStream(file) });
      for await (const line of lines) {
        const [, count = 1] = /^\{"rows":(\d+),/.exec(line) ?? [];
        if (line.endsWith('}')) rows += Number(count);
      }
    } catch {
      // Rolled since it was listed: its rows are in Parquet now.
    }
  }
  return rows;
}

/** What a file is sorted by, across versions: the name of one begins with its version. */
function keyOf({ day, id }: LogFile): string {
  return `${day}/${basename(id).replace(/^v\d+-/, '')}/${id}`;
}

function literals(files: readonly LogFile[]): string {
  return files.map(({ path }) => `'${path.replaceAll("'", "''")}'`).join(', ');
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []); // not written yet
}
