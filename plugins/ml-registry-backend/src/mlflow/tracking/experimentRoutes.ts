import type { ExperimentService } from '../../tracking/ExperimentService';
import { renderExperiment } from '../protocol/render';
import {
  readLifecycle,
  readLimit,
  readTags,
  readValue,
  type MlflowRoute,
} from '../protocol/routes';

/** `experiments/…` */
export function experimentRoutes(service: ExperimentService): MlflowRoute[] {
  const search: MlflowRoute['handle'] = async (message, caller) => {
    const page = await service.search(
      {
        filter: message.string('filter'),
        orderBy: message.strings('order_by'),
        lifecycleStages: readLifecycle(message, 'view_type'),
        pageToken: message.string('page_token') || undefined,
        limit: readLimit(message, { default: 1000, max: 50_000 }),
      },
      { caller },
    );
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
        experiment_id: await service.create(
          {
            name: message.required('name'),
            artifactLocation: message.string('artifact_location'),
            tags: readTags(message),
          },
          { caller },
        ),
      }),
    },
    { method: 'get', path: 'experiments/search', handle: search },
    { method: 'post', path: 'experiments/search', handle: search },
    {
      method: 'post',
      path: 'experiments/search-datasets',
      handle: async (message, caller) => {
        const found = await service.searchDatasets(
          message.strings('experiment_ids'),
          { caller },
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
          await service.get(message.required('experiment_id'), { caller }),
        ),
      }),
    },
    {
      method: 'get',
      path: 'experiments/get-by-name',
      handle: async (message, caller) => ({
        experiment: renderExperiment(
          await service.getByName(message.required('experiment_name'), {
            caller,
          }),
        ),
      }),
    },
    {
      method: 'post',
      path: 'experiments/update',
      handle: async (message, caller) => {
        await service.rename(
          {
            experimentId: message.required('experiment_id'),
            name: message.required('new_name'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/delete',
      handle: async (message, caller) => {
        await service.setLifecycle(
          {
            experimentId: message.required('experiment_id'),
            stage: 'deleted',
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/restore',
      handle: async (message, caller) => {
        await service.setLifecycle(
          {
            experimentId: message.required('experiment_id'),
            stage: 'active',
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/set-experiment-tag',
      handle: async (message, caller) => {
        await service.setTag(
          {
            experimentId: message.required('experiment_id'),
            key: message.required('key'),
            value: readValue(message),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'experiments/delete-experiment-tag',
      handle: async (message, caller) => {
        await service.deleteTag(
          {
            experimentId: message.required('experiment_id'),
            key: message.required('key'),
          },
          { caller },
        );
        return {};
      },
    },
  ];
}
