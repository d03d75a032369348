import { InputError } from '@backstage/errors';
import {
  ownArtifactPath,
  type ArtifactService,
} from '../services/ArtifactService';
import type { RunLogService } from '../services/RunLogService';
import type { RunService } from '../services/RunService';
import type { LoggedMetric } from '../stores/RunDataStore';
import type { RunDataset } from '../stores/RunStore';
import { JsonText } from './JsonText';
import { missing, type Message } from './Message';
import { renderRun, renderRunInfo } from './render';
import { historyAnswer, runAnswer, searchAnswer } from './runAnswers';
import {
  readEntries,
  readLifecycle,
  readLimit,
  readTags,
  readValue,
  type MlflowRoute,
} from './routes';

const STATUSES = [
  'RUNNING',
  'SCHEDULED',
  'FINISHED',
  'FAILED',
  'KILLED',
] as const;

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
          await runs.create(caller, {
            experimentId: message.string('experiment_id') || '0',
            userId: message.string('user_id'),
            runName: message.string('run_name'),
            startTime: message.integer('start_time'),
            tags: readEntries(message, 'tags'),
          }),
        ),
      }),
    },
    {
      method: 'get',
      path: 'runs/get',
      handle: async (message, caller) => {
        const run = await runs.getText(caller, readRunId(message));
        return new JsonText(runAnswer(run));
      },
    },
    {
      method: 'post',
      path: 'runs/update',
      handle: async (message, caller) => ({
        run_info: renderRunInfo(
          await runs.update(caller, {
            runId: readRunId(message),
            status: message.choice('status', STATUSES),
            endTime: message.integer('end_time'),
            name: message.string('run_name'),
          }),
        ),
      }),
    },
    ...(['deleted', 'active'] as const).map<MlflowRoute>(stage => ({
      method: 'post',
      path: stage === 'deleted' ? 'runs/delete' : 'runs/restore',
      handle: async (message, caller) => {
        await runs.setLifecycle(caller, { runId: readRunId(message), stage });
        return {};
      },
    })),
    {
      method: 'post',
      path: 'runs/search',
      handle: async (message, caller) => {
        const page = await runs.searchText(caller, {
          experimentIds: message.strings('experiment_ids'),
          filter: message.string('filter'),
          orderBy: message.strings('order_by'),
          lifecycleStages: readLifecycle(message, 'run_view_type'),
          pageToken: message.string('page_token') || undefined,
          limit: readLimit(message, { default: 1000, max: 50_000 }),
        });
        return new JsonText(searchAnswer(page));
      },
    },
    {
      method: 'post',
      path: 'runs/log-batch',
      bodyLimit: 1_000_000,
      handle: async (message, caller) => {
        await log.log(caller, readRunId(message), {
          metrics: message.messages('metrics').map(readMetric),
          params: readEntries(message, 'params'),
          tags: readEntries(message, 'tags'),
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-metric',
      handle: async (message, caller) => {
        await log.log(caller, readRunId(message), {
          metrics: [readMetric(message)],
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-parameter',
      handle: async (message, caller) => {
        await log.log(caller, readRunId(message), {
          params: [{ key: message.required('key'), value: readValue(message) }],
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/set-tag',
      handle: async (message, caller) => {
        await log.log(caller, readRunId(message), {
          tags: [{ key: message.required('key'), value: readValue(message) }],
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/delete-tag',
      handle: async (message, caller) => {
        await log.deleteTag(
          caller,
          readRunId(message),
          message.required('key'),
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/log-inputs',
      handle: async (message, caller) => {
        await log.logInputs(caller, readRunId(message), {
          datasets: message.messages('datasets').map(readDataset),
          models: message
            .messages('models')
            .map(model => model.required('model_id')),
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'runs/outputs',
      handle: async (message, caller) => {
        await log.logOutputs(
          caller,
          readRunId(message),
          message.messages('models').map(model => ({
            modelId: model.required('model_id'),
            step: model.int64('step') ?? 0,
          })),
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
        const run = await runs.get(caller, runId);
        checkModelJson(readJson(model));
        const known = run.tags.find(
          tag => tag.key === 'mlflow.log-model.history',
        );
        await log.log(caller, runId, {
          tags: [
            {
              key: 'mlflow.log-model.history',
              value: JSON.stringify([
                ...readHistory(known?.value),
                readJson(model),
              ]),
            },
          ],
        });
        return {};
      },
    },
    {
      method: 'get',
      path: 'metrics/get-history',
      handle: async (message, caller) => {
        const history = await runs.history(caller, {
          runId: readRunId(message),
          key: message.required('metric_key'),
          // Without a limit the whole of it, as MLflow's protocol promises.
          limit: message.integer('max_results') || undefined,
          pageToken: message.string('page_token') || undefined,
        });
        return new JsonText(historyAnswer(history));
      },
    },
    {
      method: 'get',
      path: 'artifacts/list',
      handle: async (message, caller) => {
        const run = await runs.get(caller, readRunId(message));
        const root = ownArtifactPath(run.artifactUri);
        const path = message.string('path')?.replace(/\/+$/, '');
        const entries = await artifacts.list(
          caller,
          path ? `${root}/${path}` : root,
        );
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
