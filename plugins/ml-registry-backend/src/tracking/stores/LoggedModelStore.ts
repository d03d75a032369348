import type { Knex } from 'knex';
import type { Sql } from '../../kernel/database/sql';
import { readPage, type OrderTerm } from '../../search/keyset';
import {
  chunks,
  groupBy,
  optional,
  toNumber,
  type Database,
} from '../../kernel/database/database';
import { int64Columns } from '../../kernel/database/int64Columns';
import { toMetric, type Metric, type MetricRow } from './RunStore';

type LoggedModelMetric = Metric & {
  runId: string;
  datasetName?: string;
  datasetDigest?: string;
};

export type LoggedModel = {
  modelId: string;
  experimentId: string;
  name: string;
  artifactUri: string;
  creationTime: number;
  lastUpdatedTime: number;
  status: string;
  statusMessage?: string;
  modelType: string;
  sourceRunId: string;
  deleted: boolean;
  owner?: string;
  createdBy?: string;
  tags: { key: string; value: string }[];
  params: { key: string; value: string }[];
  metrics: LoggedModelMetric[];
  registrations: { name: string; version: string }[];
};

type LoggedModelRow = {
  model_id: string;
  experiment_id: number;
  name: string;
  artifact_location: string;
  creation_time: number | string;
  last_updated_time: number | string;
  status: string;
  status_message: string | null;
  model_type: string;
  source_run_id: string;
  lifecycle_stage: string;
  owner: string | null;
  created_by: string | null;
};

type Keyed = { model_id: string; key: string; value: string };

/** Models as runs log them, before anybody registers one. */
export class LoggedModelStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async create(
    tx: Knex.Transaction,
    model: Omit<
      LoggedModel,
      'metrics' | 'registrations' | 'deleted' | 'lastUpdatedTime'
    >,
  ): Promise<void> {
    await tx('logged_models').insert({
      model_id: model.modelId,
      experiment_id: Number(model.experimentId),
      name: model.name,
      artifact_location: model.artifactUri,
      creation_time: model.creationTime,
      last_updated_time: model.creationTime,
      status: model.status,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      owner: model.owner,
      created_by: model.createdBy,
    });
    await this.set(tx, 'logged_model_params', model.modelId, model.params);
    await this.set(tx, 'logged_model_tags', model.modelId, model.tags);
  }

  async find(
    modelId: string,
    db: Database = this.#knex,
  ): Promise<LoggedModel | undefined> {
    const rows = await db<LoggedModelRow>('logged_models').where(
      'model_id',
      modelId,
    );
    return (await this.#withData(db, rows))[0];
  }

  /** Which of these ids exist. */
  async existing(db: Database, ids: string[]): Promise<Set<string>> {
    const known = new Set<string>();
    for (const part of chunks(ids)) {
      const rows = await db<LoggedModelRow>('logged_models')
        .whereIn('model_id', part)
        .select('model_id');
      for (const row of rows) known.add(row.model_id);
    }
    return known;
  }

  async search(options: {
    experimentIds: string[];
    where: Sql[];
    terms: OrderTerm[];
    pageToken?: string;
    limit: number;
  }): Promise<{ models: LoggedModel[]; nextPageToken?: string }> {
    const query = this.#knex('logged_models')
      .select('logged_models.*')
      .where('lifecycle_stage', 'active')
      .whereIn(
        'experiment_id',
        options.experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number),
      );
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<LoggedModelRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      models: await this.#withData(this.#knex, page.rows),
      nextPageToken: page.nextPageToken,
    };
  }

  async update(
    db: Database,
    modelId: string,
    patch: { status?: string; deleted?: boolean; now: number },
  ): Promise<void> {
    await db('logged_models')
      .where('model_id', modelId)
      .update({
        status: patch.status,
        lifecycle_stage: patch.deleted ? 'deleted' : undefined,
        last_updated_time: patch.now,
      });
  }

  async set(
    db: Database,
    table: 'logged_model_params' | 'logged_model_tags',
    modelId: string,
    entries: { key: string; value: string }[],
  ): Promise<void> {
    const last = [
      ...new Map(entries.map(entry => [entry.key, entry.value])),
    ].sort();
    for (const part of chunks(last)) {
      await db(table)
        .insert(part.map(([key, value]) => ({ model_id: modelId, key, value })))
        .onConflict(['model_id', 'key'])
        .merge();
    }
  }

  async deleteTag(
    db: Database,
    modelId: string,
    key: string,
  ): Promise<boolean> {
    const count = await db('logged_model_tags')
      .where({ model_id: modelId, key })
      .delete();
    return count > 0;
  }

  async #withData(
    db: Database,
    rows: LoggedModelRow[],
  ): Promise<LoggedModel[]> {
    const ids = rows.map(row => row.model_id);
    const pick = (table: string) => db(table).whereIn('model_id', ids);
    const params = groupBy<Keyed>(
      await pick('logged_model_params').orderBy('key'),
      row => row.model_id,
    );
    const tags = groupBy<Keyed>(
      await pick('logged_model_tags').orderBy('key'),
      row => row.model_id,
    );
    const metrics = groupBy<
      MetricRow & {
        model_id: string;
        dataset_name: string;
        dataset_digest: string;
      }
    >(
      await pick('logged_model_metrics')
        .select('logged_model_metrics.*')
        .select(
          int64Columns(this.#knex, 'logged_model_metrics', [
            'timestamp',
            'step',
          ]),
        )
        .orderBy([
          'key',
          'logged_model_metrics.step',
          'logged_model_metrics.timestamp',
        ]),
      row => row.model_id,
    );
    const versions = groupBy<{
      model_id: string;
      name: string;
      version: number;
    }>(
      await pick('model_versions').orderBy(['name', 'version']),
      row => row.model_id,
    );
    return rows.map(row => ({
      modelId: row.model_id,
      experimentId: String(row.experiment_id),
      name: row.name,
      artifactUri: row.artifact_location,
      creationTime: toNumber(row.creation_time),
      lastUpdatedTime: toNumber(row.last_updated_time),
      status: row.status,
      statusMessage: optional(row.status_message),
      modelType: row.model_type,
      sourceRunId: row.source_run_id,
      deleted: row.lifecycle_stage === 'deleted',
      owner: optional(row.owner),
      createdBy: optional(row.created_by),
      params: (params.get(row.model_id) ?? []).map(({ key, value }) => ({
        key,
        value,
      })),
      tags: (tags.get(row.model_id) ?? []).map(({ key, value }) => ({
        key,
        value,
      })),
      metrics: (metrics.get(row.model_id) ?? []).map(metric => ({
        ...toMetric(metric),
        runId: metric.run_id,
        datasetName: metric.dataset_name || undefined,
        datasetDigest: metric.dataset_digest || undefined,
      })),
      registrations: (versions.get(row.model_id) ?? []).map(version => ({
        name: version.name,
        version: String(version.version),
      })),
    }));
  }
}
