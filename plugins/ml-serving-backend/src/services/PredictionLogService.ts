import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { NotFoundError } from '@backstage/errors';
import { DuckDBInstance } from '@duckdb/node-api';
import type {
  Authorizer,
  Call,
  Caller,
  RegisteredOwners,
} from '@downstage/node';
import {
  mlServingChangePermission,
  mlServingReadPermission,
  type PredictionLog,
} from '@downstage/plugin-ml-serving-common';
import { factsOf } from '../domain/factsOf';
import { gatewayName } from '../domain/gatewayName';
import type { ServingGateway } from '../providers/ServingGateway';
import type { EndpointRecord, EndpointStore } from '../stores/EndpointStore';

/** Where the prediction log of an endpoint lies, and what is in it. */
export class PredictionLogService {
  readonly #authorizer: Authorizer;
  readonly #store: EndpointStore;
  readonly #gateway: ServingGateway;
  readonly #logDir: string;
  readonly #registeredOwners: RegisteredOwners;

  constructor(options: {
    authorizer: Authorizer;
    store: EndpointStore;
    gateway: ServingGateway;
    logDir: string;
    registeredOwners: RegisteredOwners;
  }) {
    this.#authorizer = options.authorizer;
    this.#store = options.store;
    this.#gateway = options.gateway;
    this.#logDir = options.logDir;
    this.#registeredOwners = options.registeredOwners;
  }

  async get(
    path: { namespace: string; name: string },
    { caller }: Call,
  ): Promise<PredictionLog> {
    return this.#describe(await this.#readable(path, caller));
  }

  /** Rolling changes where rows lie: it is a change, and the owners', though no row says anything else after it. */
  async roll(
    path: { namespace: string; name: string },
    { caller }: Call,
  ): Promise<PredictionLog> {
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
    await this.#gateway.client().roll();
    return this.#describe(endpoint);
  }

  async #readable(
    path: { namespace: string; name: string },
    caller: Caller,
  ): Promise<EndpointRecord> {
    const permission = mlServingReadPermission;
    await this.#authorizer.requireAny({ caller, permission });
    const id = `${path.namespace}/${path.name}`;
    const found = await this.#store.find(id);
    const facts = found && factsOf(found);
    if (
      found &&
      facts &&
      (await this.#authorizer.allows({ caller, permission, facts }))
    ) {
      return found;
    }
    throw new NotFoundError(`There is no endpoint '${id}'`);
  }

  async #describe(endpoint: EndpointRecord): Promise<PredictionLog> {
    const name = gatewayName(endpoint);
    const folder = join(this.#logDir, name);
    const versions = await this.#store.versions(endpoint.id);
    const version =
      versions.find(item => item.version === endpoint.currentVersion) ??
      versions.at(-1);
    const open = await list(join(folder, 'open'));
    return {
      endpoint: endpoint.id,
      modelRef: endpoint.modelRef,
      features: version?.features ?? [],
      predictions: version?.predictions ?? [],
      parquetGlob: join(folder, 'v*', 'date=*', '*.parquet'),
      openFiles: open
        .filter(file => file.endsWith('.ndjson'))
        .map(file => join(folder, 'open', file)),
      rows: await this.#countRows(folder),
      dropped: await this.#dropped(name),
    };
  }

  async #dropped(name: string): Promise<number> {
    try {
      const { endpoints } = await this.#gateway.client().stats(name, 1);
      return endpoints[0]?.log.dropped ?? 0;
    } catch {
      return 0; // no gateway, nothing dropped by it
    }
  }

  /** From the files' footers; no row is read. */
  async #countRows(folder: string): Promise<number> {
    const entries = await readdir(folder, { recursive: true }).catch(
      (): string[] => [],
    );
    const files = entries.filter(
      file => /^v\d+/.test(file) && file.endsWith('.parquet'),
    );
    if (!files.length) return 0;
    const instance = await DuckDBInstance.create(':memory:', { threads: '1' });
    const connection = await instance.connect();
    try {
      const quoted = files.map(
        file => `'${join(folder, file).replaceAll("'", "''")}'`,
      );
      const reader = await connection.runAndReadAll(
        `SELECT sum(num_rows) FROM parquet_file_metadata([${quoted.join(
          ', ',
        )}])`,
      );
      return Number(reader.getRows()[0]?.[0] ?? 0);
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }
}

function list(folder: string): Promise<string[]> {
  return readdir(folder).catch((): string[] => []); // not written yet
}
