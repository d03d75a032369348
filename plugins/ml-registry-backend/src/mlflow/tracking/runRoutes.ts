import { InputError } from '@backstage/errors';
import { runStatuses } from '@downstage/plugin-ml-registry-common';
import type { ArtifactService } from '../../artifacts/ArtifactService';
import { ownArtifactPath } from '../../kernel/artifactUri';
import type { RunLogService } from '../../tracking/RunLogService';
import type { RunService } from '../../tracking/RunService';
import type { LoggedMetric } from '../../tracking/stores/RunDataStore';
import type { RunDataset } from '../../tracking/stores/RunStore';
import { JsonText } from '../protocol/JsonText';
import { missing, type Message } from '../protocol/Message';
import { renderRun, renderRunInfo } from '../protocol/render';
import { historyAnswer, runAnswer, searchAnswer } from './runAnswers';
import {
  readEntries,
  readLifecycle,
  readLimit,
  readTags,
  readValue,
  type MlflowRoute,
} from '../protocol/routes';

/** `runs/…`, `metrics/…` and `artifacts/list` */
export function runRoutes(services: {
  runs: RunService;
  log: RunLogService;
  artifacts: ArtifactService;
}): MlflowRoute[] {
  const { runs, log, artifacts } = services;
  return [
    {
      method: 'post',
      path: 'runs/create',
      handle: async (message, caller) => ({
        run: renderRun(
          await runs.create(
            {
              experimentId: message.string('experiment_id') || '0',
              userId: message.string('user_id'),
              runName: message.string('run_name'),
              startTime: message.integer('start_time'),
              tags: readEntries(message, 'tags'),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'get',
      path: 'runs/get',
      handle: async (message, caller) => {
        const run = await runs.getText(readRunId(message), { caller });
        return new JsonText(runAnswer(run));
      },
    },
    {
      method: 'post',
      path: 'runs/update',
      handle: async (message, caller) => ({
        run_info: renderRunInfo(
          await runs.update(
            {
              runId: readRunId(message),
              status: message.choice('status', runStatuses),
              endTime: message.integer('end_time'),
              name: message.string('run_name'),
            },
            { caller },
          ),
        ),
      }),
    },
    ...(['deleted', 'active'] as const).map<MlflowRoute>(stage => ({
      method: 'post',
      path: stage === 'deleted' ? 'runs/delete' : 'runs/restore',
      handle: async (message, caller) => {
        await runs.setLifecycle(
          { runId: readRunId(message), stage },
          { caller },
        );
        return {};
      },
    })),
    {
      method: 'post',
      path: 'runs/search',
      handle: async (message, caller) => {
        const page = await runs.searchText(
          {
            experimentIds: message.strings('experiment_ids'),
            filter: message.string('filter'),
            orderBy: message.strings('order_by'),
            lifecycleStages: readLifecycle(message, 'run_view_type'),
            pageToken: message.string('page_token') || undefined,
            limit: readLimit(message, { default: 1000, max: 50_000 }),
          },
          { caller },
        );
        return new JsonText(searchAnswer(page));
      },
    },
    {
      method: 'post',
      path: 'runs/log-batch',
      bodyLimit: 1_000_000,
      handle: async (message, caller) => {
        await log.log(
          {
            runId: readRunId(message),
            metrics: message.messages('metrics').map(readMetric),
            params: readEntries(message, 'params'),
            tags: readEntries(message, 'tags'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-metric',
      handle: async (message, caller) => {
        await log.log(
          { runId: readRunId(message), metrics: [readMetric(message)] },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-parameter',
      handle: async (message, caller) => {
        await log.log(
          {
            runId: readRunId(message),
            params: [
              { key: message.required('key'), value: readValue(message) },
            ],
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/set-tag',
      handle: async (message, caller) => {
        await log.log(
          {
            runId: readRunId(message),
            tags: [{ key: message.required('key'), value: readValue(message) }],
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/delete-tag',
      handle: async (message, caller) => {
        await log.deleteTag(
          { runId: readRunId(message), key: message.required('key') },
          {
            caller,
          },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-inputs',
      handle: async (message, caller) => {
        await log.logInputs(
          {
            runId: readRunId(message),
            datasets: message.messages('datasets').map(readDataset),
            models: message
              .messages('models')
              .map(model => model.required('model_id')),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/outputs',
      handle: async (message, caller) => {
        await log.logOutputs(
          {
            runId: readRunId(message),
            models: message.messages('models').map(model => ({
              modelId: model.required('model_id'),
              step: model.int64('step') ?? 0,
            })),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-model',
      handle: async (message, caller) => {
        const runId = readRunId(message);
        const model = message.required('model_json');
        const run = await runs.get(runId, { caller });
        checkModelJson(readJson(model));
        const known = run.tags.find(
          tag => tag.key === 'mlflow.log-model.history',
        );
        await log.log(
          {
            runId,
            tags: [
              {
                key: 'mlflow.log-model.history',
                value: JSON.stringify([
                  ...readHistory(known?.value),
                  readJson(model),
                ]),
              },
            ],
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'get',
      path: 'metrics/get-history',
      handle: async (message, caller) => {
        const history = await runs.history(
          {
            runId: readRunId(message),
            key: message.required('metric_key'),
            // Without a limit the whole of it, as MLflow's protocol promises.
            limit: message.integer('max_results') || undefined,
            pageToken: message.string('page_token') || undefined,
          },
          { caller },
        );
        return new JsonText(historyAnswer(history));
      },
    },
    {
      method: 'get',
      path: 'artifacts/list',
      handle: async (message, caller) => {
        const run = await runs.get(readRunId(message), { caller });
        const root = ownArtifactPath(run.artifactUri);
        const path = message.string('path')?.replace(/\/+$/, '');
        const entries = await artifacts.list(path ? `${root}/${path}` : root, {
          caller,
        });
        return {
          root_uri: run.artifactUri,
          files: entries.length
            ? entries.map(entry => ({
                path: entry.path.slice(root.length + 1),
                is_dir: entry.isDir,
                file_size: entry.size,
              }))
            : undefined,
        };
      },
    },
  ];
}

function readRunId(message: Message): string {
  const id = message.string('run_id') || message.string('run_uuid');
  if (!id) throw missing('run_id');
  return id;
}

function readMetric(message: Message): LoggedMetric {
  const value = message.double('value');
  const timestamp = message.int64('timestamp');
  if (value === undefined) throw missing('value');
  if (timestamp === undefined) throw missing('timestamp');
  if (timestamp < 0) {
    throw new InputError(
      `Invalid value ${timestamp} for parameter 'timestamp' supplied: a time is not negative`,
    );
  }
  return {
    key: message.required('key'),
    value,
    timestamp,
    step: message.int64('step') ?? 0,
    modelId: message.string('model_id') || undefined,
    datasetName: message.string('dataset_name') || undefined,
    datasetDigest: message.string('dataset_digest') || undefined,
  };
}

function readDataset(message: Message): RunDataset {
  const dataset = message.message('dataset');
  if (!dataset) throw missing('dataset');
  return {
    name: dataset.required('name'),
    digest: dataset.required('digest'),
    sourceType: dataset.required('source_type'),
    source: dataset.required('source'),
    schema: dataset.string('schema'),
    profile: dataset.string('profile'),
    tags: readTags(message),
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new InputError(
      `Malformed model info. \n ${text.slice(0, 200)} \n is not JSON.`,
    );
  }
}

/** What MLflow 2's clients always send. */
function checkModelJson(model: unknown) {
  const needed = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'];
  const missed = needed.filter(
    name => typeof model !== 'object' || !model || !(name in model),
  );
  if (missed.length) {
    throw new InputError(
      `Model json is missing mandatory fields: ${missed.join(', ')}`,
    );
  }
}

function readHistory(text: string | undefined): unknown[] {
  const value = text ? readJson(text) : [];
  return Array.isArray(value) ? value : [];
}
