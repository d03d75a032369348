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
  migrate,
  publishTopic,
  refusingActions,
} from '@downstage/node';
import {
  datasetVersionCreatedTopic,
  mlDataPermissions,
} from '@downstage/plugin-ml-data-common';
import { datasetVersionCreated } from '@downstage/plugin-ml-data-node';
import { registerActions } from './actions/registerActions';
import { readMlDataConfig } from './config';
import { profileFiles } from './profile/profileFiles';
import { createRouter } from './router';
import { DatasetCatalog } from './services/DatasetCatalog';
import { DatasetService } from './services/DatasetService';
import { DatasetVersionService } from './services/DatasetVersionService';
import { SnapshotStore } from './storage/SnapshotStore';
import { DatasetVersionStore } from './stores/DatasetVersionStore';

const day = 24 * 60 * 60 * 1000;

/** Datasets: versions with their manifest, schema and profile. */
export const mlDataPlugin = createBackendPlugin({
  pluginId: 'ml-data',
  register(env) {
    env.registerInit({
      deps: {
        actions: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        database: coreServices.database,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { config, events, signals } = deps;
        const options = readMlDataConfig(config);
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-data-backend',
        );
        const authorizer = createAuthorizer(deps);
        const catalog = new DatasetCatalog(deps.catalog);
        const store = new DatasetVersionStore(knex);
        const snapshots = new SnapshotStore({
          root: options.snapshotDir,
          newId: randomUUID,
        });
        await snapshots.sweep({ olderThan: new Date(Date.now() - day) });
        const datasets = new DatasetService({ authorizer, catalog, store });
        const versions = new DatasetVersionService({
          auditor: deps.auditor,
          authorizer,
          catalog,
          store,
          snapshots,
          roots: options.roots,
          clock: () => new Date(),
          profiler: request =>
            profileFiles({
              ...request,
              ...options.profile,
              scratch: `${request.folder}.scratch`,
            }),
          announce: async ({ ref }) => {
            await publishTopic(events, datasetVersionCreated, { ref });
            await signals.publish({
              recipients: { type: 'broadcast' },
              channel: datasetVersionCreatedTopic,
              message: { ref },
            });
          },
        });
        deps.permissionsRegistry.addPermissions(mlDataPermissions);
        deps.httpRouter.use(
          createRouter({ httpAuth: deps.httpAuth, datasets, versions }),
        );
        registerActions({
          actions: refusingActions(deps.actions),
          datasets,
          versions,
        });
      },
    });
  },
});
