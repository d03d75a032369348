import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { ConflictError } from '@backstage/errors';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  createAuthorizer,
  migrate,
  refusingActions,
  subscribeTopic,
  tokenScopesServiceRef,
} from '@downstage/node';
import { modelEntityChangedTopic } from '@downstage/plugin-ml-catalog-common';
import {
  mlRegistryPermissions,
  mlRegistryTokenScopes,
} from '@downstage/plugin-ml-registry-common';
import {
  mlRegistryArtifactHoldersExtensionPoint,
  mlRegistryArtifactStoreExtensionPoint,
  mlRegistryDataAccessExtensionPoint,
  mlRegistryGatesExtensionPoint,
  mlRegistryJobsExtensionPoint,
  mlRegistryTokensExtensionPoint,
  type ArtifactHolder,
  type ArtifactStore,
  type DataAccess,
  type Gate,
  type TrainingJobs,
  type TokenVerifier,
  mlModelResource,
} from '@downstage/plugin-ml-registry-node';
import express from 'express';
import { registerActions } from './registerActions';
import { readMlRegistryConfig } from './config';
import { createServices } from './createServices';
import { nameOfModelRef } from './kernel/refs';
import { createMlflowRouter } from './mlflow/createMlflowRouter';
import { FolderArtifactStore } from './artifacts/FolderArtifactStore';
import { fingerprintOf } from './kernel/fingerprintOf';
import { readSigningKey } from './artifacts/readSigningKey';
import { holdSharedKeys } from './kernel/database/holdSharedKeys';
import { startLoops, type Loops } from './startLoops';
import { createRouter } from './router';
import { Announcer } from './versions/Announcer';
import { OutboundClient } from './kernel/OutboundClient';
import { SecretBox } from './kernel/SecretBox';
import { tuneSqlite } from './kernel/database/sqliteFile';

/** Tracking, models, versions, promotion. */
export const mlRegistryPlugin = createBackendPlugin({
  pluginId: 'ml-registry',
  register(env) {
    const gates: Gate[] = [];
    const verifiers: TokenVerifier[] = [];
    env.registerExtensionPoint(mlRegistryGatesExtensionPoint, {
      addGate: gate => gates.push(gate),
    });
    let jobs: TrainingJobs | undefined;
    env.registerExtensionPoint(mlRegistryJobsExtensionPoint, {
      setJobs(given) {
        if (jobs) {
          throw new ConflictError(
            'Two modules set the jobs of ml-registry; install one of them',
          );
        }
        jobs = given;
      },
    });
    let dataAccess: DataAccess | undefined;
    env.registerExtensionPoint(mlRegistryDataAccessExtensionPoint, {
      setDataAccess(given) {
        if (dataAccess) {
          throw new ConflictError(
            'Two modules set who decides about data for ml-registry; install one of them',
          );
        }
        dataAccess = given;
      },
    });
    let artifactStore: ArtifactStore | undefined;
    const holders: ArtifactHolder[] = [];
    env.registerExtensionPoint(mlRegistryArtifactStoreExtensionPoint, {
      setStore(store) {
        if (artifactStore) {
          throw new ConflictError(
            'Two modules set the artifact store of ml-registry; install one of them',
          );
        }
        artifactStore = store;
      },
    });
    env.registerExtensionPoint(mlRegistryArtifactHoldersExtensionPoint, {
      addArtifactHolder: holder => holders.push(holder),
    });
    env.registerExtensionPoint(mlRegistryTokensExtensionPoint, {
      addVerifier: verifier => verifiers.push(verifier),
    });
    env.registerInit({
      deps: {
        actions: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        signals: signalsServiceRef,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { config, httpAuth, httpRouter, lifecycle, logger } = deps;
        const options = readMlRegistryConfig(config);
        const clock = () => new Date();
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlModelResource,
            permissions: mlRegistryPermissions,
            scopes: mlRegistryTokenScopes,
          },
        });
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-registry-backend',
        );
        await tuneSqlite(knex);
        const secrets = options.webhooks.secretKey
          ? SecretBox.fromKey(options.webhooks.secretKey)
          : await SecretBox.fromFile(options.webhooks.secretKeyFile);
        const signingKey = await readSigningKey({
          configured: options.signingKey,
          folder: options.artifactsDir,
        });
        await holdSharedKeys(
          [
            {
              name: 'secrets of webhooks',
              fingerprint: secrets.fingerprint,
              setting: 'mlRegistry.webhooks.secretKey',
            },
            {
              name: 'signed addresses of artifacts',
              fingerprint: fingerprintOf(signingKey),
              setting: 'mlRegistry.artifacts.signingKey',
            },
          ],
          { knex, clock, lifecycle, logger },
        );
        // The loops need the services, and they tell the loops: until these run there is nobody to tell.
        const running: { loops?: Loops } = {};
        const services = createServices({
          ...deps,
          knex,
          authorizer,
          gates,
          clock,
          portalUrl: options.portalUrl,
          announcer: new Announcer(deps),
          artifactStore:
            artifactStore ??
            (await FolderArtifactStore.open(options.artifactsDir)),
          ownUrls: {
            baseUrl: () => deps.discovery.getExternalBaseUrl('ml-registry'),
            key: signingKey,
          },
          outgoing: {
            client: new OutboundClient({
              allowedHosts: options.webhooks.allow,
              setting: 'mlRegistry.webhooks.allow',
            }),
            secrets,
            onDue: () => running.loops?.webhooks.nudge(),
            importClient: new OutboundClient({
              allowedHosts: options.importAllow,
              setting: 'mlRegistry.import.allow',
            }),
            onImportDue: () => running.loops?.imports.nudge(),
          },
          onUploadDue: () => running.loops?.uploads.nudge(),
          holders,
          retentionMs: options.retentionMs,
          onGarbageDue: () => running.loops?.garbage.nudge(),
          governance: options.governance,
          trust: options.signing,
          externalSources: options.externalSources,
          jobs: () => jobs,
          dataAccess: () => dataAccess,
          onVersionCreated: () => running.loops?.versions.nudge(),
        });

        running.loops = startLoops(services, {
          knex,
          logger,
          clock,
          lifecycle,
        });

        await subscribeTopic(deps.events, modelEntityChangedTopic, {
          id: 'ml-registry-model-entities',
          handler: ({ modelRefs }) =>
            services.entities.changed(modelRefs.map(nameOfModelRef)),
        });
        // The MLflow API authenticates by itself: its clients bring tokens that are not Backstage's.
        httpRouter.addAuthPolicy({ path: '/mlflow', allow: 'unauthenticated' });
        const router = express.Router();
        router.use(
          '/mlflow',
          createMlflowRouter({
            services: {
              ...services.tracking,
              webhooks: services.webhooks,
              promotions: services.promotions,
            },
            httpAuth,
            auth: deps.auth,
            verifiers,
            logger,
            auditor: deps.auditor,
            portalUrl: options.portalUrl,
          }),
        );
        router.use(
          createRouter({ httpAuth, auditor: deps.auditor, ...services }),
        );
        httpRouter.use(router);
        registerActions({
          actions: refusingActions(deps.actions, deps),
          ...services,
        });
      },
    });
  },
});
