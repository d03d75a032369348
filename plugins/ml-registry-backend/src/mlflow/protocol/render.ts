import { int64Json } from '../../kernel/int64';
import { toMlflowName } from '../../versions/mlflowNames';
import type { ModelWithLatest } from '../../versions/RegistryReadService';
import type { Experiment } from '../../tracking/stores/ExperimentStore';
import type { LoggedModel } from '../../tracking/stores/LoggedModelStore';
import type {
  ModelVersionRow,
  RegisteredModelRow,
} from '../../versions/stores/ModelStore';
import type {
  Metric,
  Run,
  RunInfo,
  RunText,
} from '../../tracking/stores/RunStore';
import { toMlflowStage } from './stages';

/** Empty lists are left out, as MLflow does. */
function list<T>(items: T[]): T[] | undefined {
  return items.length > 0 ? items : undefined;
}

/** NaN and infinities travel as strings. */
function renderDouble(value: number): number | string {
  if (Number.isFinite(value)) return value;
  if (Number.isNaN(value)) return 'NaN';
  return value > 0 ? 'Infinity' : '-Infinity';
}

function renderTags(tags: Record<string, string>) {
  return list(Object.entries(tags).map(([key, value]) => ({ key, value })));
}

export function renderExperiment(experiment: Experiment) {
  return {
    experiment_id: experiment.experimentId,
    name: experiment.name,
    artifact_location: experiment.artifactLocation,
    lifecycle_stage: experiment.lifecycleStage,
    creation_time: experiment.creationTime,
    last_update_time: experiment.lastUpdateTime,
    tags: renderTags(experiment.tags),
  };
}

export function renderMetric(metric: Metric) {
  return {
    key: metric.key,
    value: renderDouble(metric.value),
    timestamp: int64Json(metric.timestamp),
    step: int64Json(metric.step),
  };
}

export function renderRunInfo(run: RunInfo) {
  return {
    run_id: run.runId,
    run_uuid: run.runId,
    run_name: run.name,
    experiment_id: run.experimentId,
    user_id: run.userId,
    status: run.status,
    start_time: run.startTime,
    end_time: run.endTime,
    artifact_uri: run.artifactUri,
    lifecycle_stage: run.lifecycleStage,
  };
}

export function renderRun(run: Run) {
  return {
    info: renderRunInfo(run),
    data: {
      metrics: list(run.metrics.map(renderMetric)),
      params: list(run.params),
      tags: list(run.tags),
    },
    // A new run: what it makes is still to come.
    inputs: renderLinks(run).inputs,
  };
}

/** The same from texts: lists that the database wrote go out as they are. */
export function renderRunText(run: RunText): string {
  const lists = (['metrics', 'params', 'tags'] as const)
    .filter(name => run[name] !== '[]')
    .map(name => `"${name}":${run[name]}`);
  const { inputs, outputs } = renderLinks(run);
  return `{"info":${JSON.stringify(
    renderRunInfo(run),
  )},"data":{${lists.join()}},"inputs":${JSON.stringify(
    inputs,
  )},"outputs":${JSON.stringify(outputs)}}`;
}

function renderLinks(
  run: Pick<Run, 'datasets' | 'modelInputs' | 'modelOutputs'>,
) {
  return {
    inputs: {
      dataset_inputs: list(
        run.datasets.map(dataset => ({
          tags: renderTags(dataset.tags),
          dataset: {
            name: dataset.name,
            digest: dataset.digest,
            source_type: dataset.sourceType,
            source: dataset.source,
            schema: dataset.schema,
            profile: dataset.profile,
          },
        })),
      ),
      model_inputs: list(run.modelInputs.map(id => ({ model_id: id }))),
    },
    outputs: {
      model_outputs: list(
        run.modelOutputs.map(({ modelId, step }) => ({
          model_id: modelId,
          step: int64Json(step),
        })),
      ),
    },
  };
}

export function renderLoggedModel(model: LoggedModel) {
  return {
    info: {
      model_id: model.modelId,
      experiment_id: model.experimentId,
      name: model.name,
      creation_timestamp_ms: model.creationTime,
      last_updated_timestamp_ms: model.lastUpdatedTime,
      artifact_uri: model.artifactUri,
      status: model.status,
      status_message: model.statusMessage,
      model_type: model.modelType,
      source_run_id: model.sourceRunId,
      tags: list(model.tags),
      registrations: list(
        model.registrations.map(({ name, version }) => ({
          name: toMlflowName(name),
          version,
        })),
      ),
    },
    data: {
      params: list(model.params),
      metrics: list(
        model.metrics.map(metric => ({
          ...renderMetric(metric),
          model_id: model.modelId,
          run_id: metric.runId,
          dataset_name: metric.datasetName,
          dataset_digest: metric.datasetDigest,
        })),
      ),
    },
  };
}

export function renderVersion(version: ModelVersionRow) {
  return {
    name: toMlflowName(version.name),
    version: String(version.version),
    creation_timestamp: version.creationTime,
    last_updated_timestamp: version.lastUpdatedTime,
    user_id: version.createdBy,
    current_stage: toMlflowStage(version.mlflowStage),
    description: version.description ?? '',
    source: version.source,
    run_id: version.runId ?? '',
    run_link: version.runLink ?? '',
    model_id: version.modelId,
    status: version.status,
    status_message: version.statusMessage,
    tags: renderTags(version.tags),
    aliases: list(version.aliases),
  };
}

export function renderModel(model: RegisteredModelRow | ModelWithLatest) {
  return {
    name: toMlflowName(model.name),
    creation_timestamp: model.creationTime,
    last_updated_timestamp: model.lastUpdatedTime,
    description: model.description || undefined,
    user_id: model.createdBy,
    tags: renderTags(model.tags),
    aliases: list(
      model.aliases.map(({ alias, version }) => ({
        alias,
        version: String(version),
      })),
    ),
    latest_versions:
      'latest' in model ? list(model.latest.map(renderVersion)) : undefined,
  };
}
