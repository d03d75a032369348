import { Worker } from 'node:worker_threads';
import { resolvePackagePath } from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { KnexTimeoutError, type Knex } from 'knex';
import { isPostgres } from './database';
import { sqliteFileOf } from './sqliteFile';

type Query = Knex.QueryBuilder | Knex.Raw;
type Answer = { id: number; rows?: unknown[]; message?: string };
type Waiting = {
  resolve: (rows: unknown[]) => void;
  reject: (error: Error) => void;
};

/**
 * Reads that may take long: searches and histories.
 *
 * @remarks
 * SQLite answers within the call, and would hold the whole portal meanwhile. On a file, threads with connections of
 * their own do such reads. They see everything committed before they began. On PostgreSQL they run on the plugin's pool
 * and end after a minute at most.
 */
export interface Reader {
  read<Row>(query: Query): Promise<Row[]>;
}

const LONGEST_READ = 60_000;

/** Of a pool's connections, how many may read at length: writes always find one. */
const LONG_READS = 4;

class DirectReader implements Reader {
  readonly #knex: Knex;
  readonly #turn: <T>(work: () => Promise<T>) => Promise<T>;

  constructor(knex: Knex) {
    this.#knex = knex;
    this.#turn = limiter(LONG_READS);
  }

  async read<Row>(query: Query): Promise<Row[]> {
    if (!isPostgres(this.#knex)) return query;
    return this.#turn(() => this.#run<Row>(query));
  }

  async #run<Row>(query: Query): Promise<Row[]> {
    try {
      return await this.#knex.transaction(async tx => {
        await tx.raw('SET LOCAL jit = off');
        const answer = await query
          .transacting(tx)
          .timeout(LONGEST_READ, { cancel: true });
        return Array.isArray(answer) ? answer : answer.rows;
      });
    } catch (error) {
      if (!(error instanceof KnexTimeoutError)) throw error;
      // Not a 5xx: clients would ask the same again, seven times.
      throw new InputError(
        `The search took longer than ${
          LONGEST_READ / 1000
        } s and was ended; ask for fewer experiments or a narrower filter`,
        error,
      );
    }
  }
}

/**
 * What the thread does. It is text, because a file of its own would lie elsewhere in every kind of build. Statements
 * are prepared once each.
 */
const THREAD = `
const { parentPort, workerData } = require('node:worker_threads');
const Database = require(workerData.driver);
const database = new Database(workerData.file, { readonly: true });
database.pragma('busy_timeout = 20000');
database.pragma('cache_size = -65536');
const statements = new Map();
parentPort.on('message', ({ id, sql, bindings }) => {
  try {
    let statement = statements.get(sql);
    if (!statement) {
      statement = database.prepare(sql);
      if (statements.size > 500) statements.clear();
      statements.set(sql, statement);
    }
    parentPort.postMessage({ id, rows: statement.all(bindings) });
  } catch (error) {
    parentPort.postMessage({ id, message: error.message });
  }
});
`;

const THREADS = 2;

class ThreadReader implements Reader {
  readonly #file: string;
  readonly #driver: string;
  readonly #threads: { worker: Worker; waiting: Map<number, Waiting> }[] = [];
  #last = 0;

  constructor(file: string, driver: string) {
    this.#file = file;
    this.#driver = driver;
  }

  async read<Row>(query: Query): Promise<Row[]> {
    const { sql, bindings } = query.toSQL().toNative();
    const thread = this.#pick();
    this.#last += 1;
    const id = this.#last;
    const rows = await new Promise<unknown[]>((resolve, reject) => {
      thread.waiting.set(id, { resolve, reject });
      thread.worker.postMessage({ id, sql, bindings: bindings.map(toSqlite) });
    });
    return rows as Row[];
  }

  /** The thread with the least to do; a second one only when the first is busy. */
  #pick() {
    const free = this.#threads.find(({ waiting }) => waiting.size === 0);
    if (free) return free;
    if (this.#threads.length < THREADS) return this.#start();
    return this.#threads.reduce((a, b) =>
      b.waiting.size < a.waiting.size ? b : a,
    );
  }

  #start() {
    const worker = new Worker(THREAD, {
      eval: true,
      execArgv: [],
      workerData: { file: this.#file, driver: this.#driver },
    });
    // An idle thread keeps no process alive.
    worker.unref();
    const thread = { worker, waiting: new Map<number, Waiting>() };
    worker.on('message', ({ id, rows, message }: Answer) => {
      const asked = thread.waiting.get(id);
      thread.waiting.delete(id);
      if (rows) asked?.resolve(rows);
      else asked?.reject(new Error(message));
    });
    const fail = (error: Error) => {
      // An error is followed by the end: the second call finds nothing left to do.
      const at = this.#threads.indexOf(thread);
      if (at >= 0) this.#threads.splice(at, 1);
      for (const asked of thread.waiting.values()) asked.reject(error);
      thread.waiting.clear();
    };
    worker.once('error', fail);
    worker.once('exit', () =>
      fail(new Error('The thread that reads from SQLite ended')),
    );
    this.#threads.push(thread);
    return thread;
  }
}

const readers = new WeakMap<Knex, Reader>();

/** The reader of a database; made once. */
export function readerOf(knex: Knex): Reader {
  let reader = readers.get(knex);
  if (!reader) {
    const file = sqliteFileOf(knex);
    const driver = file && findDriver();
    reader = driver ? new ThreadReader(file, driver) : new DirectReader(knex);
    readers.set(knex, reader);
  }
  return reader;
}

/** The portal brings the driver; it is looked up from here, and from where the portal runs. */
function findDriver(): string | undefined {
  try {
    return require.resolve('better-sqlite3', {
      paths: [
        resolvePackagePath('@downstage/plugin-ml-registry-backend'),
        process.cwd(),
      ],
    });
  } catch {
    return undefined;
  }
}

/** Lets so many work at a time; the others wait in the order they came. */
function limiter(limit: number): <T>(work: () => Promise<T>) => Promise<T> {
  let working = 0;
  const waiting: (() => void)[] = [];
  return async work => {
    if (working < limit) working += 1;
    else await new Promise<void>(resolve => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else working -= 1;
    }
  };
}

function toSqlite(value: unknown): unknown {
  if (typeof value === 'boolean') return value ? 1 : 0;
  return value ?? null;
}
