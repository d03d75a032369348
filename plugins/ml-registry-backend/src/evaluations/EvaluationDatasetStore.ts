import type { Knex } from 'knex';
import type { Sql } from '../kernel/database/sql';
import { readPage, type OrderTerm } from '../search/keyset';
import {
  chunks,
  experimentNumbers,
  groupBy,
  optional,
  toNumber,
  type Database,
} from '../kernel/database/database';

/** A data set of MLflow for evaluation. Times are milliseconds. */
export type EvaluationDataset = {
  datasetId: string;
  name: string;
  tags: Record<string, string>;
  /** JSON. */
  schema?: string;
  profile?: string;
  digest: string;
  createdTime: number;
  lastUpdateTime: number;
  createdBy?: string;
  lastUpdatedBy?: string;
  owner?: string;
};

/** One record; the values are JSON as they were sent. */
export type EvaluationRecord = {
  recordId: string;
  datasetId: string;
  inputHash: string;
  inputs: string;
  outputs?: string;
  expectations?: string;
  tags: string;
  source?: string;
  /** The runs behind the traces that it was made from, as they were then: a trace may be deleted. */
  sourceRuns: string[];
  createdTime: number;
  lastUpdateTime: number;
  createdBy?: string;
  lastUpdatedBy?: string;
};

type DatasetRow = {
  dataset_id: string;
  name: string;
  schema: string | null;
  profile: string | null;
  digest: string;
  created_time: number | string;
  last_update_time: number | string;
  created_by: string | null;
  last_updated_by: string | null;
  owner: string | null;
};
type RecordRow = {
  sequence: number;
  record_id: string;
  dataset_id: string;
  input_hash: string;
  inputs: string;
  outputs: string | null;
  expectations: string | null;
  tags: string;
  source: string | null;
  source_runs: string | null;
  created_time: number | string;
  last_update_time: number | string;
  created_by: string | null;
  last_updated_by: string | null;
};

/** Evaluation data sets with their tags, records and experiments. */
export class EvaluationDatasetStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  async insert(
    tx: Knex.Transaction,
    dataset: EvaluationDataset,
  ): Promise<void> {
    const { tags, ...rest } = dataset;
    await tx('evaluation_datasets').insert({
      dataset_id: rest.datasetId,
      name: rest.name,
      digest: rest.digest,
      created_time: rest.createdTime,
      last_update_time: rest.lastUpdateTime,
      created_by: rest.createdBy ?? null,
      last_updated_by: rest.lastUpdatedBy ?? null,
      owner: rest.owner ?? null,
    });
    await this.setTags(tx, rest.datasetId, tags);
  }

  async update(
    tx: Knex.Transaction,
    datasetId: string,
    patch: {
      schema?: string;
      profile?: string;
      digest?: string;
      lastUpdateTime: number;
      lastUpdatedBy?: string;
    },
  ): Promise<void> {
    await tx('evaluation_datasets').where('dataset_id', datasetId).update({
      schema: patch.schema,
      profile: patch.profile,
      digest: patch.digest,
      last_update_time: patch.lastUpdateTime,
      last_updated_by: patch.lastUpdatedBy,
    });
  }

  async find(
    datasetId: string,
    db: Database = this.#knex,
  ): Promise<EvaluationDataset | undefined> {
    const rows = await db<DatasetRow>('evaluation_datasets').where(
      'dataset_id',
      datasetId,
    );
    return (await this.#withTags(db, rows))[0];
  }

  async delete(datasetId: string): Promise<void> {
    await this.#knex('evaluation_datasets')
      .where('dataset_id', datasetId)
      .delete();
  }

  async search(options: {
    experimentIds: string[];
    where: Sql[];
    terms: OrderTerm[];
    pageToken?: string;
    limit: number;
  }): Promise<{ datasets: EvaluationDataset[]; nextPageToken?: string }> {
    const query = this.#knex('evaluation_datasets').select(
      'evaluation_datasets.*',
    );
    if (options.experimentIds.length) {
      query.whereExists(
        this.#knex('evaluation_dataset_experiments as e')
          .whereRaw('e.dataset_id = evaluation_datasets.dataset_id')
          .whereIn('e.experiment_id', experimentNumbers(options.experimentIds)),
      );
    }
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<DatasetRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      datasets: await this.#withTags(this.#knex, page.rows),
      nextPageToken: page.nextPageToken,
    };
  }

  async setTags(
    db: Database,
    datasetId: string,
    tags: Record<string, string>,
  ): Promise<void> {
    const rows = Object.entries(tags).map(([key, value]) => ({
      dataset_id: datasetId,
      key,
      value,
    }));
    for (const part of chunks(rows)) {
      await db('evaluation_dataset_tags')
        .insert(part)
        .onConflict(['dataset_id', 'key'])
        .merge();
    }
  }

  async deleteTag(datasetId: string, key: string): Promise<void> {
    await this.#knex('evaluation_dataset_tags')
      .where({ dataset_id: datasetId, key })
      .delete();
  }

  async experimentIds(datasetId: string): Promise<string[]> {
    const rows: { experiment_id: number }[] = await this.#knex(
      'evaluation_dataset_experiments',
    )
      .where('dataset_id', datasetId)
      .orderBy('experiment_id');
    return rows.map(row => String(row.experiment_id));
  }

  async addExperiments(
    db: Database,
    datasetId: string,
    experimentIds: string[],
  ): Promise<void> {
    const rows = experimentNumbers(experimentIds).map(id => ({
      dataset_id: datasetId,
      experiment_id: id,
    }));
    for (const part of chunks(rows)) {
      await db('evaluation_dataset_experiments')
        .insert(part)
        .onConflict(['dataset_id', 'experiment_id'])
        .ignore();
    }
  }

  async removeExperiments(
    datasetId: string,
    experimentIds: string[],
  ): Promise<void> {
    await this.#knex('evaluation_dataset_experiments')
      .where('dataset_id', datasetId)
      .whereIn('experiment_id', experimentNumbers(experimentIds))
      .delete();
  }

  /** Records with these inputs, by their hash. */
  async recordsOf(
    tx: Knex.Transaction,
    datasetId: string,
    hashes: string[],
  ): Promise<Map<string, EvaluationRecord>> {
    const found = new Map<string, EvaluationRecord>();
    for (const part of chunks(hashes)) {
      const rows = await tx<RecordRow>('evaluation_dataset_records')
        .where('dataset_id', datasetId)
        .whereIn('input_hash', part);
      for (const row of rows) found.set(row.input_hash, toRecord(row));
    }
    return found;
  }

  async insertRecord(
    tx: Knex.Transaction,
    record: EvaluationRecord,
  ): Promise<void> {
    await tx('evaluation_dataset_records').insert(toRow(record));
  }

  async updateRecord(
    tx: Knex.Transaction,
    record: EvaluationRecord,
  ): Promise<void> {
    await tx('evaluation_dataset_records')
      .where('record_id', record.recordId)
      .update(toRow(record));
  }

  async deleteRecords(
    tx: Knex.Transaction,
    datasetId: string,
    ids: string[],
  ): Promise<number> {
    let count = 0;
    for (const part of chunks(ids)) {
      count += await tx('evaluation_dataset_records')
        .where('dataset_id', datasetId)
        .whereIn('record_id', part)
        .delete();
    }
    return count;
  }

  async countRecords(tx: Knex.Transaction, datasetId: string): Promise<number> {
    const [row] = await tx('evaluation_dataset_records')
      .where('dataset_id', datasetId)
      .count({ count: '*' });
    return toNumber(row.count);
  }

  /** In the order of adding, after a place in it. */
  async listRecords(
    datasetId: string,
    page: { after: number; limit: number },
  ): Promise<{ records: EvaluationRecord[]; last?: number }> {
    const rows = await this.#knex<RecordRow>('evaluation_dataset_records')
      .where('dataset_id', datasetId)
      .where('sequence', '>', page.after)
      .orderBy('sequence')
      .limit(page.limit + 1);
    const shown = rows.slice(0, page.limit);
    return {
      records: shown.map(toRecord),
      ...(rows.length > page.limit && { last: shown.at(-1)?.sequence }),
    };
  }

  async #withTags(
    db: Database,
    rows: DatasetRow[],
  ): Promise<EvaluationDataset[]> {
    const tags = groupBy<{ dataset_id: string; key: string; value: string }>(
      await db('evaluation_dataset_tags')
        .whereIn(
          'dataset_id',
          rows.map(row => row.dataset_id),
        )
        .orderBy('key'),
      row => row.dataset_id,
    );
    return rows.map(row => ({
      datasetId: row.dataset_id,
      name: row.name,
      tags: Object.fromEntries(
        (tags.get(row.dataset_id) ?? []).map(({ key, value }) => [key, value]),
      ),
      schema: optional(row.schema),
      profile: optional(row.profile),
      digest: row.digest,
      createdTime: toNumber(row.created_time),
      lastUpdateTime: toNumber(row.last_update_time),
      createdBy: optional(row.created_by),
      lastUpdatedBy: optional(row.last_updated_by),
      owner: optional(row.owner),
    }));
  }
}

function toRow(record: EvaluationRecord) {
  return {
    record_id: record.recordId,
    dataset_id: record.datasetId,
    input_hash: record.inputHash,
    inputs: record.inputs,
    outputs: record.outputs ?? null,
    expectations: record.expectations ?? null,
    tags: record.tags,
    source: record.source ?? null,
    source_runs: record.sourceRuns.length
      ? JSON.stringify(record.sourceRuns)
      : null,
    created_time: record.createdTime,
    last_update_time: record.lastUpdateTime,
    created_by: record.createdBy ?? null,
    last_updated_by: record.lastUpdatedBy ?? null,
  };
}

function toRecord(row: RecordRow): EvaluationRecord {
  return {
    recordId: row.record_id,
    datasetId: row.dataset_id,
    inputHash: row.input_hash,
    inputs: row.inputs,
    outputs: optional(row.outputs),
    expectations: optional(row.expectations),
    tags: row.tags,
    source: optional(row.source),
    sourceRuns: row.source_runs === null ? [] : JSON.parse(row.source_runs),
    createdTime: toNumber(row.created_time),
    lastUpdateTime: toNumber(row.last_update_time),
    createdBy: optional(row.created_by),
    lastUpdatedBy: optional(row.last_updated_by),
  };
}
