import type { Knex } from 'knex';
import { readPage, type OrderTerm } from '../../search/keyset';
import type { Sql } from '../../kernel/database/sql';
import {
  chunks,
  experimentNumbers,
  groupBy,
  optional,
  toNumber,
  type Database,
} from '../../kernel/database/database';

export type LifecycleStage = 'active' | 'deleted';

export type Experiment = {
  experimentId: string;
  name: string;
  artifactLocation: string;
  lifecycleStage: LifecycleStage;
  creationTime: number;
  lastUpdateTime: number;
  owner?: string;
  createdBy?: string;
  tags: Record<string, string>;
};

type ExperimentRow = {
  experiment_id: number;
  name: string;
  artifact_location: string;
  lifecycle_stage: string;
  creation_time: number | string;
  last_update_time: number | string;
  owner: string | null;
  created_by: string | null;
};

/** Experiments and their tags. */
export class ExperimentStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** Stores it; the id it got comes back, or `undefined` when the name is taken. */
  async create(
    tx: Knex.Transaction,
    experiment: {
      name: string;
      owner?: string;
      createdBy: string;
      /** Outside this server. */
      artifactLocation?: string;
      tags: Record<string, string>;
      now: number;
    },
  ): Promise<string | undefined> {
    const inserted = await tx('experiments')
      .insert({
        name: experiment.name,
        artifact_location: '',
        lifecycle_stage: 'active',
        creation_time: experiment.now,
        last_update_time: experiment.now,
        owner: experiment.owner,
        created_by: experiment.createdBy,
      })
      .onConflict('name')
      .ignore()
      .returning('experiment_id');
    const id = inserted[0]?.experiment_id;
    if (id === undefined) return undefined;
    await tx('experiments')
      .where('experiment_id', id)
      .update({
        artifact_location:
          experiment.artifactLocation ?? `mlflow-artifacts:/${id}`,
      });
    for (const [key, value] of Object.entries(experiment.tags)) {
      await this.setTag(tx, { experimentId: String(id), key, value });
    }
    return String(id);
  }

  async find(experimentId: string, db: Database = this.#knex) {
    if (!/^\d{1,9}$/.test(experimentId)) return undefined;
    return this.#first(db, {
      'experiments.experiment_id': Number(experimentId),
    });
  }

  async findByName(name: string, db: Database = this.#knex) {
    return this.#first(db, { 'experiments.name': name });
  }

  async #first(db: Database, where: object): Promise<Experiment | undefined> {
    const rows: (ExperimentRow & { tag: string | null; text: string })[] =
      await db('experiments')
        .leftJoin(
          'experiment_tags as t',
          't.experiment_id',
          'experiments.experiment_id',
        )
        .where(where)
        .orderBy('t.key')
        .select('experiments.*', 't.key as tag', 't.value as text');
    if (rows.length === 0) return undefined;
    const tags = rows.flatMap(({ tag, text }) =>
      tag === null ? [] : [[tag, text]],
    );
    return toExperiment(rows[0], Object.fromEntries(tags));
  }

  async search(options: {
    where: Sql[];
    terms: OrderTerm[];
    lifecycleStages: LifecycleStage[];
    pageToken?: string;
    limit: number;
  }): Promise<{ experiments: Experiment[]; nextPageToken?: string }> {
    const query = this.#knex('experiments')
      .select('experiments.*')
      .whereIn('lifecycle_stage', options.lifecycleStages);
    for (const { sql, bindings } of options.where)
      query.whereRaw(sql, bindings);
    const page = await readPage<ExperimentRow>({
      ...options,
      database: this.#knex,
      query,
    });
    return {
      experiments: await this.#withTags(this.#knex, page.rows),
      nextPageToken: page.nextPageToken,
    };
  }

  /** The names of those that are not deleted, by id. */
  async names(
    experimentIds: string[],
    options: { where: Sql[] },
  ): Promise<Map<string, string>> {
    const names = new Map<string, string>();
    for (const part of chunks([...new Set(experimentIds)])) {
      const query = this.#knex('experiments')
        .select('experiment_id', 'name')
        .where('lifecycle_stage', 'active')
        .whereIn('experiment_id', experimentNumbers(part));
      for (const { sql, bindings } of options.where) {
        query.whereRaw(sql, bindings);
      }
      const rows: Pick<ExperimentRow, 'experiment_id' | 'name'>[] = await query;
      for (const row of rows) names.set(String(row.experiment_id), row.name);
    }
    return names;
  }

  /** A condition: it is one of these. */
  among(experimentIds: string[]): Sql {
    const ids = experimentNumbers(experimentIds);
    return {
      sql: ids.length
        ? `experiments.experiment_id IN (${ids.map(() => '?').join(', ')})`
        : '(1 = 0)',
      bindings: ids,
    };
  }

  /** A condition: the text is in the name, in either case. */
  named(text: string): Sql {
    const pattern = text
      .toLowerCase()
      .replace(/[\\%_]/g, match => `\\${match}`);
    return {
      sql: "LOWER(experiments.name) LIKE ? ESCAPE '\\'",
      bindings: [`%${pattern}%`],
    };
  }

  async rename(
    db: Database,
    change: { experimentId: string; name: string; now: number },
  ): Promise<void> {
    await db('experiments')
      .where('experiment_id', Number(change.experimentId))
      .update({ name: change.name, last_update_time: change.now });
  }

  /** Deletes or restores the experiment, and with it its runs. */
  async setLifecycle(
    tx: Knex.Transaction,
    change: { experimentId: string; stage: LifecycleStage; now: number },
  ): Promise<void> {
    const id = Number(change.experimentId);
    await tx('experiments')
      .where('experiment_id', id)
      .update({ lifecycle_stage: change.stage, last_update_time: change.now });
    await tx('runs')
      .where('experiment_id', id)
      .update({
        lifecycle_stage: change.stage,
        deleted_time: change.stage === 'deleted' ? change.now : null,
      });
  }

  async setTag(
    db: Database,
    tag: { experimentId: string; key: string; value: string },
  ): Promise<void> {
    await db('experiment_tags')
      .insert({
        experiment_id: Number(tag.experimentId),
        key: tag.key,
        value: tag.value,
      })
      .onConflict(['experiment_id', 'key'])
      .merge();
  }

  async deleteTag(
    db: Database,
    tag: { experimentId: string; key: string },
  ): Promise<boolean> {
    const count = await db('experiment_tags')
      .where({ experiment_id: Number(tag.experimentId), key: tag.key })
      .delete();
    return count > 0;
  }

  /** Data sets of these experiments by name and digest, with the contexts runs read them in. */
  async datasets(
    experimentIds: string[],
    options: { limit: number; ofRuns: Sql[] },
  ) {
    const query = this.#knex('datasets')
      .join('run_datasets', 'run_datasets.dataset_id', 'datasets.dataset_id')
      .whereIn(
        'datasets.experiment_id',
        experimentIds.filter(id => /^\d{1,9}$/.test(id)).map(Number),
      )
      .distinct('datasets.experiment_id', 'datasets.name', 'digest', 'context')
      .orderBy(['datasets.experiment_id', 'datasets.name', 'digest', 'context'])
      .limit(options.limit);
    if (options.ofRuns.length) {
      query.join('runs', 'runs.run_id', 'run_datasets.run_id');
    }
    for (const { sql, bindings } of options.ofRuns) {
      query.whereRaw(sql, bindings);
    }
    const rows: {
      experiment_id: number;
      name: string;
      digest: string;
      context: string | null;
    }[] = await query;
    return rows.map(row => ({
      experimentId: String(row.experiment_id),
      name: row.name,
      digest: row.digest,
      context: optional(row.context),
    }));
  }

  async #withTags(db: Database, rows: ExperimentRow[]): Promise<Experiment[]> {
    const tags: { experiment_id: number; key: string; value: string }[] =
      await db('experiment_tags')
        .whereIn(
          'experiment_id',
          rows.map(row => row.experiment_id),
        )
        .orderBy('key');
    const byId = groupBy(tags, tag => String(tag.experiment_id));
    return rows.map(row =>
      toExperiment(
        row,
        Object.fromEntries(
          (byId.get(String(row.experiment_id)) ?? []).map(tag => [
            tag.key,
            tag.value,
          ]),
        ),
      ),
    );
  }
}

function toExperiment(
  row: ExperimentRow,
  tags: Record<string, string>,
): Experiment {
  return {
    experimentId: String(row.experiment_id),
    name: row.name,
    artifactLocation: row.artifact_location,
    lifecycleStage: row.lifecycle_stage === 'deleted' ? 'deleted' : 'active',
    creationTime: toNumber(row.creation_time),
    lastUpdateTime: toNumber(row.last_update_time),
    owner: optional(row.owner),
    createdBy: optional(row.created_by),
    tags,
  };
}
