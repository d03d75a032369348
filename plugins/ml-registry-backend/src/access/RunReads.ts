import { NotFoundError } from '@backstage/errors';
import type { Caller } from '@downstage/node';
import type { ArtifactEntry } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import type { Sql } from '../kernel/database/sql';
import { chunks } from '../kernel/database/database';
import { ofModelWithinScope, withinScope, type Readable } from './readScope';
import { seesNothingAtAll, type ModelReads } from './ModelReads';

const keys: Record<Readable, string> = {
  registered_models: 'name',
  experiments: 'experiment_id',
  runs: 'run_id',
  logged_models: 'model_id',
  traces: 'trace_id',
  evaluation_datasets: 'dataset_id',
};

/** Knows which registered versions lie at an address of the artifact store. */
export interface FilesOfVersions {
  /** Whether one of them lies there and meets these conditions on `model_versions`. */
  hasVersionAt(address: string, where: Sql[]): Promise<boolean>;
}

type Scopes = Pick<ModelReads, 'scope' | 'requireAny' | 'sees'>;

/**
 * Decides who may read runs, experiments, logged models, traces and their files: the one place.
 *
 * @remarks
 * Everything that shows a run, or something of it, asks here: lists take {@link RunReads.where} into their statement,
 * single things ask {@link RunReads.sees}, files {@link RunReads.seesFile}. All of them are the same condition in SQL,
 * made in `access/readScope.ts`. A run that may not be read is answered as if it did not exist.
 */
export class RunReads {
  readonly #knex: Knex;
  readonly #versions: FilesOfVersions;
  readonly #modelReads: Scopes;

  constructor(options: {
    knex: Knex;
    versions: FilesOfVersions;
    modelReads: Scopes;
  }) {
    this.#knex = options.knex;
    this.#versions = options.versions;
    this.#modelReads = options.modelReads;
  }

  /** Refuses callers who may read nothing at all. */
  async require(caller: Caller): Promise<void> {
    await this.#modelReads.requireAny(caller);
  }

  /**
   * What narrows a list of these rows; empty for callers who see everything.
   *
   * @throws NotAllowedError for callers who may read nothing at all
   */
  async where(table: Readable, caller: Caller): Promise<Sql[]> {
    const scope = await this.#modelReads.scope(caller);
    return scope ? [withinScope(this.#knex, table, scope)] : [];
  }

  /** The same for rows that name a registered model in this column. */
  async whereModel(column: string, caller: Caller): Promise<Sql[]> {
    const scope = await this.#modelReads.scope(caller);
    return scope ? [ofModelWithinScope(this.#knex, column, scope)] : [];
  }

  /** Of these ids, those that the caller may read; where nothing is hidden, all of them, also of what is not there. */
  async among(
    table: Readable,
    ids: string[],
    caller: Caller,
  ): Promise<Set<string>> {
    const where = await this.where(table, caller);
    return where.length ? this.#found(table, ids, where) : new Set(ids);
  }

  /** Whether the caller may read this; true of what does not exist where nothing is hidden. */
  async sees(table: Readable, id: string, caller: Caller): Promise<boolean> {
    return (await this.among(table, [id], caller)).has(id);
  }

  /**
   * What was found for a change, where the caller may read it; else `undefined`, as if it did not exist. Asked before the
   * change is judged by its owner, so that nothing is told of what is hidden.
   */
  async known<T>(
    thing: { table: Readable; id: string; caller: Caller },
    found: T | undefined,
  ): Promise<T | undefined> {
    if (found === undefined) return undefined;
    const { table, id, caller } = thing;
    const seen = await this.sees(table, id, caller).catch(seesNothingAtAll);
    return seen ? found : undefined;
  }

  /** Whether the caller may know of a registered model that they want to change. */
  seesModel(name: string, caller: Caller): Promise<boolean> {
    return this.#modelReads.sees(name, caller).catch(seesNothingAtAll);
  }

  /** Whether a file may be read: as part of its run or logged model, or of a version of a model that is seen. */
  async seesFile(path: string, caller: Caller): Promise<boolean> {
    const scope = await this.#modelReads.scope(caller);
    if (!scope) return true;
    const { table, id } = thingAt(path);
    if (id !== undefined) {
      const where = [withinScope(this.#knex, table, scope)];
      if ((await this.#found(table, [id], where)).size) return true;
    }
    return this.#versions.hasVersionAt(`mlflow-artifacts:/${path}`, [
      ofModelWithinScope(this.#knex, 'model_versions.name', scope),
    ]);
  }

  /** The readable part of a folder. */
  async entriesSeen<T extends ArtifactEntry>(
    folder: string,
    caller: Caller,
    list: () => Promise<T[]>,
  ): Promise<T[]> {
    if (isWithin(folder)) {
      return (await this.seesFile(folder, caller)) ? list() : [];
    }
    const scope = await this.#modelReads.scope(caller);
    const entries = await list();
    if (!scope) return entries;
    const seen = new Map<Readable, Set<string>>();
    for (const table of ['experiments', 'runs', 'logged_models'] as const) {
      const ids = entries.flatMap(({ path }) => {
        const thing = thingAt(path);
        return thing.table === table && thing.id ? [thing.id] : [];
      });
      const where = [withinScope(this.#knex, table, scope)];
      seen.set(table, await this.#found(table, ids, where));
    }
    return entries.filter(({ path }) => {
      const { table, id } = thingAt(path);
      // The folder of an experiment's logged models tells nothing by itself.
      return id === undefined || seen.get(table)?.has(id);
    });
  }

  async #found(
    table: Readable,
    ids: string[],
    where: Sql[],
  ): Promise<Set<string>> {
    const key = keys[table];
    const isNumber = table === 'experiments';
    const known = isNumber ? ids.filter(id => /^\d{1,9}$/.test(id)) : ids;
    const found = new Set<string>();
    for (const part of chunks(known)) {
      const query = this.#knex(table)
        .whereIn(`${table}.${key}`, isNumber ? part.map(Number) : part)
        .select(`${table}.${key} as id`);
      for (const { sql, bindings } of where) query.whereRaw(sql, bindings);
      const rows: { id: string | number }[] = await query;
      for (const { id } of rows) found.add(String(id));
    }
    return found;
  }
}

/** What a path of the artifact store belongs to: `<experiment>/<run>/…` or `<experiment>/models/<logged model>/…`. */
function thingAt(path: string): { table: Readable; id?: string } {
  const [experiment, folder, model] = path.split('/');
  if (folder === undefined) return { table: 'experiments', id: experiment };
  if (folder === 'models') return { table: 'logged_models', id: model };
  return { table: 'runs', id: folder };
}

/** Whether a folder belongs to one run or logged model as a whole. */
function isWithin(folder: string): boolean {
  const { table, id } = thingAt(folder);
  return table !== 'experiments' && id !== undefined;
}

/** How a run that is not there, or not for this caller, is spoken of. */
export function noRun(runId: string) {
  return new NotFoundError(`Run with id=${runId} not found`);
}
