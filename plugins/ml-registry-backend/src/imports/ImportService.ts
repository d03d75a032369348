import { createHash } from 'node:crypto';
import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  InputError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { Clock, NewId } from '@downstage/common';
import {
  audited,
  type Authorizer,
  type Caller,
  type Call,
} from '@downstage/node';
import {
  importKinds,
  mlRegistryImportPermission,
  type ImportOmission,
  type ImportStages,
  type RegistryImport,
} from '@downstage/plugin-ml-registry-common';
import type { PageRequest } from '../search/keyset';
import type { ImportCount, ImportRecord, ImportStore } from './ImportStore';
import type { OutboundClient } from '../kernel/OutboundClient';
import type { SecretBox } from '../kernel/SecretBox';
import { importPurpose } from './ImportProcess';

export type ImportServiceDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  imports: ImportStore;
  client: OutboundClient;
  secrets: SecretBox;
  /** Called when there is something to do. */
  onDue: () => void;
  clock: Clock;
  newId: NewId;
};

/** Starts imports of MLflow servers and tells how they go; for administrators. */
export class ImportService {
  readonly #deps: ImportServiceDeps;

  constructor(deps: ImportServiceDeps) {
    this.#deps = deps;
  }

  /** @throws ConflictError while the same server is being imported */
  async start(
    request: {
      uri: string;
      token?: string;
      user?: string;
      owner?: string;
      stages: ImportStages;
      reason?: string;
    },
    { caller }: Call,
  ): Promise<RegistryImport> {
    await this.#require(caller);
    const { auditor, imports, client, secrets } = this.#deps;
    const uri = normal(client.check(request.uri));
    if (request.stages === 'enter' && !request.reason) {
      throw new InputError('Entering production past the gates needs a reason');
    }
    const id = this.#deps.newId();
    const { token, user } = request;
    const { actor } = caller;
    const record: ImportRecord = {
      id,
      uri,
      source: createHash('sha256').update(uri).digest('hex'),
      login:
        token || user
          ? secrets.seal(JSON.stringify({ token, user }), importPurpose(id))
          : undefined,
      state: 'running',
      cursor: { phase: 'experiment' },
      stages: request.stages,
      reason: request.reason,
      owner: request.owner,
      failures: 0,
      createdBy: actor,
      createdAt: this.#deps.clock().toISOString(),
    };
    const meta = {
      actor,
      uri,
      stages: request.stages,
      ...(request.owner && { owner: request.owner }),
      ...(request.reason && { reason: request.reason }),
    };
    await audited(
      auditor,
      { eventId: 'import-start', caller, meta },
      async () => {
        if (await imports.create(record)) return;
        throw new ConflictError(`${uri} is being imported already`);
      },
    );
    this.#deps.onDue();
    return this.#view(record);
  }

  async list(
    request: PageRequest,
    { caller }: Call,
  ): Promise<{ items: RegistryImport[]; nextCursor?: string }> {
    await this.#require(caller);
    const { imports } = this.#deps;
    const { records, nextCursor } = await imports.page(request);
    const counts = await imports.counts(records.map(({ id }) => id));
    return {
      items: records.map(record => viewOf(record, counts.get(record.id))),
      nextCursor,
    };
  }

  async get(id: string, { caller }: Call): Promise<RegistryImport> {
    await this.#require(caller);
    return this.#view(await this.#find(id));
  }

  async omissions(
    request: { id: string; cursor?: string; limit: number },
    { caller }: Call,
  ): Promise<{ items: ImportOmission[]; nextCursor?: string }> {
    await this.#require(caller);
    await this.#find(request.id);
    const offset = Number(request.cursor ?? 0);
    if (!Number.isSafeInteger(offset) || offset < 0) {
      throw new InputError(`'${request.cursor}' is not a cursor of this list`);
    }
    const { limit } = request;
    const found = await this.#deps.imports.omissions(request.id, {
      offset,
      limit: limit + 1,
    });
    return {
      items: found.slice(0, limit),
      nextCursor: found.length > limit ? String(offset + limit) : undefined,
    };
  }

  async cancel(id: string, { caller }: Call): Promise<RegistryImport> {
    await this.#require(caller);
    const { auditor, imports, clock } = this.#deps;
    const { uri } = await this.#find(id);
    const meta = { actor: caller.actor, uri };
    await audited(auditor, { eventId: 'import-cancel', caller, meta }, () =>
      imports.cancel(id, clock().toISOString()),
    );
    return this.#view(await this.#find(id));
  }

  async #require(caller: Caller): Promise<void> {
    const { authorizer } = this.#deps;
    await authorizer.require({
      caller,
      permission: mlRegistryImportPermission,
    });
    if (await authorizer.isAdministrator(caller)) return;
    if (caller.kind === 'service') return;
    throw new NotAllowedError(
      `${caller.actor} may not import: that is for administrators`,
    );
  }

  async #find(id: string): Promise<ImportRecord> {
    const record = await this.#deps.imports.find(id);
    if (!record) throw new NotFoundError(`No import ${id}`);
    return record;
  }

  async #view(record: ImportRecord): Promise<RegistryImport> {
    const counts = await this.#deps.imports.counts([record.id]);
    return viewOf(record, counts.get(record.id));
  }
}

function viewOf(
  record: ImportRecord,
  rows: ImportCount[] = [],
): RegistryImport {
  const sum = (
    field: 'items' | 'points' | 'files' | 'bytes',
    where: { kind?: string; outcome?: string } = {},
  ) =>
    rows
      .filter(row => !where.kind || row.kind === where.kind)
      .filter(row => !where.outcome || row.outcome === where.outcome)
      .reduce((total, row) => total + row[field], 0);
  return {
    id: record.id,
    uri: record.uri,
    state: record.state,
    phase: record.state === 'running' ? record.cursor.phase : undefined,
    counts: importKinds.map(kind => ({
      kind,
      found: sum('items', { kind }),
      added: sum('items', { kind, outcome: 'added' }),
      known: sum('items', { kind, outcome: 'known' }),
      leftOut: sum('items', { kind, outcome: 'left-out' }),
    })),
    points: sum('points'),
    files: sum('files'),
    bytes: sum('bytes'),
    stages: record.stages,
    owner: record.owner,
    message: record.message,
    createdBy: record.createdBy,
    createdAt: record.createdAt,
    finishedAt: record.finishedAt,
  };
}

/** The same server under one spelling; without a query, which may carry secrets. */
function normal(url: URL): string {
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
