import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  coreServices,
  createBackendPlugin,
  resolvePackagePath,
} from '@backstage/backend-plugin-api';
import { createAuthorizer } from '@downstage/node';
import type { TokenVerifier } from '@downstage/plugin-ml-registry-node';
import express from 'express';
import { createMlflowRouter } from '../mlflow/createMlflowRouter';
import { FolderArtifactStore } from '../providers/FolderArtifactStore';
import { createTrackingServices } from '../services/createTrackingServices';
import type { StagePolicy } from '../services/StagePolicy';
import { ModelStore, type ModelVersionRow } from '../stores/ModelStore';

/**
 * The MLflow surface alone, for tests: owners may set staging and archived,
 * what needs a promotion is refused with a made-up request.
 */
export function trackingTestPlugin(
  options: {
    verifiers?: TokenVerifier[];
    entityOwners?: Record<string, string>;
    onVersionCreated?: (version: ModelVersionRow) => void;
  } = {},
) {
  return createBackendPlugin({
    pluginId: 'ml-registry',
    register(env) {
      env.registerInit({
        deps: {
          database: coreServices.database,
          discovery: coreServices.discovery,
          httpAuth: coreServices.httpAuth,
          httpRouter: coreServices.httpRouter,
          logger: coreServices.logger,
          permissions: coreServices.permissions,
          userInfo: coreServices.userInfo,
          config: coreServices.rootConfig,
        },
        async init({
          database,
          discovery,
          httpAuth,
          httpRouter,
          logger,
          permissions,
          userInfo,
          config,
        }) {
          const knex = await database.getClient();
          await knex.migrate.latest({
            directory: resolvePackagePath(
              '@downstage/plugin-ml-registry-backend',
              'migrations',
            ),
          });
          const authorizer = createAuthorizer({
            permissions,
            userInfo,
            config,
          });
          const folder = await mkdtemp(join(tmpdir(), 'tracking-test-'));
          const services = createTrackingServices({
            knex,
            authorizer,
            artifactStore: await FolderArtifactStore.open(folder),
            ownUrls: {
              baseUrl: () => discovery.getBaseUrl('ml-registry'),
              key: randomBytes(32),
            },
            stagePolicy: simplePolicy(new ModelStore(knex)),
            entityOwner: async name => options.entityOwners?.[name],
            onVersionCreated: async version =>
              options.onVersionCreated?.(version),
          });
          httpRouter.addAuthPolicy({
            path: '/mlflow',
            allow: 'unauthenticated',
          });
          const router = createMlflowRouter({
            services,
            httpAuth,
            authorizer,
            logger,
            verifiers: options.verifiers ?? [],
            portalUrl: 'http://portal.example',
          });
          httpRouter.use(express.Router().use('/mlflow', router));
        },
      });
    },
  });
}

function simplePolicy(models: ModelStore): StagePolicy {
  return {
    async transition(request) {
      if (request.to === 'production' || request.to === 'candidate') {
        return {
          outcome: 'refused',
          message: `Promotion p-1 of default/${request.modelName}@${request.version} to ${request.to} was requested and waits for approval`,
          promotionId: 'p-1',
        };
      }
      await models.transaction(tx =>
        models.setStage(tx, {
          name: request.modelName,
          version: request.version,
          from: request.from,
          to: request.to,
          now: Date.now(),
        }),
      );
      return { outcome: 'applied' };
    },
  };
}
