import type { RegistrationService } from '../services/RegistrationService';
import type { RegistryReadService } from '../services/RegistryReadService';
import { checkVersion } from '../services/validation';
import type { Message } from './Message';
import { renderModel, renderVersion } from './render';
import { readLimit, readTags, readValue, type MlflowRoute } from './routes';
import { fromMlflowStage } from './stages';

/** `registered-models/…` and `model-versions/…` */
export function registryRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
}): MlflowRoute[] {
  return [...modelRoutes(services), ...versionRoutes(services)];
}

function modelRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
}): MlflowRoute[] {
  const { registration, reads } = services;
  const latest: MlflowRoute['handle'] = async (message, caller) => {
    const versions = await reads.latestVersions(caller, {
      name: message.required('name'),
      stages: message.strings('stages').map(fromMlflowStage),
    });
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
          await registration.createModel(caller, {
            name: message.required('name'),
            description: message.string('description'),
            tags: readTags(message),
          }),
        ),
      }),
    },
    {
      method: 'post',
      path: 'registered-models/rename',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await registration.renameModel(
            caller,
            message.required('name'),
            message.required('new_name'),
          ),
        ),
      }),
    },
    {
      method: 'patch',
      path: 'registered-models/update',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await registration.updateModel(caller, message.required('name'), {
            // Left out it is taken away, as by MLflow.
            description: message.string('description') ?? '',
          }),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'registered-models/delete',
      handle: async (message, caller) => {
        await registration.deleteModel(caller, message.required('name'));
        return {};
      },
    },
    {
      method: 'get',
      path: 'registered-models/get',
      handle: async (message, caller) => ({
        registered_model: renderModel(
          await reads.getModel(caller, message.required('name')),
        ),
      }),
    },
    {
      method: 'get',
      path: 'registered-models/search',
      handle: async (message, caller) => {
        const page = await reads.searchModels(caller, {
          ...readSearch(message),
          limit: readLimit(message, { default: 100, max: 1000 }),
        });
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
        await registration.setModelTag(caller, {
          name: message.required('name'),
          key: message.required('key'),
          value: readValue(message),
        });
        return {};
      },
    },
    {
      method: 'delete',
      path: 'registered-models/delete-tag',
      handle: async (message, caller) => {
        await registration.deleteModelTag(caller, {
          name: message.required('name'),
          key: message.required('key'),
        });
        return {};
      },
    },
    {
      method: 'post',
      path: 'registered-models/alias',
      handle: async (message, caller) => {
        await registration.setAlias(caller, {
          ...readVersionKey(message),
          alias: message.required('alias'),
        });
        return {};
      },
    },
    {
      method: 'get',
      path: 'registered-models/alias',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await reads.getVersionByAlias(
            caller,
            message.required('name'),
            message.required('alias'),
          ),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'registered-models/alias',
      handle: async (message, caller) => {
        await registration.deleteAlias(caller, {
          name: message.required('name'),
          alias: message.required('alias'),
        });
        return {};
      },
    },
  ];
}

function versionRoutes(services: {
  registration: RegistrationService;
  reads: RegistryReadService;
}): MlflowRoute[] {
  const { registration, reads } = services;
  return [
    {
      method: 'post',
      path: 'model-versions/create',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await registration.createVersion(caller, {
            name: message.required('name'),
            source: message.required('source'),
            runId: message.string('run_id') || undefined,
            runLink: message.string('run_link') || undefined,
            modelId: message.string('model_id') || undefined,
            description: message.string('description'),
            tags: readTags(message),
          }),
        ),
      }),
    },
    {
      method: 'get',
      path: 'model-versions/get',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await reads.getVersion(caller, readVersionKey(message)),
        ),
      }),
    },
    {
      method: 'get',
      path: 'model-versions/get-download-uri',
      handle: async (message, caller) => {
        const version = await reads.getVersion(caller, readVersionKey(message));
        return { artifact_uri: version.storageLocation };
      },
    },
    {
      method: 'get',
      path: 'model-versions/search',
      handle: async (message, caller) => {
        const page = await reads.searchVersions(caller, {
          ...readSearch(message),
          limit: readLimit(message, { default: 10_000, max: 200_000 }),
        });
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
          await registration.updateVersion(caller, readVersionKey(message), {
            description: message.string('description') ?? '',
          }),
        ),
      }),
    },
    {
      method: 'post',
      path: 'model-versions/transition-stage',
      handle: async (message, caller) => ({
        model_version: renderVersion(
          await registration.transitionStage(caller, {
            ...readVersionKey(message),
            to: fromMlflowStage(message.required('stage')),
            archiveExisting:
              message.boolean('archive_existing_versions') ?? false,
          }),
        ),
      }),
    },
    {
      method: 'delete',
      path: 'model-versions/delete',
      handle: async (message, caller) => {
        await registration.deleteVersion(caller, readVersionKey(message));
        return {};
      },
    },
    {
      method: 'post',
      path: 'model-versions/set-tag',
      handle: async (message, caller) => {
        await registration.setVersionTag(caller, {
          ...readVersionKey(message),
          key: message.required('key'),
          value: readValue(message),
        });
        return {};
      },
    },
    {
      method: 'delete',
      path: 'model-versions/delete-tag',
      handle: async (message, caller) => {
        await registration.deleteVersionTag(caller, {
          ...readVersionKey(message),
          key: message.required('key'),
        });
        return {};
      },
    },
  ];
}

function readVersionKey(message: Message): { name: string; version: number } {
  return {
    name: message.required('name'),
    version: checkVersion(message.required('version')),
  };
}

function readSearch(message: Message) {
  return {
    filter: message.string('filter'),
    orderBy: message.strings('order_by'),
    pageToken: message.string('page_token') || undefined,
  };
}
