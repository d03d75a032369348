import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  coreServices,
  createBackendPlugin,
  resolvePackagePath,
  type LifecycleService,
} from '@backstage/backend-plugin-api';
import { TokenScopes } from '@downstage/common';
import { createAuthorizer } from '@downstage/node';
import { mlRegistryTokenScopes } from '@downstage/plugin-ml-registry-common';
import type {
  ArtifactStore,
  DataAccess,
  TokenVerifier,
} from '@downstage/plugin-ml-registry-node';
import express from 'express';
import type { ExternalSource } from '../tracking/externalSources';
import { createMlflowRouter } from '../mlflow/createMlflowRouter';
import { readsForTest } from './readsForTest';
import { FolderArtifactStore } from '../artifacts/FolderArtifactStore';
import { startWebhookReconciler } from '../webhooks/webhookReconciler';
import { createTrackingServices } from '../createTrackingServices';
import { createWebhooks } from '../webhooks/create';
import { OutboundClient } from '../kernel/OutboundClient';
import { SecretBox } from '../kernel/SecretBox';
import type { StagePolicy } from '../versions/StagePolicy';
import {
  ModelStore,
  type ModelVersionRow,
} from '../versions/stores/ModelStore';

/**
 * The MLflow surface alone, for tests: owners may set staging and archived,
 * what needs a promotion is refused with a made-up request.
 */
export function trackingTestPlugin(
  options: {
    verifiers?: TokenVerifier[];
    /** A folder of its own unless given. */
    artifactStore?: ArtifactStore;
    entityOwners?: Record<string, string>;
    externalSources?: ExternalSource[];
    dataAccess?: DataAccess;
    onVersionCreated?: (version: ModelVersionRow) => void;
  } = {},
) {
  return createBackendPlugin({
    pluginId: 'ml-registry',
    register(env) {
      env.registerInit({
        deps: {
          auditor: coreServices.auditor,
          auth: coreServices.auth,
          database: coreServices.database,
          discovery: coreServices.discovery,
          httpAuth: coreServices.httpAuth,
          httpRouter: coreServices.httpRouter,
          lifecycle: coreServices.lifecycle,
          logger: coreServices.logger,
          permissions: coreServices.permissions,
          userInfo: coreServices.userInfo,
          config: coreServices.rootConfig,
        },
        async init({
          auditor,
          auth,
          database,
          discovery,
          httpAuth,
          httpRouter,
          lifecycle,
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
            tokenScopes: new TokenScopes([mlRegistryTokenScopes]),
            permissions,
            userInfo,
            config,
          });
          const clock = () => new Date();
          const { ledger, webhooks, deliveries } = createWebhooks({
            clock,
            knex,
            authorizer,
            auditor,
            client: new OutboundClient({
              allowedHosts: ['127.0.0.1'],
              setting: 'mlRegistry.webhooks.allow',
            }),
            secrets: SecretBox.fromKey('of tests'),
            ownerOf: async name => options.entityOwners?.[name],
          });
          const loop = startWebhookReconciler({
            knex,
            logger,
            clock,
            deliveries,
            intervalMs: 200,
          });
          lifecycle.addShutdownHook(() => loop.stop());
          const services = createTrackingServices({
            clock,
            ledger,
            knex,
            authorizer,
            auditor,
            dataAccess: () => options.dataAccess,
            modelReads: readsForTest(authorizer),
            artifactStore:
              options.artifactStore ?? (await temporaryStore(lifecycle)),
            ownUrls: {
              baseUrl: () => discovery.getBaseUrl('ml-registry'),
              key: randomBytes(32),
            },
            stagePolicy: simplePolicy(new ModelStore(knex)),
            entityOwner: async name => options.entityOwners?.[name],
            readEntities: async () => {
              const owners = Object.entries(options.entityOwners ?? {});
              for (const [name, owner] of owners) {
                await knex('registered_models')
                  .where({ name })
                  .update({ entity_owner: owner });
              }
            },
            externalSources: options.externalSources,
            onVersionCreated: async version =>
              options.onVersionCreated?.(version),
          });
          httpRouter.addAuthPolicy({
            path: '/mlflow',
            allow: 'unauthenticated',
          });
          const router = createMlflowRouter({
            services: { ...services, webhooks },
            httpAuth,
            auth,
            auditor,
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

/** Its folder goes with the backend. */
async function temporaryStore(
  lifecycle: LifecycleService,
): Promise<ArtifactStore> {
  const folder = await mkdtemp(join(tmpdir(), 'tracking-test-'));
  lifecycle.addShutdownHook(() => rm(folder, { recursive: true, force: true }));
  return FolderArtifactStore.open(folder);
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
