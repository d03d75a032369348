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
  registeredOwnersServiceRef,
  startReconciler,
  subscribeTopic,
} from '@downstage/node';
import {
  mlRegistryServiceRef,
  stageChangedTopic,
} from '@downstage/plugin-ml-registry-node';
import {
  endpointChangedTopicName,
  mlServingPermissions,
} from '@downstage/plugin-ml-serving-common';
import {
  endpointChangedTopic,
  mlEndpointResource,
} from '@downstage/plugin-ml-serving-node';
import { registerActions } from './actions/registerActions';
import { readMlServingConfig } from './config';
import { LocalGateway } from './providers/LocalGateway';
import { reconcileEndpoint } from './reconcilers/reconcileEndpoint';
import { createRouter } from './router';
import { AccessDecisions } from './services/AccessDecisions';
import { EndpointService } from './services/EndpointService';
import { GatewaySync } from './services/GatewaySync';
import { ModelFetcher, openFromRegistry } from './services/ModelFetcher';
import { PredictionLogService } from './services/PredictionLogService';
import { VersionJudge } from './services/VersionJudge';
import { EndpointStore } from './stores/EndpointStore';

/** Endpoints that follow the production version of a model, and the gateway that answers for them. */
export const mlServingPlugin = createBackendPlugin({
  pluginId: 'ml-serving',
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
        registeredOwners: registeredOwnersServiceRef,
        registry: mlRegistryServiceRef,
        signals: signalsServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { auth, config, events, logger, registry, signals } = deps;
        const options = readMlServingConfig(config);
        const clock = () => new Date();
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-serving-backend',
        );
        const store = new EndpointStore(knex);
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlEndpointResource,
            permissions: mlServingPermissions,
          },
        });
        const gateway = new LocalGateway({ options, logger, clock });
        const { access, public: granted } = options.gateway;
        const sync = new GatewaySync({
          store,
          gateway,
          discovery: deps.discovery,
          access,
          granted,
        });
        const decisions = new AccessDecisions({
          authorizer,
          catalog: deps.catalog,
          store,
        });
        const announce = async (endpoint: {
          ref: string;
          modelRef: string;
        }) => {
          await publishTopic(events, endpointChangedTopic, endpoint);
          await signals.publish({
            recipients: { type: 'broadcast' },
            channel: endpointChangedTopicName,
            message: endpoint,
          });
        };
        const fetcher = new ModelFetcher({
          registry,
          open: openFromRegistry({ discovery: deps.discovery, auth }),
          modelDir: options.modelDir,
        });
        const reconciler = startReconciler({
          name: 'ml-serving endpoints',
          table: 'endpoints',
          knex,
          logger,
          clock,
          intervalMs: 1_000,
          // Fetching a large model must not outlive its lease.
          leaseMs: 10 * 60_000,
          reconcile: lease =>
            reconcileEndpoint(lease, {
              auth,
              store,
              registry,
              fetcher,
              gateway,
              sync,
              clock,
              pollMs: options.pollMs,
              announce,
              lookAgainIn: ms => {
                setTimeout(() => reconciler.nudge(), ms).unref();
              },
            }),
        });
        const dueNow = (modelRef?: string) =>
          store
            .markDue(clock().toISOString(), modelRef)
            .then(() => reconciler.nudge())
            .catch(error => logger.warn(`Could not nudge endpoints: ${error}`));

        const endpoints = new EndpointService({
          authorizer,
          auditor: deps.auditor,
          catalog: deps.catalog,
          registeredOwners: deps.registeredOwners,
          store,
          gateway,
          sync,
          decisions,
          granted,
          clock,
          nudge: () => reconciler.nudge(),
          announce,
        });
        const predictionLogs = new PredictionLogService({
          authorizer,
          store,
          gateway,
          logDir: options.logDir,
          registeredOwners: deps.registeredOwners,
        });
        deps.httpRouter.use(
          createRouter({
            httpAuth: deps.httpAuth,
            decisions,
            endpoints,
            versions: new VersionJudge({ authorizer, auth, fetcher, store }),
            predictionLogs,
          }),
        );
        registerActions({
          actions: refusingActions(deps.actions, deps),
          endpoints,
        });
        await subscribeTopic(events, stageChangedTopic, {
          id: 'ml-serving',
          handler: ({ modelRef }) => dueNow(modelRef),
        });
        deps.lifecycle.addStartupHook(() =>
          gateway.start({
            onAlive: () => {
              // It may not have heard of what was deleted while it was away.
              sync.push().catch(() => {});
              dueNow();
            },
          }),
        );
        deps.lifecycle.addShutdownHook(async () => {
          await reconciler.stop();
          await gateway.stop();
        });
      },
    });
  },
});
