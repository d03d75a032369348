import type { Stage } from '@downstage/plugin-ml-registry-common';
import type { Knex } from 'knex';
import { type Sql, byBytes } from '../../kernel/database/sql';
import { isAmong, readPage, type OrderTerm } from '../../search/keyset';
import {
  chunks,
  forUpdate,
  isPostgres,
  type Database,
} from '../../kernel/database/database';
import {
  insertVersion,
  modelsFromRows,
  setKeyed,
  versionsFromRows,
  type ModelVersionDbRow,
  type RegisteredModelDbRow,
} from './modelRows';
import { PROMPT_TAG } from '../../kernel/tags';

export type { Stage } from '@downstage/plugin-ml-registry-common';
export type { Database } from '../../kernel/database/database';

const NOT_A_PROMPT =
  'NOT EXISTS (SELECT 1 FROM registered_model_tags p WHERE p.name = registered_models.name AND p.key = ?)';

const NO_VERSION_OF_A_PROMPT =
  'NOT EXISTS (SELECT 1 FROM model_version_tags p WHERE p.name = model_versions.name AND p.version = model_versions.version AND p.key = ?)';

const VERSION_TABLES = [
  'registered_model_aliases',
  'model_version_tags',
  'model_versions',
  'registered_model_tags',
];

export type RegisteredModelRow = {
  name: string;
  creationTime: number;
  lastUpdatedTime: number;
  description?: string;
  lastVersion: number;
  owner?: string;
  createdBy?: string;
  tags: Record<string, string>;
  aliases: { alias: string; version: number }[];
};

export type ModelVersionRow = {
  name: string;
  version: number;
  creationTime: number;
  lastUpdatedTime: number;
  description?: string;
  createdBy?: string;
  stage: Stage;
  /** Where somebody put it; gates that pass change `stage` alone. */
  mlflowStage: Stage;
  source: string;
  storageLocation: string;
  runId?: string;
  runLink?: string;
  modelId?: string;
  status: string;
  statusMessage?: string;
  tags: Record<string, string>;
  aliases: string[];
};

export type NewModelVersion = {
  name: string;
  source: string;
  storageLocation: string;
  runId?: string;
  runLink?: string;
  modelId?: string;
  description?: string;
  createdBy?: string;
  tags: Record<string, string>;
  now: number;
};

/** Older rows may end in a slash, and are read without it. */
const location = "rtrim(storage_location, '/')";

/**
 * Registered models, versions, aliases and stages. Every method takes the
 * database to run on, so that callers decide what is one transaction. On
 * SQLite there is one connection: inside a transaction use only its handle.
 */
export class ModelStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** The database outside any transaction. */
  get database(): Knex {
    return this.#knex;
  }

  async transaction<T>(work: (tx: Knex.Transaction) => Promise<T>): Promise<T> {
    return this.#knex.transaction(work);
  }

  /** False when the name is taken. */
  async createModel(
    db: Database,
    model: {
      name: string;
      description?: string;
      owner?: string;
      createdBy?: string;
      tags: Record<string, string>;
      now: number;
    },
  ): Promise<boolean> {
    const inserted = await db('registered_models')
      .insert({
        name: model.name,
        creation_time: model.now,
        last_updated_time: model.now,
        description: model.description,
        owner: model.owner,
        created_by: model.createdBy,
      })
      .onConflict('name')
      .ignore()
      .returning('name');
    if (inserted.length === 0) return false;
    for (const [key, value] of Object.entries(model.tags)) {
      await setKeyed(db, 'registered_model_tags', {
        name: model.name,
        key,
        value,
      });
    }
    return true;
  }

  async findModel(
    db: Database,
    name: string,
  ): Promise<RegisteredModelRow | undefined> {
    const rows = await db<RegisteredModelDbRow>('registered_models').where({
      name,
    });
    return (await modelsFromRows(db, rows))[0];
  }

  /** Models whose names differ from this one in capital letters at most: the catalog does not tell them apart. */
  async namesInAnyCase(name: string): Promise<string[]> {
    const rows: { name: string }[] = await this.#knex('registered_models')
      .whereRaw('LOWER(registered_models.name) = LOWER(?)', [name])
      .whereRaw(NOT_A_PROMPT, [PROMPT_TAG])
      .select('name');
    return rows.map(row => row.name);
  }

  /** Models by name in bytes order; `after` is the last name of the page before. Prompts are left out. */
  async listModels(
    db: Database,
    options: { owner?: string; query?: string; after?: string; limit: number },
  ): Promise<RegisteredModelRow[]> {
    const byName = byBytes(this.#knex, 'registered_models.name');
    const query = db<RegisteredModelDbRow>('registered_models')
      .whereRaw(NOT_A_PROMPT, [PROMPT_TAG])
      .orderByRaw(byName)
      .limit(options.limit);
    if (options.owner) query.where('owner', options.owner);
    if (options.query) {
      query.whereRaw('LOWER(registered_models.name) LIKE LOWER(?)', [
        `%${options.query.replace(/[%_]/g, '')}%`,
      ]);
    }
    if (options.after) query.whereRaw(`${byName} > ?`, [options.after]);
    return modelsFromRows(db, await query);
  }

  async searchModels(options: {
    where: Sql[];
    terms: OrderTerm[];
    withPrompts: boolean;
    pageToken?: string;
    limit: number;
  }): Promise<{ models: RegisteredModelRow[]; nextPageToken?: string }> {
    const query = this.#knex('registered_models').select('registered_models.*');
    if (!options.withPrompts) query.whereRaw(NOT_A_PROMPT, [PROMPT_TAG]);
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<RegisteredModelDbRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      models: await modelsFromRows(this.#knex, page.rows),
      nextPageToken: page.nextPageToken,
    };
  }

  /** Locks the model's row until the transaction ends (PostgreSQL; SQLite has one writer anyhow). */
  async lockModel(
    tx: Knex.Transaction,
    name: string,
  ): Promise<RegisteredModelRow | undefined> {
    const rows = await forUpdate(
      tx,
      tx<RegisteredModelDbRow>('registered_models').where({ name }),
    );
    return (await modelsFromRows(tx, rows))[0];
  }

  async updateModel(
    db: Database,
    name: string,
    patch: { description?: string; owner?: string; now: number },
  ): Promise<void> {
    await db('registered_models')
      .where({ name })
      .update({
        description: patch.description,
        owner: patch.owner,
        // Whether the catalog's file counts depends on the owner.
        ...(patch.owner && { entity_read: false }),
        last_updated_time: patch.now,
      });
  }

  /** Tables that refer to the name follow by foreign key. False when the new name is taken. */
  async renameModel(
    tx: Knex.Transaction,
    change: { name: string; newName: string; now: number },
  ): Promise<boolean> {
    if (
      await tx('registered_models')
        .where({ name: change.newName })
        .first('name')
    ) {
      return false;
    }
    await tx('registered_models').where({ name: change.name }).update({
      name: change.newName,
      last_updated_time: change.now,
      // Another name is another entity.
      entity_read: false,
    });
    // The file that stands under the new name speaks for it, where it names the owner.
    await tx('model_ownership').where({ name: change.newName }).delete();
    return true;
  }

  async deleteModel(
    tx: Knex.Transaction,
    { name, now }: { name: string; now: number },
  ): Promise<void> {
    await this.#remember(tx, { name }, now);
    for (const table of VERSION_TABLES)
      await tx(table).where({ name }).delete();
    await tx('registered_models').where({ name }).delete();
  }

  async setModelTag(
    db: Database,
    tag: { name: string; key: string; value: string },
  ): Promise<void> {
    await setKeyed(db, 'registered_model_tags', tag);
  }

  async deleteModelTag(
    db: Database,
    tag: { name: string; key: string },
  ): Promise<void> {
    await db('registered_model_tags').where(tag).delete();
  }

  /** Numbers go up and are never used again. The model must exist. */
  async createVersion(
    tx: Knex.Transaction,
    version: NewModelVersion,
  ): Promise<ModelVersionRow> {
    const number = await insertVersion(tx, version);
    const created = await this.findVersion(tx, version.name, number);
    if (!created) throw new Error(`Version ${number} vanished while created`);
    return created;
  }

  /** A copy has the author of its original as well, through any number of copies. */
  async noteOriginal(
    tx: Knex.Transaction,
    copy: { name: string; version: number },
    original: { name: string; version: number },
  ): Promise<void> {
    const row:
      | { created_by: string | null; original_author: string | null }
      | undefined = await tx('model_versions')
      .where({ name: original.name, version: original.version })
      .first('created_by', 'original_author');
    await tx('model_versions')
      .where({ name: copy.name, version: copy.version })
      .update({
        original_author: row?.original_author ?? row?.created_by ?? null,
      });
  }

  async findVersion(
    db: Database,
    name: string,
    version: number,
  ): Promise<ModelVersionRow | undefined> {
    const rows = await db<ModelVersionDbRow>('model_versions').where({
      name,
      version,
    });
    return (await versionsFromRows(db, rows))[0];
  }

  /** Newest first. */
  async listVersions(db: Database, name: string): Promise<ModelVersionRow[]> {
    const rows = await db<ModelVersionDbRow>('model_versions')
      .where({ name })
      .orderBy('version', 'desc');
    return versionsFromRows(db, rows);
  }

  /** The newest version of each stage that MLflow clients see of these models; stages as MLflow orders them, by their first version. */
  async newestOfStages(names: string[]): Promise<ModelVersionRow[]> {
    const versions: ModelVersionRow[] = [];
    for (const part of chunks(names)) {
      const newest = this.#knex('model_versions')
        .select('name')
        .max('version as version')
        .min('version as first')
        .whereIn('name', part)
        .groupBy('name', 'mlflow_stage')
        .as('newest');
      const rows = await this.#knex<ModelVersionDbRow>('model_versions')
        .select('model_versions.*')
        .join(newest, join =>
          join
            .on('newest.name', 'model_versions.name')
            .andOn('newest.version', 'model_versions.version'),
        )
        .orderBy('newest.first');
      versions.push(...(await versionsFromRows(this.#knex, rows)));
    }
    return versions;
  }

  /** Versions that somebody put into a stage, newest first. */
  async findVersionsInStage(
    db: Database,
    name: string,
    stage: Stage,
  ): Promise<ModelVersionRow[]> {
    const rows = await db<ModelVersionDbRow>('model_versions')
      .where({ name, mlflow_stage: stage })
      .orderBy('version', 'desc');
    return versionsFromRows(db, rows);
  }

  /** A version whose artifacts this address belongs to, or holds. Addresses begin with the folder of a run or a logged model. */
  async findVersionAt(
    address: string,
  ): Promise<{ name: string; version: number } | undefined> {
    const folder = /^.*?\/artifacts(?=\/|$)/.exec(address)?.[0] ?? address;
    const key = byBytes(this.#knex, 'substr(storage_location, 1, 200)');
    const start = folder.slice(0, 200);
    return this.#knex<ModelVersionDbRow>('model_versions')
      .whereRaw(`${key} >= ? AND ${key} < ?`, [start, `${start}\u{10ffff}`])
      .whereRaw(
        `(${location} = ?
          OR substr(?, 1, length(${location}) + 1) = ${location} || '/'
          OR substr(storage_location, 1, ?) = ?)`,
        [address, address, address.length + 1, `${address}/`],
      )
      .first('name', 'version');
  }

  /** Whether a version that meets the conditions uses this file or folder. */
  async hasVersionAt(address: string, where: Sql[]): Promise<boolean> {
    const folder = /^.*?\/artifacts(?=\/|$)/.exec(address)?.[0] ?? address;
    const key = byBytes(this.#knex, 'substr(storage_location, 1, 200)');
    const start = folder.slice(0, 200);
    const query = this.#knex<ModelVersionDbRow>('model_versions')
      .whereRaw(`${key} >= ? AND ${key} < ?`, [start, `${start}\u{10ffff}`])
      .whereRaw(
        `(${location} = ?
          OR substr(?, 1, length(${location}) + 1) = ${location} || '/')`,
        [address, address],
      );
    for (const { sql, bindings } of where) query.whereRaw(sql, bindings);
    return (await query.first('name')) !== undefined;
  }

  async searchVersions(options: {
    where: Sql[];
    terms: OrderTerm[];
    withPrompts: boolean;
    pageToken?: string;
    limit: number;
    /** The metric of the runs that the order begins with. */
    byMetric?: string;
  }): Promise<{ versions: ModelVersionRow[]; nextPageToken?: string }> {
    const select = (from: Knex.QueryBuilder) => {
      const query = from.select('model_versions.*');
      if (!options.withPrompts) {
        query.whereRaw(NO_VERSION_OF_A_PROMPT, [PROMPT_TAG]);
      }
      for (const { sql, bindings } of options.where) {
        query.whereRaw(sql, bindings);
      }
      return query;
    };
    const page =
      (await this.#versionsByMetric(options, select)) ??
      (await readPage<ModelVersionDbRow>({
        ...options,
        database: this.#knex,
        query: select(this.#knex('model_versions')),
      }));
    return {
      versions: await versionsFromRows(this.#knex, page.rows),
      nextPageToken: page.nextPageToken,
    };
  }

  /**
   * Versions whose run has the metric come first, and mostly fill the page: they are read along the metric's index,
   * which ends after a page. `undefined` when the page goes on into versions without it. SQLite's planner does not mind
   * the limit of a query, so it sorts.
   */
  async #versionsByMetric(
    options: {
      byMetric?: string;
      terms: OrderTerm[];
      pageToken?: string;
      limit: number;
    },
    select: (from: Knex.QueryBuilder) => Knex.QueryBuilder,
  ) {
    const { byMetric, terms, pageToken, limit } = options;
    if (!byMetric || !isPostgres(this.#knex)) return undefined;
    // The order's first term says 0 for versions that have the metric; its second is the value.
    const fixed = [0];
    const [, value, ...rest] = terms;
    if (pageToken && !isAmong(pageToken, fixed, terms.length - 1)) {
      return undefined;
    }
    const from = this.#knex('latest_metrics as o')
      .join('model_versions', 'model_versions.run_id', 'o.run_id')
      .where('o.key', byMetric)
      .where('o.is_nan', false);
    const page = await readPage<ModelVersionDbRow>({
      pageToken,
      limit,
      fixed,
      terms: [{ ...value, sql: 'o.value', bindings: [] }, ...rest],
      database: this.#knex,
      query: select(from),
    });
    return page.nextPageToken ? page : undefined;
  }

  async updateVersion(
    db: Database,
    key: { name: string; version: number },
    patch: { description?: string; now: number },
  ): Promise<void> {
    await db('model_versions')
      .where({ name: key.name, version: key.version })
      .update({
        description: patch.description,
        last_updated_time: patch.now,
      });
  }

  async deleteVersion(
    tx: Knex.Transaction,
    { name, version, now }: { name: string; version: number; now: number },
  ): Promise<void> {
    await this.#remember(tx, { name, version }, now);
    for (const table of [
      'registered_model_aliases',
      'model_version_tags',
      'model_versions',
    ]) {
      await tx(table).where({ name, version }).delete();
    }
  }

  async setVersionTag(
    db: Database,
    tag: {
      name: string;
      version: number;
      key: string;
      value: string;
      now: number;
    },
  ): Promise<void> {
    await db('model_version_tags')
      .insert({
        name: tag.name,
        version: tag.version,
        key: tag.key,
        value: tag.value,
      })
      .onConflict(['name', 'version', 'key'])
      .merge();
  }

  async deleteVersionTag(
    db: Database,
    tag: { name: string; version: number; key: string },
  ): Promise<void> {
    await db('model_version_tags').where(tag).delete();
  }

  /** Changes the stage that MLflow clients see, and nothing else. */
  async showStage(
    tx: Knex.Transaction,
    change: { name: string; version: number; stage: Stage; now: number },
  ): Promise<void> {
    await tx('model_versions')
      .where({ name: change.name, version: change.version })
      .update({ mlflow_stage: change.stage, last_updated_time: change.now });
    await tx('registered_models')
      .where({ name: change.name })
      .update({ last_updated_time: change.now });
  }

  /** Writes only if the version still is in `from`; false when it is not (somebody else won). */
  async setStage(
    tx: Knex.Transaction,
    change: {
      name: string;
      version: number;
      from: Stage;
      to: Stage;
      now: number;
    },
  ): Promise<boolean> {
    const count = await tx('model_versions')
      .where({ name: change.name, version: change.version, stage: change.from })
      .update({
        stage: change.to,
        mlflow_stage: change.to,
        last_updated_time: change.now,
      });
    await tx('registered_models')
      .where({ name: change.name })
      .update({ last_updated_time: change.now });
    return count > 0;
  }

  async setAlias(
    db: Database,
    alias: { name: string; alias: string; version: number; now: number },
  ): Promise<void> {
    await db('registered_model_aliases')
      .insert({ name: alias.name, alias: alias.alias, version: alias.version })
      .onConflict(['name', 'alias'])
      .merge();
    await db('registered_models')
      .where({ name: alias.name })
      .update({ last_updated_time: alias.now });
  }

  /** Whether there was such an alias. */
  async deleteAlias(
    db: Database,
    alias: { name: string; alias: string; now: number },
  ): Promise<boolean> {
    const count = await db('registered_model_aliases')
      .where({ name: alias.name, alias: alias.alias })
      .delete();
    if (count > 0) {
      await db('registered_models')
        .where({ name: alias.name })
        .update({ last_updated_time: alias.now });
    }
    return count > 0;
  }

  /** Where the files of deleted versions lie: an endpoint may still serve one. */
  async #remember(
    tx: Knex.Transaction,
    where: { name: string; version?: number },
    now: number,
  ): Promise<void> {
    const rows = await tx('model_versions')
      .where(where)
      .select('name', 'version', 'storage_location', 'run_id', 'model_id');
    const deletedAt = new Date(now).toISOString();
    for (const part of chunks(rows)) {
      await tx('deleted_versions').insert(
        part.map(row => ({ ...row, deleted_at: deletedAt })),
      );
    }
  }
}
