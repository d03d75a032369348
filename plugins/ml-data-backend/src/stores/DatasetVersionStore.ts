import { isDatabaseConflictError } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import { formatVersionRef } from '@downstage/common';
import type {
  DatasetProfile,
  DatasetVersion,
  DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import type { Knex } from 'knex';
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
};

const attempts = 20;

/** The versions in SQL. They are only ever added. */
export class DatasetVersionStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async list(entityRef: string): Promise<DatasetVersionSummary[]> {
    const rows = await this.#knex<VersionRow>('dataset_versions')
      .select(...summaryColumns)
      .where({ entity_ref: entityRef })
      .orderBy('version', 'desc');
    return rows.map(toSummary);
  }

  /** The profiles of all versions, by number. */
  async profiles(entityRef: string): Promise<Map<number, DatasetProfile>> {
    const rows = await this.#knex<VersionRow>('dataset_versions')
      .select('version', 'profile')
      .where({ entity_ref: entityRef });
    return new Map(rows.map(row => [row.version, toProfile(row)]));
  }

  /** The latest version of every dataset that has one. */
  async latestOfAll(): Promise<Map<string, DatasetVersionSummary>> {
    const rows = await this.#knex<VersionRow>('dataset_versions as v')
      .select(...summaryColumns)
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
   * Stores a draft as the next version, or returns the latest version when that has the same content.
   *
   * @remarks
   * `keep` moves the data to its final name while the number is held; when it fails, nothing is stored. Of two
   * registrations at once, the primary key lets one have the number and the other looks again, so numbers have
   * no gaps and no doubles, and the same content twice is one version.
   */
  async add(
    draft: VersionDraft,
    keep: (folder: string) => Promise<void>,
  ): Promise<{ stored: StoredVersion; created: boolean }> {
    for (let attempt = 0; attempt < attempts; attempt += 1) {
      try {
        return await this.#knex.transaction(async tx => {
          const latest = await find(tx, draft.entityRef, 'latest');
          if (latest?.version.digest === draft.digest) {
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
    message: draft.message ?? null,
    created_by: draft.createdBy,
    created_at: draft.createdAt,
  };
}
