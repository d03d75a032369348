import type { RegistrationService } from '../../versions/RegistrationService';
import type { RegistryReadService } from '../../versions/RegistryReadService';
import type { Message } from '../protocol/Message';
import type { ModelNames } from '../protocol/ModelNames';
import { renderModel, renderVersion } from '../protocol/render';
import {
  readLimit,
  readTags,
  readValue,
  type MlflowRoute,
} from '../protocol/routes';
import { fromMlflowStage } from '../protocol/stages';

/** `registered-models/…` and `model-versions/…` */
export function registryRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
  names: ModelNames;
}): MlflowRoute[] {
  return [...modelRoutes(services), ...versionRoutes(services)];
}

function modelRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
  names: ModelNames;
}): MlflowRoute[] {
  const { registration, reads, names } = services;
  const latest: MlflowRoute['handle'] = async (message, caller) => {
    const versions = await reads.latestVersions(
      {
        name: await names.of(message),
        stages: message.strings('stages').map(fromMlflowStage),
      },
      { caller },
    );
    return {
      model_versions: versions.length ? versions.map(renderVersion) : undefined,
    };
  };
  return [
    {
      method: 'post',
      path: 'registered-models/create',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await registration.createModel(
            {
              name: await names.readNew(message.required('name')),
              description: message.string('description'),
              tags: readTags(message),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'post',
      path: 'registered-models/rename',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await registration.renameModel(
            {
              name: await names.of(message),
              newName: await names.readNew(message.required('new_name')),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'patch',
      path: 'registered-models/update',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await registration.updateModel(
            {
              name: await names.of(message),
              description: message.string('description') ?? '',
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'registered-models/delete',
      handle: async (message, caller) => {
        await registration.deleteModel(await names.of(message), { caller });
        return {};
      },
    },
    {
      method: 'get',
      path: 'registered-models/get',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await reads.getModel(await names.of(message), { caller }),
        ),
      }),
    },
    {
      method: 'get',
      path: 'registered-models/search',
      handle: async (message, caller) => {
        const page = await reads.searchModels(
          {
            ...readSearch(message),
            mlflowNames: true,
            limit: readLimit(message, { default: 100, max: 1000 }),
          },
          { caller },
        );
        return {
          registered_models: page.models.length
            ? page.models.map(renderModel)
            : undefined,
          next_page_token: page.nextPageToken,
        };
      },
    },
    {
      method: 'get',
      path: 'registered-models/get-latest-versions',
      handle: latest,
    },
    {
      method: 'post',
      path: 'registered-models/get-latest-versions',
      handle: latest,
    },
    {
      method: 'post',
      path: 'registered-models/set-tag',
      handle: async (message, caller) => {
        await registration.setModelTag(
          {
            name: await names.of(message),
            key: message.required('key'),
            value: readValue(message),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'delete',
      path: 'registered-models/delete-tag',
      handle: async (message, caller) => {
        await registration.deleteModelTag(
          {
            name: await names.of(message),
            key: message.required('key'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'registered-models/alias',
      handle: async (message, caller) => {
        await registration.setAlias(
          {
            ...(await names.versionOf(message)),
            alias: message.required('alias'),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'get',
      path: 'registered-models/alias',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await reads.getVersionByAlias(
            { name: await names.of(message), alias: message.required('alias') },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'registered-models/alias',
      handle: async (message, caller) => {
        await registration.deleteAlias(
          {
            name: await names.of(message),
            alias: message.required('alias'),
          },
          { caller },
        );
        return {};
      },
    },
  ];
}

function versionRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
  names: ModelNames;
}): MlflowRoute[] {
  const { registration, reads, names } = services;
  return [
    {
      method: 'post',
      path: 'model-versions/create',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await registration.createVersion(
            {
              name: await names.of(message),
              source: message.required('source'),
              runId: message.string('run_id') || undefined,
              runLink: message.string('run_link') || undefined,
              modelId: message.string('model_id') || undefined,
              description: message.string('description'),
              tags: readTags(message),
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'get',
      path: 'model-versions/get',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await reads.getVersion(await names.versionOf(message), { caller }),
        ),
      }),
    },
    {
      method: 'get',
      path: 'model-versions/get-download-uri',
      handle: async (message, caller) => {
        const version = await reads.getVersion(await names.versionOf(message), {
          caller,
        });
        return { artifact_uri: version.storageLocation };
      },
    },
    {
      method: 'get',
      path: 'model-versions/search',
      handle: async (message, caller) => {
        const page = await reads.searchVersions(
          {
            ...readSearch(message),
            mlflowNames: true,
            limit: readLimit(message, { default: 10_000, max: 200_000 }),
          },
          { caller },
        );
        return {
          model_versions: page.versions.length
            ? page.versions.map(renderVersion)
            : undefined,
          next_page_token: page.nextPageToken,
        };
      },
    },
    {
      method: 'patch',
      path: 'model-versions/update',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await registration.updateVersion(
            {
              ...(await names.versionOf(message)),
              description: message.string('description') ?? '',
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'post',
      path: 'model-versions/transition-stage',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await registration.transitionStage(
            {
              ...(await names.versionOf(message)),
              to: fromMlflowStage(message.required('stage')),
              archiveExisting:
                message.boolean('archive_existing_versions') ?? false,
            },
            { caller },
          ),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'model-versions/delete',
      handle: async (message, caller) => {
        await registration.deleteVersion(await names.versionOf(message), {
          caller,
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'model-versions/set-tag',
      handle: async (message, caller) => {
        await registration.setVersionTag(
          {
            ...(await names.versionOf(message)),
            key: message.required('key'),
            value: readValue(message),
          },
          { caller },
        );
        return {};
      },
    },
    {
      method: 'delete',
      path: 'model-versions/delete-tag',
      handle: async (message, caller) => {
        await registration.deleteVersionTag(
          {
            ...(await names.versionOf(message)),
            key: message.required('key'),
          },
          { caller },
        );
        return {};
      },
    },
  ];
}

function readSearch(message: Message) {
  return {
    filter: message.string('filter'),
    orderBy: message.strings('order_by'),
    pageToken: message.string('page_token') || undefined,
  };
}
