import { randomUUID } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { signalsServiceRef } from '@backstage/plugin-signals-node';
import {
  createAuthorizer,
  HiddenEntities,
  migrate,
  publishTopic,
  refusingActions,
  tokenScopesServiceRef,
} from '@downstage/node';
import {
  datasetVersionCreatedTopic,
  mlDataPermissions,
  mlDataTokenScopes,
} from '@downstage/plugin-ml-data-common';
import {
  datasetVersionCreated,
  mlDatasetResource,
} from '@downstage/plugin-ml-data-node';
import { registerActions } from './registerActions';
import { readMlDataConfig } from './config';
import { createContentRouter } from './contentRouter';
import { previewInProcess, readInProcess } from './reader/readInProcess';
import { createRouter } from './router';
import { DatasetCatalog } from './datasets/DatasetCatalog';
import { DataAccessService } from './access/DataAccessService';
import { DatasetOwners } from './datasets/DatasetOwners';
import { DatasetReads } from './datasets/DatasetReads';
import { DatasetService } from './versions/DatasetService';
import { DatasetVersionService } from './versions/DatasetVersionService';
import { PreviewService } from './previews/PreviewService';
import { RegistrationRunner } from './registrations/RegistrationRunner';
import { RegistrationService } from './registrations/RegistrationService';
import { SourceLocator } from './registrations/SourceLocator';
import { SnapshotStore } from './storage/SnapshotStore';
import { DatasetOwnerStore } from './datasets/DatasetOwnerStore';
import { DatasetVersionStore } from './versions/DatasetVersionStore';
import { GrantStore } from './access/GrantStore';
import { RegistrationStore } from './registrations/RegistrationStore';

const minute = 60 * 1000;
const day = 24 * 60 * minute;

/** Datasets: versions with their manifest, schema and profile. */
export const mlDataPlugin = createBackendPlugin({
  pluginId: 'ml-data',
  register(env) {
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
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        signals: signalsServiceRef,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { config, events, signals } = deps;
        const options = readMlDataConfig(config);
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-data-backend',
        );
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlDatasetResource,
            permissions: mlDataPermissions,
            scopes: mlDataTokenScopes,
          },
        });
        const clock = () => new Date();
        const ownerStore = new DatasetOwnerStore(knex);
        const catalog = new DatasetCatalog({
          catalog: deps.catalog,
          owners: ownerStore,
        });
        const reads = new DatasetReads({
          authorizer,
          catalog,
          hidden: new HiddenEntities({ ...deps, clock }),
        });
        const owners = new DatasetOwners({
          auditor: deps.auditor,
          authorizer,
          catalog,
          clock,
          reads,
          store: ownerStore,
        });
        const store = new DatasetVersionStore(knex);
        const snapshots = new SnapshotStore({
          root: options.snapshotDir,
          newId: randomUUID,
        });
        await snapshots.sweep({ olderThan: new Date(clock().getTime() - day) });
        const access = new DataAccessService({
          auditor: deps.auditor,
          authorizer,
          reads,
          grants: new GrantStore(knex),
          clock,
          newId: randomUUID,
        });
        const datasets = new DatasetService({ reads, store });
        const registered = new RegistrationStore(knex);
        const runner = new RegistrationRunner({
          auditor: deps.auditor,
          logger: deps.logger,
          registrations: registered,
          versions: store,
          snapshots,
          reader: readInProcess,
          roots: options.roots,
          limits: options.reading,
          clock,
          announce: async ({ ref }) => {
            await publishTopic(events, datasetVersionCreated, { ref });
            await signals.publish({
              recipients: { type: 'broadcast' },
              channel: datasetVersionCreatedTopic,
              message: { ref },
            });
          },
        });
        const locator = new SourceLocator({
          authorizer,
          reads,
          roots: options.roots,
        });
        const previews = new PreviewService({
          access,
          auditor: deps.auditor,
          authorizer,
          locator,
          snapshots,
          reader: previewInProcess,
          memoryLimit: options.reading.memoryLimit,
        });
        const registrations = new RegistrationService({
          access,
          auditor: deps.auditor,
          authorizer,
          locator,
          reads,
          owners,
          store: registered,
          runner,
          clock,
          newId: randomUUID,
          patienceMs: minute,
        });
        const versions = new DatasetVersionService({
          access,
          reads,
          store,
          snapshots,
          registrations,
          roots: options.roots,
        });
        // Work that a crash or another replica left becomes due by time.
        const timer = setInterval(() => runner.nudge(), 2_000);
        timer.unref();
        deps.lifecycle.addStartupHook(() => runner.nudge());
        deps.lifecycle.addShutdownHook(async () => {
          clearInterval(timer);
          await runner.stop();
        });
        deps.httpRouter.use(
          createContentRouter({ httpAuth: deps.httpAuth, versions }),
        );
        deps.httpRouter.use(
          createRouter({
            auditor: deps.auditor,
            httpAuth: deps.httpAuth,
            datasets,
            owners,
            versions,
            previews,
            registrations,
            access,
          }),
        );
        registerActions({
          actions: refusingActions(deps.actions, deps),
          access,
          datasets,
          versions,
        });
      },
    });
  },
});
