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
import { readInProcess } from './reader/readInProcess';
import { createRouter } from './router';
import { DatasetCatalog } from './services/DatasetCatalog';
import { DataAccessService } from './services/DataAccessService';
import { DatasetOwners } from './services/DatasetOwners';
import { DatasetService } from './services/DatasetService';
import { DatasetVersionService } from './services/DatasetVersionService';
import { RegistrationRunner } from './services/RegistrationRunner';
import { RegistrationService } from './services/RegistrationService';
import { SnapshotStore } from './storage/SnapshotStore';
import { DatasetOwnerStore } from './stores/DatasetOwnerStore';
import { DatasetVersionStore } from './stores/DatasetVersionStore';
import { GrantStore } from './stores/GrantStore';
import { RegistrationStore } from './stores/RegistrationStore';

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
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
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
        const ownerStore = new DatasetOwnerStore(knex);
        const catalog = new DatasetCatalog({
          catalog: deps.catalog,
          owners: ownerStore,
        });
        const owners = new DatasetOwners({
          auditor: deps.auditor,
          authorizer,
          catalog,
          clock: () => new Date(),
          store: ownerStore,
        });
        const store = new DatasetVersionStore(knex);
        const snapshots = new SnapshotStore({
          root: options.snapshotDir,
          newId: randomUUID,
        });
        await snapshots.sweep({ olderThan: new Date(Date.now() - day) });
        const access = new DataAccessService({
          auditor: deps.auditor,
          authorizer,
          catalog,
          grants: new GrantStore(knex),
          clock: () => new Date(),
          newId: randomUUID,
        });
        const datasets = new DatasetService({ authorizer, catalog, store });
        const registered = new RegistrationStore(knex);
        const clock = () => new Date();
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
        const registrations = new RegistrationService({
          access,
          auditor: deps.auditor,
          authorizer,
          catalog,
          owners,
          store: registered,
          runner,
          roots: options.roots,
          clock,
          newId: randomUUID,
          patienceMs: minute,
        });
        const versions = new DatasetVersionService({
          access,
          authorizer,
          catalog,
          store,
          snapshots,
          registrations,
          roots: options.roots,
        });
        // What a crash or another replica left becomes due by time.
        const timer = setInterval(() => runner.nudge(), 2_000);
        timer.unref();
        deps.lifecycle.addStartupHook(() => runner.nudge());
        deps.lifecycle.addShutdownHook(async () => {
          clearInterval(timer);
          await runner.stop();
        });
        deps.permissionsRegistry.addPermissions(mlDataPermissions);
        deps.httpRouter.use(
          createRouter({
            httpAuth: deps.httpAuth,
            datasets,
            owners,
            versions,
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
