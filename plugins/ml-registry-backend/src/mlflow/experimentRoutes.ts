import type { ExperimentService } from '../services/ExperimentService';
import { renderExperiment } from './render';
import {
  readLifecycle,
  readLimit,
  readTags,
  readValue,
  type MlflowRoute,
} from './routes';

/** `experiments/…` */
export function experimentRoutes(service: ExperimentService): MlflowRoute[] {
  const search: MlflowRoute['handle'] = async (message, caller) => {
    const page = await service.search(caller, {
      filter: message.string('filter'),
      orderBy: message.strings('order_by'),
      lifecycleStages: readLifecycle(message, 'view_type'),
      pageToken: message.string('page_token') || undefined,
      limit: readLimit(message, { default: 1000, max: 50_000 }),
    });
    return {
      experiments: page.experiments.length
        ? page.experiments.map(renderExperiment)
        : undefined,
      next_page_token: page.nextPageToken,
    };
  };
  return [
    {
      method: 'post',
      path: 'experiments/create',
      handle: async (message, caller) => ({
        experiment_id: await service.create(caller, {
          name: message.required('name'),
          artifactLocation: message.string('artifact_location'),
          tags: readTags(message),
        }),
      }),
    },
    { method: 'get', path: 'experiments/search', handle: search },
    { method: 'post', path: 'experiments/search', handle: search },
    {
      method: 'post',
      path: 'experiments/search-datasets',
      handle: async (message, caller) => {
        const found = await service.searchDatasets(
          caller,
          message.strings('experiment_ids'),
        );
        return {
          dataset_summaries: found.length
            ? found.map(({ experimentId, ...summary }) => ({
                experiment_id: experimentId,
                ...summary,
              }))
            : undefined,
        };
      },
    },
    {
      method: 'get',
      path: 'experiments/get',
      handle: async (message, caller) => ({
        experiment: renderExperiment(
          await service.get(caller, message.required('experiment_id')),
        ),
      }),
    },
    {
      method: 'get',
      path: 'experiments/get-by-name',
      handle: async (message, caller) => ({
        experiment: renderExperiment(
          await service.getByName(caller, message.required('experiment_name')),
        ),
      }),
    },
    {
      method: 'post',
      path: 'experiments/update',
      handle: async (message, caller) => {
        await service.rename(caller, {
          experimentId: message.required('experiment_id'),
          name: message.required('new_name'),
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/delete',
      handle: async (message, caller) => {
        await service.setLifecycle(caller, {
          experimentId: message.required('experiment_id'),
          stage: 'deleted',
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/restore',
      handle: async (message, caller) => {
        await service.setLifecycle(caller, {
          experimentId: message.required('experiment_id'),
          stage: 'active',
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/set-experiment-tag',
      handle: async (message, caller) => {
        await service.setTag(caller, {
          experimentId: message.required('experiment_id'),
          key: message.required('key'),
          value: readValue(message),
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/delete-experiment-tag',
      handle: async (message, caller) => {
        await service.deleteTag(caller, {
          experimentId: message.required('experiment_id'),
          key: message.required('key'),
        });
        return {};
      },
    },
  ];
}
