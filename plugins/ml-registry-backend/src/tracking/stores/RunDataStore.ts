import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import type { Int64 } from '../../kernel/int64';
import { int64Bound } from '../../kernel/database/int64Columns';
import {
  chunks,
  isPostgres,
  type Database,
} from '../../kernel/database/database';
import { PARENT_RUN } from '../../kernel/tags';
import { writePostgresBatch } from './postgresBatch';
import { prepareBatch } from './prepareBatch';
import { writeSqliteBatch } from './sqliteBatch';
import type { Metric, RunDataset } from './RunStore';

export type LoggedMetric = Metric & {
  modelId?: string;
  datasetName?: string;
  datasetDigest?: string;
};

/**
 * What is logged into runs. A batch is a transaction of its own; the other methods work inside the caller's, after the
 * run's row is locked. Keys are written in sorted order, so writers of one run wait for each other instead of
 * deadlocking. Repeating a write is harmless.
 */
export class RunDataStore {
  /**
   * Writes all of it or nothing, unless the run is not active, which is the answer then.
   *
   * @throws InputError when a param is there with another value: params are written once
   */
  async writeBatch(
    knex: Knex,
    runId: string,
    batch: {
      metrics: LoggedMetric[];
      params: { key: string; value: string }[];
      tags: { key: string; value: string }[];
      /** The run's new name. */
      name?: string;
    },
  ): Promise<'written' | 'not active'> {
    checkDistinct(batch.params);
    const parents = batch.tags.filter(({ key }) => key === PARENT_RUN);
    if (parents.length) {
      await this.#keepParents(
        knex,
        runId,
        parents.map(({ value }) => value),
      );
    }
    const write = isPostgres(knex) ? writePostgresBatch : writeSqliteBatch;
    const outcome = await write(knex, runId, prepareBatch(batch));
    if (outcome === 'param changed') {
      throw await describeChange(knex, runId, batch.params);
    }
    return outcome;
  }

  /** Sets tags; of one key given twice the last value wins. */
  async setTags(
    tx: Knex.Transaction,
    runId: string,
    tags: { key: string; value: string }[],
  ): Promise<void> {
    const last = new Map(tags.map(tag => [tag.key, tag.value]));
    for (const part of chunks(sorted([...last]))) {
      await tx('run_tags')
        .insert(part.map(([key, value]) => ({ run_id: runId, key, value })))
        .onConflict(['run_id', 'key'])
        .merge();
    }
  }

  async deleteTag(
    tx: Knex.Transaction,
    runId: string,
    key: string,
  ): Promise<boolean> {
    if (key === PARENT_RUN) await this.#keepParents(tx, runId, []);
    return (await tx('run_tags').where({ run_id: runId, key }).delete()) > 0;
  }

  /**
   * Keeps the parent that the run names now, and those that it is about to name. It is done before the tag changes, so
   * no parent is lost to writers at the same time; rows are never taken away, as what a parent read guards the run.
   */
  async #keepParents(
    db: Database,
    runId: string,
    added: string[],
  ): Promise<void> {
    const [now]: { value: string }[] = await db('run_tags')
      .where({ run_id: runId, key: PARENT_RUN })
      .select('value');
    const parents = new Set([...added, ...(now ? [now.value] : [])]);
    for (const parent of parents) {
      // A longer text is the id of no run.
      if (parent.length > 64) continue;
      await db.raw(
        'INSERT INTO run_parents (run_id, parent_id) SELECT run_id, ? FROM runs WHERE run_id = ? ON CONFLICT DO NOTHING',
        [parent, runId],
      );
    }
  }

  /** Links datasets to the run; one dataset is kept once per experiment. */
  async addDatasets(
    tx: Knex.Transaction,
    run: { runId: string; experimentId: string },
    datasets: RunDataset[],
    newId: () => string,
  ): Promise<void> {
    for (const dataset of datasets) {
      const identity = {
        experiment_id: Number(run.experimentId),
        name: dataset.name,
        digest: dataset.digest,
      };
      await tx('datasets')
        .insert({
          dataset_id: newId(),
          ...identity,
          source_type: dataset.sourceType,
          source: dataset.source,
          schema: dataset.schema,
          profile: dataset.profile,
        })
        .onConflict(['experiment_id', 'name', 'digest'])
        .ignore();
      const { dataset_id: datasetId } = await tx('datasets')
        .where(identity)
        .first('dataset_id');
      await tx('run_datasets')
        .insert({
          run_id: run.runId,
          dataset_id: datasetId,
          context: dataset.tags['mlflow.data.context'],
          tags: JSON.stringify(dataset.tags),
          position: tx('run_datasets')
            .where('run_id', run.runId)
            .select(tx.raw('COALESCE(MAX(position), 0) + 1')),
        })
        .onConflict(['run_id', 'dataset_id'])
        .ignore();
    }
  }

  async linkModels(
    tx: Knex.Transaction,
    runId: string,
    models: { modelId: string; direction: 'input' | 'output'; step: Int64 }[],
  ): Promise<void> {
    for (const model of models) {
      await tx('run_models')
        .insert({
          run_id: runId,
          model_id: model.modelId,
          direction: model.direction,
          step: int64Bound(model.step),
        })
        .onConflict(['run_id', 'model_id', 'direction'])
        .ignore();
    }
  }
}

function checkDistinct(params: { key: string }[]): void {
  const keys = new Set<string>();
  for (const { key } of params) {
    if (keys.has(key)) {
      throw new InputError(
        `Duplicate parameter keys have been submitted: '${key}'`,
      );
    }
    keys.add(key);
  }
}

async function describeChange(
  knex: Knex,
  runId: string,
  params: { key: string; value: string }[],
): Promise<InputError> {
  const wanted = new Map(params.map(({ key, value }) => [key, value]));
  const existing: { key: string; value: string }[] = await knex('params')
    .where('run_id', runId)
    .whereIn('key', [...wanted.keys()])
    .orderBy('key');
  const changed = existing.find(({ key, value }) => wanted.get(key) !== value);
  const key = changed?.key ?? params[0].key;
  return new InputError(
    `Changing param values is not allowed. Param with key='${key}' was already logged with value='${
      changed?.value
    }' for run ID='${runId}'. Attempted logging new value '${wanted.get(
      key,
    )}'.`,
  );
}

function sorted<T>(entries: [string, T][]): [string, T][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
