import type { ArtifactService } from '../../artifacts/ArtifactService';
import { ownArtifactPath } from '../../kernel/artifactUri';
import type { LoggedModelService } from '../../tracking/LoggedModelService';
import { missing, type Message } from '../protocol/Message';
import { renderLoggedModel } from '../protocol/render';
import { readEntries, readLimit, type MlflowRoute } from '../protocol/routes';

const STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
] as const;

/** `logged-models…` */
export function loggedModelRoutes(
  service: LoggedModelService,
  artifacts: ArtifactService,
): MlflowRoute[] {
  return [
    {
      method: 'post',
      path: 'logged-models',
      handle: async (message, caller) => ({
        model: renderLoggedModel(
          await service.create(
            {
              experimentId: message.required('experiment_id'),
              name: message.string('name'),
              modelType: message.string('model_type'),
              sourceRunId: message.string('source_run_id') || undefined,
              params: readEntries(message, 'params'),
              tags: readEntries(message, 'tags'),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'post',
      path: 'logged-models/search',
      handle: async (message, caller) => {
        const page = await service.search(
          {
            experimentIds: message.strings('experiment_ids'),
            filter: message.string('filter'),
            datasets: message.messages('datasets').map(readDataset),
            orderBy: message.messages('order_by').map(order => ({
              field: order.required('field_name'),
              descending: order.boolean('ascending') === false,
              dataset: order.has('dataset_name')
                ? readDataset(order)
                : undefined,
            })),
            pageToken: message.string('page_token') || undefined,
            limit: readLimit(message, { default: 100, max: 1000 }),
          },
          { caller },
        );
        return {
          models: page.models.length
            ? page.models.map(renderLoggedModel)
            : undefined,
          next_page_token: page.nextPageToken,
        };
      },
    },
    {
      method: 'get',
      path: 'logged-models/:model_id',
      handle: async (message, caller) => ({
        model: renderLoggedModel(
          await service.get(
            {
              modelId: message.required('model_id'),
              allowDeleted: message.boolean('allow_deleted'),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'patch',
      path: 'logged-models/:model_id',
      handle: async (message, caller) => {
        const status = message.choice('status', STATUSES, 0);
        if (!status) throw missing('status');
        return {
          model: renderLoggedModel(
            await service.finalize(
              { modelId: message.required('model_id'), status },
              {
                caller,
              },
            ),
          ),
        };
      },
    },
    {
      method: 'delete',
      path: 'logged-models/:model_id',
      handle: async (message, caller) => {
        await service.delete(message.required('model_id'), { caller });
        return {};
      },
    },
    {
      method: 'patch',
      path: 'logged-models/:model_id/tags',
      handle: async (message, caller) => {
        await service.setTags(
          {
            modelId: message.required('model_id'),
            tags: readEntries(message, 'tags'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'delete',
      path: 'logged-models/:model_id/tags/:tag_key',
      handle: async (message, caller) => {
        await service.deleteTag(
          {
            modelId: message.required('model_id'),
            key: message.required('tag_key'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'logged-models/:model_id/params',
      handle: async (message, caller) => {
        await service.logParams(
          {
            modelId: message.required('model_id'),
            params: readEntries(message, 'params'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'get',
      path: 'logged-models/:model_id/artifacts/directories',
      handle: async (message, caller) => {
        const model = await service.get(
          { modelId: message.required('model_id') },
          { caller },
        );
        const root = ownArtifactPath(model.artifactUri);
        const path = message
          .string('artifact_directory_path')
          ?.replace(/\/+$/, '');
        const entries = await artifacts.list(path ? `${root}/${path}` : root, {
          caller,
        });
        return {
          root_uri: model.artifactUri,
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

function readDataset(message: Message) {
  return {
    name: message.required('dataset_name'),
    digest: message.string('dataset_digest') || undefined,
  };
}
