import type {
  ImportKind,
  ImportOmission,
  ImportStages,
  ImportState,
} from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { inOrder, readPage, type PageRequest } from '../search/keyset';
import {
  groupBy,
  optional,
  toNumber,
  type Database,
} from '../kernel/database/database';

/** Where an import goes on. Everything before it is done. */
export type ImportCursor = {
  phase: ImportKind;
  /** Of the other server: the experiment in which it is; `prompts` once it is through with the models. */
  within?: string;
  pageToken?: string;
  /** The model of the page at which it is, and the page of that model's versions. */
  model?: string;
  versionsToken?: string;
};

export type ImportRecord = {
  id: string;
  uri: string;
  source: string;
  /** Sealed; absent once the import ended. */
  login?: string;
  state: ImportState;
  cursor: ImportCursor;
  stages: ImportStages;
  reason?: string;
  owner?: string;
  message?: string;
  failures: number;
  createdBy: string;
  createdAt: string;
  finishedAt?: string;
};

type ImportOutcome = 'begun' | 'added' | 'known' | 'left-out';

/** What a thing of the other server became. */
export type ImportItem = {
  kind: ImportKind;
  sourceId: string;
  targetId?: string;
  stamp?: string;
  outcome: ImportOutcome;
  reason?: string;
  importId: string;
  points?: number;
  files?: number;
  bytes?: number;
};

type ImportRow = {
  id: string;
  uri: string;
  source: string;
  login: string | null;
  state: ImportState;
  cursor: string;
  stages: ImportStages;
  reason: string | null;
  owner: string | null;
  message: string | null;
  failures: number;
  created_by: string;
  created_at: string;
  finished_at: string | null;
};

type ItemRow = {
  kind: ImportKind;
  source_id: string;
  target_id: string | null;
  stamp: string | null;
  outcome: ImportOutcome;
  reason: string | null;
  import_id: string;
};

export type ImportCount = {
  kind: ImportKind;
  outcome: ImportOutcome;
  items: number;
  points: number;
  files: number;
  bytes: number;
};

type CountRow = {
  import_id: string;
  kind: ImportKind;
  outcome: ImportOutcome;
  items: number | string;
  points: number | string;
  files: number | string;
  bytes: number | string;
};

/** Imports, and the map from other servers' ids to ours. */
export class ImportStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** False when the same server is being imported already. */
  async create(record: ImportRecord): Promise<boolean> {
    const inserted = await this.#knex('imports')
      .insert({
        id: record.id,
        uri: record.uri,
        source: record.source,
        login: record.login ?? null,
        state: record.state,
        cursor: JSON.stringify(record.cursor),
        stages: record.stages,
        reason: record.reason ?? null,
        owner: record.owner ?? null,
        created_by: record.createdBy,
        created_at: record.createdAt,
        next_reconcile_at: record.createdAt,
      })
      .onConflict()
      .ignore()
      .returning('id');
    return inserted.length === 1;
  }

  async find(id: string): Promise<ImportRecord | undefined> {
    const row = await this.#knex<ImportRow>('imports').where('id', id).first();
    return row && toRecord(row);
  }

  /** Newest first. */
  async page({
    cursor,
    limit = 100,
  }: PageRequest): Promise<{ records: ImportRecord[]; nextCursor?: string }> {
    const page = await readPage<ImportRow>({
      database: this.#knex,
      query: this.#knex('imports').select('imports.*'),
      terms: inOrder(['imports.created_at', 'imports.id'], 'desc'),
      pageToken: cursor,
      limit,
    });
    return {
      records: page.rows.map(toRecord),
      nextCursor: page.nextPageToken,
    };
  }

  /** Ends an import that runs, and forgets how to sign in over there. */
  async cancel(id: string, now: string): Promise<void> {
    await this.#knex('imports').where({ id, state: 'running' }).update({
      state: 'cancelled',
      login: null,
      finished_at: now,
      next_reconcile_at: null,
    });
  }

  async findItem(
    source: string,
    kind: ImportKind,
    sourceId: string,
    db: Database = this.#knex,
  ): Promise<ImportItem | undefined> {
    const row: ItemRow | undefined = await db('import_items')
      .where({ source, kind, source_id: sourceId })
      .first();
    return row && toItem(row);
  }

  /** Everything of one kind that is here, by the other server's id. */
  async targets(
    source: string,
    kind: ImportKind,
  ): Promise<Map<string, string>> {
    const rows: { source_id: string; target_id: string }[] = await this.#knex(
      'import_items',
    )
      .where({ source, kind })
      .whereNotNull('target_id')
      .orderBy('source_id')
      .select('source_id', 'target_id');
    return new Map(rows.map(row => [row.source_id, row.target_id]));
  }

  async saveItem(
    db: Database,
    source: string,
    item: ImportItem,
  ): Promise<void> {
    await db('import_items')
      .insert({
        source,
        kind: item.kind,
        source_id: item.sourceId,
        target_id: item.targetId ?? null,
        stamp: item.stamp ?? null,
        outcome: item.outcome,
        reason: item.reason?.slice(0, 2000) ?? null,
        import_id: item.importId,
        points: item.points ?? 0,
        files: item.files ?? 0,
        bytes: item.bytes ?? 0,
      })
      .onConflict(['source', 'kind', 'source_id'])
      .merge();
  }

  /** The import has seen it, and it needs nothing more. */
  async saw(source: string, item: ImportItem, importId: string): Promise<void> {
    if (item.importId === importId) return;
    await this.#knex('import_items')
      .where({ source, kind: item.kind, source_id: item.sourceId })
      .update({
        import_id: importId,
        outcome: 'known',
        points: 0,
        files: 0,
        bytes: 0,
      });
  }

  /** How many things of each kind came to which end, and what was read for them. */
  async counts(importIds: string[]): Promise<Map<string, ImportCount[]>> {
    const rows: CountRow[] = await this.#knex('import_items')
      .whereIn('import_id', importIds)
      .groupBy('import_id', 'kind', 'outcome')
      .select(
        'import_id',
        'kind',
        'outcome',
        this.#knex.raw(
          'COUNT(*) AS items, SUM(points) AS points, SUM(files) AS files, SUM(bytes) AS bytes',
        ),
      );
    const counts = rows.map(row => ({
      importId: row.import_id,
      kind: row.kind,
      outcome: row.outcome,
      items: toNumber(row.items),
      points: toNumber(row.points),
      files: toNumber(row.files),
      bytes: toNumber(row.bytes),
    }));
    return groupBy(counts, ({ importId }) => importId);
  }

  async omissions(
    importId: string,
    page: { offset: number; limit: number },
  ): Promise<ImportOmission[]> {
    const rows: ItemRow[] = await this.#knex<ItemRow>('import_items')
      .where('import_id', importId)
      .whereNotNull('reason')
      .orderBy(['kind', 'source_id'])
      .offset(page.offset)
      .limit(page.limit);
    return rows.map(row => ({
      kind: row.kind,
      sourceId: row.source_id,
      reason: row.reason ?? '',
    }));
  }
}

function toRecord(row: ImportRow): ImportRecord {
  return {
    id: row.id,
    uri: row.uri,
    source: row.source,
    login: optional(row.login),
    state: row.state,
    cursor: JSON.parse(row.cursor),
    stages: row.stages,
    reason: optional(row.reason),
    owner: optional(row.owner),
    message: optional(row.message),
    failures: row.failures,
    createdBy: row.created_by,
    createdAt: row.created_at,
    finishedAt: optional(row.finished_at),
  };
}

function toItem(row: ItemRow): ImportItem {
  return {
    kind: row.kind,
    sourceId: row.source_id,
    targetId: optional(row.target_id),
    stamp: optional(row.stamp),
    outcome: row.outcome,
    reason: optional(row.reason),
    importId: row.import_id,
  };
}
