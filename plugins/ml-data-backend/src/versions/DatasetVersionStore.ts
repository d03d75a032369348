import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { formatVersionRef } from '@downstage/common';
import type {
  DatasetProfile,
  DatasetVersion,
  DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import type { Knex } from 'knex';
import { readCursor, writeCursor } from '../kernel/cursor';
import {
  summaryColumns,
  toProfile,
  toSummary,
  toVersion,
  type StoredVersion,
  type VersionRow,
} from './versionRow';

/** A version without its number, which it gets when it is stored. */
export type VersionDraft = Omit<DatasetVersion, 'ref' | 'version'> & {
  entityRef: string;
  namespace: string;
  name: string;
  source: StoredVersion['source'];
  readAs: string;
  tables: NonNullable<StoredVersion['tables']>;
};

/** The reader that makes versions now. A greater number reads something differently. */
const reader = 1;

const attempts = 20;

/** The versions in SQL. They are only ever added. */
export class DatasetVersionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Newest first. The cursor is the number of the last one, so new versions do not shift pages. */
  async list(
    entityRef: string,
    page: { limit: number; cursor?: string },
  ): Promise<{ items: DatasetVersionSummary[]; nextCursor?: string }> {
    const query = this.#knex<VersionRow>('dataset_versions')
      .select(...summaryColumns)
      .where({ entity_ref: entityRef })
      .orderBy('version', 'desc')
      .limit(page.limit + 1);
    if (page.cursor) {
      const [after] = readCursor(page.cursor, 1);
      query.andWhere('version', '<', Number.parseInt(after, 10) || 0);
    }
    const rows = await query;
    return {
      items: rows.slice(0, page.limit).map(toSummary),
      ...(rows.length > page.limit && {
        nextCursor: writeCursor([String(rows[page.limit - 1].version)]),
      }),
    };
  }

  /** The profiles of some versions, by number. */
  async profiles(
    entityRef: string,
    versions: number[],
  ): Promise<Map<number, DatasetProfile>> {
    const rows = await this.#knex<VersionRow>('dataset_versions')
      .select('version', 'profile')
      .where({ entity_ref: entityRef })
      .whereIn('version', versions);
    return new Map(rows.map(row => [row.version, toProfile(row)]));
  }

  /** The latest version of each of some datasets that has one. */
  async latestOf(
    entityRefs: string[],
  ): Promise<Map<string, DatasetVersionSummary>> {
    const rows = await this.#knex<VersionRow>('dataset_versions as v')
      .select(...summaryColumns)
      .whereIn('v.entity_ref', entityRefs)
      .whereRaw(
        'v.version = (SELECT max(o.version) FROM dataset_versions o WHERE o.entity_ref = v.entity_ref)',
      );
    return new Map(rows.map(row => [row.entity_ref, toSummary(row)]));
  }

  async get(
    entityRef: string,
    version: number | 'latest',
  ): Promise<StoredVersion | undefined> {
    return find(this.#knex, entityRef, version);
  }

  /**
   * Stores a draft as the next version, or returns the latest version when that has the same content, read alike.
   *
   * @remarks
   * `keep` moves the data to its final name while the number is held; when it fails, nothing is stored. Of two
   * registrations at once, the primary key lets one have the number, and the other looks again. So numbers have no gaps
   * and no doubles. The same content twice is one version.
   */
  async add(
    draft: VersionDraft,
    keep: (folder: string) => Promise<void>,
  ): Promise<{ stored: StoredVersion; created: boolean }> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        return await this.#knex.transaction(async tx => {
          const latest = await find(tx, draft.entityRef, 'latest');
          if (latest && isSame(latest, draft)) {
            return { stored: latest, created: false };
          }
          const row = toRow(draft, (latest?.version.version ?? 0) + 1);
          await tx<VersionRow>('dataset_versions').insert(row);
          await keep(row.folder);
          return { stored: toVersion(row), created: true };
        });
      } catch (error) {
        if (!isDatabaseConflictError(error)) throw error;
      }
    }
    throw new ConflictError(
      `Too many registrations of ${draft.entityRef} at once; try again in a moment`,
    );
  }
}

/**
 * The same bytes, read by the same rules.
 *
 * @remarks
 * A version of an older release was read by no rules that we know: registered again, its bytes make a new version.
 */
export function isSame(
  latest: Pick<StoredVersion, 'version' | 'readAs'>,
  found: { digest: string; readAs: string },
): boolean {
  return (
    latest.version.digest === found.digest && latest.readAs === found.readAs
  );
}

async function find(
  knex: Knex,
  entityRef: string,
  version: number | 'latest',
): Promise<StoredVersion | undefined> {
  const query = knex<VersionRow>('dataset_versions')
    .where({ entity_ref: entityRef })
    .orderBy('version', 'desc')
    .first();
  if (version !== 'latest') query.andWhere({ version });
  const row = await query;
  return row && toVersion(row);
}

function toRow(draft: VersionDraft, version: number): VersionRow {
  const { namespace, name } = draft;
  return {
    entity_ref: draft.entityRef,
    version,
    ref: formatVersionRef({ namespace, name, version }),
    digest: draft.digest,
    format: draft.format,
    uri: draft.uri,
    folder: `${namespace}/${name}/v${version}`.toLowerCase(),
    rows: draft.rows,
    bytes: draft.bytes,
    columns: draft.schema.length,
    files: JSON.stringify(draft.files),
    schema: JSON.stringify(draft.schema),
    profile: JSON.stringify(draft.profile),
    source: JSON.stringify(draft.source),
    reader,
    read_as: draft.readAs,
    dialect: draft.dialect ? JSON.stringify(draft.dialect) : null,
    notes: draft.notes?.length ? JSON.stringify(draft.notes) : null,
    tables: JSON.stringify(draft.tables),
    message: draft.message ?? null,
    created_by: draft.createdBy,
    created_at: draft.createdAt,
  };
}
