import { join } from 'node:path';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import {
  isPlugin,
  type Authorizer,
  type Call,
  type Caller,
  type RegisteredOwners,
} from '@downstage/node';
import {
  mlServingChangePermission,
  mlServingReadPermission,
  type PredictionLog,
  type PredictionLogFile,
} from '@downstage/plugin-ml-serving-common';
import { hasLog, hasTraffic } from '@downstage/plugin-ml-serving-node';
import { factsOf } from '../domain/factsOf';
import { gatewayName } from '../domain/gatewayName';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';
import type { EndpointReads } from '../services/EndpointReads';
import type { Engines } from '../services/Engines';
import { LogElsewhere } from './LogElsewhere';
import { countOpenRows, LogFolder, sizeOf } from './LogFolder';

type Path = { namespace: string; name: string };

/** Where the prediction log of an endpoint lies, and what is in it. */
export class PredictionLogService {
  readonly #authorizer: Authorizer;
  readonly #store: EndpointStore;
  readonly #engines: Pick<Engines, 'of'>;
  readonly #logDir: string;
  readonly #registeredOwners: RegisteredOwners;
  readonly #reads: EndpointReads;

  constructor(options: {
    authorizer: Authorizer;
    store: EndpointStore;
    engines: Pick<Engines, 'of'>;
    logDir: string;
    registeredOwners: RegisteredOwners;
    reads: EndpointReads;
  }) {
    this.#authorizer = options.authorizer;
    this.#store = options.store;
    this.#engines = options.engines;
    this.#logDir = options.logDir;
    this.#registeredOwners = options.registeredOwners;
    this.#reads = options.reads;
  }

  async get(path: Path, { caller, signal }: Call): Promise<PredictionLog> {
    return this.#describe(await this.#readable(path, caller), signal);
  }

  /** Rolling changes where rows lie: it is a change, and the owners', though no row says anything else after it. */
  async roll(path: Path, { caller }: Call): Promise<PredictionLog> {
    const permission = mlServingChangePermission;
    await this.#authorizer.requireAny({ caller, permission });
    const endpoint = await this.#readable(path, caller);
    const { modelRef: model } = endpoint;
    const owner =
      (await this.#registeredOwners.ownerOf(model)) ?? endpoint.owner;
    const facts = factsOf(endpoint);
    await this.#authorizer.require({
      caller,
      permission,
      owner,
      model,
      facts,
    });
    const engine = this.#engines.of(endpoint);
    if (hasLog(engine)) await engine.rollLog();
    return this.#describe(endpoint);
  }

  /** How many predictions a version has made, and how many of them are not Parquet yet. */
  async count(
    { version, after, ...path }: Path & { version: number; after?: string },
    { caller, signal }: Call,
  ): Promise<{ rows: number; openRows: number }> {
    const endpoint = await this.#readable(path, caller);
    const elsewhere = this.#elsewhere(endpoint);
    if (elsewhere) return elsewhere.count({ version, after }, signal);
    const folder = this.#folder(endpoint);
    // Counted first: what is rolled meanwhile is counted twice rather than missed.
    const openRows = await countOpenRows(await folder.open(), version);
    return { rows: await folder.count(version, after, signal), openRows };
  }

  /**
   * The files of the log, newest first, with what reads them from another machine.
   *
   * @remarks
   * Rows hold what callers sent. No person, token or job reads them here: plugins do, for their own work, and decide
   * whom they show what came out of it. Files that come or go between two pages shift the pages by as many: a reader meets a file
   * twice at most, and one of its ids is enough.
   */
  async files(
    query: Path & {
      version?: number;
      after?: string;
      cursor?: string;
      limit: number;
    },
    { caller, signal }: Call,
  ): Promise<{ items: PredictionLogFile[]; nextCursor?: string }> {
    const { namespace, name, cursor, limit, ...filter } = query;
    const endpoint = await this.#rowsOf({ namespace, name }, caller);
    const start = readCursor(cursor);
    const next = start + limit;
    const elsewhere = this.#elsewhere(endpoint);
    if (elsewhere) {
      const files = await elsewhere.files(filter, signal);
      return {
        items: files.slice(start, next),
        ...(next < files.length && { nextCursor: String(next) }),
      };
    }
    const folder = this.#folder(endpoint);
    const all = await folder.files(filter);
    const page = all.slice(start, next);
    const sizes = await Promise.all(page.map(sizeOf));
    const there = page.filter((_, index) => sizes[index] !== undefined);
    const rows = await folder.rows(there, signal);
    const base = ['v1', 'endpoints', namespace, name]
      .map(encodeURIComponent)
      .join('/');
    const items = page.flatMap((file, index): PredictionLogFile[] => {
      const { id, version, day, path } = file;
      const bytes = sizes[index];
      const count = rows.get(id);
      if (bytes === undefined || count === undefined) return [];
      return [
        {
          ...{ id, version, day, bytes },
          rows: count,
          url: `${base}/prediction-log/files/${id}`,
          path,
        },
      ];
    });
    return { items, ...(next < all.length && { nextCursor: String(next) }) };
  }

  /** One file of the log, for whom {@link PredictionLogService.files} lists it. */
  async findFile(
    { id, ...path }: Path & { id: string },
    { caller }: Call,
  ): Promise<{ path: string; bytes: number }> {
    const file = this.#folder(await this.#rowsOf(path, caller)).find(id);
    const bytes = file && (await sizeOf(file));
    if (file && bytes !== undefined) return { path: file.path, bytes };
    throw new NotFoundError(
      `The prediction log of '${path.namespace}/${path.name}' has no file '${id}'; it was removed by its age, or never there`,
    );
  }

  async #rowsOf(path: Path, caller: Caller): Promise<EndpointRecord> {
    const permission = mlServingReadPermission;
    await this.#authorizer.requireAny({ caller, permission });
    if (!isPlugin(caller)) {
      throw new NotAllowedError(
        'Only plugins of this portal read rows of the prediction log; people see what monitoring makes of them',
      );
    }
    return this.#readable(path, caller);
  }

  async #readable(path: Path, caller: Caller): Promise<EndpointRecord> {
    const found = await this.#reads.find(path, caller);
    if (found) return found;
    throw new NotFoundError(
      `There is no endpoint '${path.namespace}/${path.name}'`,
    );
  }

  async #describe(
    endpoint: EndpointRecord,
    signal?: AbortSignal,
  ): Promise<PredictionLog> {
    const folder = this.#folder(endpoint);
    const versions = await this.#store.versions(endpoint.id);
    const version =
      versions.find(item => item.version === endpoint.currentVersion) ??
      versions.at(-1);
    const elsewhere = this.#elsewhere(endpoint);
    const rows = elsewhere
      ? (await elsewhere.files({}, signal)).map(file => file.rows)
      : [...(await folder.rows(await folder.files(), signal)).values()];
    return {
      endpoint: endpoint.id,
      modelRef: endpoint.modelRef,
      features: version?.features ?? [],
      predictions: version?.predictions ?? [],
      parquetGlob: elsewhere ? '' : folder.glob,
      openFiles: elsewhere ? [] : await folder.open(),
      rows: rows.reduce((sum, count) => sum + count, 0),
      dropped: await this.#dropped(endpoint),
    };
  }

  #folder(endpoint: EndpointRecord): LogFolder {
    return new LogFolder(join(this.#logDir, gatewayName(endpoint)));
  }

  /** The log of an endpoint whose engine keeps it. */
  #elsewhere(endpoint: EndpointRecord): LogElsewhere | undefined {
    return LogElsewhere.of(this.#engines.of(endpoint), gatewayName(endpoint));
  }

  async #dropped(endpoint: EndpointRecord): Promise<number> {
    const engine = this.#engines.of(endpoint);
    if (!hasTraffic(engine)) return 0;
    try {
      return (await engine.traffic(gatewayName(endpoint), 1)).dropped;
    } catch {
      return 0; // no engine, nothing dropped by it
    }
  }
}

function readCursor(cursor: string | undefined): number {
  if (cursor === undefined) return 0;
  if (/^\d{1,9}$/.test(cursor)) return Number(cursor);
  throw new InputError(
    'The cursor is none that this list gave; begin without one',
  );
}
