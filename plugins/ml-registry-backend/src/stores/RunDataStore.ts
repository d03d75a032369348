import { InputError } from '@backstage/errors';
import type { Knex } from 'knex';
import { chunks } from './database';
import type { Metric, RunDataset } from './RunStore';

export type LoggedMetric = Metric & {
  modelId?: string;
  datasetName?: string;
  datasetDigest?: string;
};

/**
 * What is logged into runs. Every method works inside the caller's transaction,
 * after the run's row is locked; keys are written in sorted order, so writers of
 * one run wait for each other instead of deadlocking. Repeating a write is harmless.
 */
export class RunDataStore {
  /** Params are written once: the same value again is fine, another is an `InputError`. */
  async addParams(
    tx: Knex.Transaction,
    runId: string,
    params: { key: string; value: string }[],
  ): Promise<void> {
    const wanted = new Map<string, string>();
    for (const { key, value } of params) {
      if (wanted.has(key)) {
        throw new InputError(
          `Duplicate parameter keys have been submitted: '${key}'`,
        );
      }
      wanted.set(key, value);
    }
    const existing: { key: string; value: string }[] = [];
    for (const part of chunks([...wanted.keys()])) {
      existing.push(
        ...(await tx('params').where('run_id', runId).whereIn('key', part)),
      );
    }
    for (const { key, value } of existing) {
      if (wanted.get(key) !== value) {
        throw new InputError(
          `Changing param values is not allowed. Param with key='${key}' was already logged with value='${value}' for run ID='${runId}'. Attempted logging new value '${wanted.get(
            key,
          )}'.`,
        );
      }
      wanted.delete(key);
    }
    for (const part of chunks(sorted([...wanted]))) {
      await tx('params')
        .insert(part.map(([key, value]) => ({ run_id: runId, key, value })))
        .onConflict(['run_id', 'key'])
        .ignore();
    }
  }

  /** Adds points; the latest of a key is the greatest (step, timestamp, value). */
  async addMetrics(
    tx: Knex.Transaction,
    runId: string,
    metrics: Metric[],
  ): Promise<void> {
    const latest = new Map<string, Metric>();
    const points = new Map<string, Metric>();
    for (const metric of metrics) {
      points.set(
        `${metric.key}\n${metric.timestamp}\n${metric.step}\n${metric.value}`,
        metric,
      );
      const known = latest.get(metric.key);
      if (!known || isLater(metric, known)) latest.set(metric.key, metric);
    }
    for (const part of chunks(sorted([...points]))) {
      await tx('metrics')
        .insert(
          part.map(([, metric]) => ({ run_id: runId, ...toColumns(metric) })),
        )
        .onConflict(['run_id', 'key', 'timestamp', 'step', 'value', 'is_nan'])
        .ignore();
    }
    for (const part of chunks(sorted([...latest]))) {
      await tx('latest_metrics')
        .insert(
          part.map(([, metric]) => ({ run_id: runId, ...toColumns(metric) })),
        )
        .onConflict(['run_id', 'key'])
        .merge(['value', 'is_nan', 'timestamp', 'step'])
        .whereRaw(
          '(excluded.step, excluded.timestamp, excluded.value) > (latest_metrics.step, latest_metrics.timestamp, latest_metrics.value)',
        );
    }
  }

  /** Metrics that speak of a logged model are kept with it as well. */
  async addModelMetrics(
    tx: Knex.Transaction,
    runId: string,
    metrics: LoggedMetric[],
  ): Promise<void> {
    const rows = new Map<string, Record<string, unknown>>();
    for (const metric of metrics) {
      if (!metric.modelId) continue;
      rows.set(
        `${metric.modelId}\n${metric.key}\n${metric.timestamp}\n${metric.step}`,
        {
          model_id: metric.modelId,
          run_id: runId,
          ...toColumns(metric),
          dataset_name: metric.datasetName ?? '',
          dataset_digest: metric.datasetDigest ?? '',
        },
      );
    }
    for (const part of chunks(sorted([...rows]))) {
      await tx('logged_model_metrics')
        .insert(part.map(([, row]) => row))
        .onConflict(['model_id', 'key', 'timestamp', 'step', 'run_id'])
        .merge();
    }
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
    return (await tx('run_tags').where({ run_id: runId, key }).delete()) > 0;
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
        })
        .onConflict(['run_id', 'dataset_id'])
        .ignore();
    }
  }

  async linkModels(
    tx: Knex.Transaction,
    runId: string,
    models: { modelId: string; direction: 'input' | 'output'; step: number }[],
  ): Promise<void> {
    for (const model of models) {
      await tx('run_models')
        .insert({
          run_id: runId,
          model_id: model.modelId,
          direction: model.direction,
          step: model.step,
        })
        .onConflict(['run_id', 'model_id', 'direction'])
        .ignore();
    }
  }
}

function toColumns(metric: Metric) {
  const isNan = Number.isNaN(metric.value);
  return {
    key: metric.key,
    timestamp: metric.timestamp,
    step: metric.step,
    value: isNan ? 0 : metric.value,
    is_nan: isNan,
  };
}

function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  if (a.timestamp !== b.timestamp) return a.timestamp > b.timestamp;
  return (
    (Number.isNaN(a.value) ? 0 : a.value) >
    (Number.isNaN(b.value) ? 0 : b.value)
  );
}

function sorted<T>(entries: [string, T][]): [string, T][] {
  return entries.sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
}
