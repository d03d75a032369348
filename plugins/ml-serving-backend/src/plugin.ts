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
  registeredOwnersServiceRef,
  subscribeTopic,
  tokenScopesServiceRef,
} from '@downstage/node';
import {
  mlRegistryServiceRef,
  stageChangedTopic,
} from '@downstage/plugin-ml-registry-node';
import {
  endpointChangedTopicName,
  mlServingPermissions,
  mlServingTokenScopes,
} from '@downstage/plugin-ml-serving-common';
import {
  endpointChangedTopic,
  mlEndpointResource,
  mlServingEnginesExtensionPoint,
  type ServingEngine,
} from '@downstage/plugin-ml-serving-node';
import { registerActions } from './actions/registerActions';
import { publicUrlOf, readMlServingConfig } from './config';
import { PredictionLogService } from './predictionLog/PredictionLogService';
import { LocalGateway } from './providers/LocalGateway';
import { SilentEngine } from './providers/SilentEngine';
import { startLanes } from './reconcilers/startLanes';
import { createRouter } from './router';
import { AccessDecisions } from './services/AccessDecisions';
import { EndpointReads } from './services/EndpointReads';
import { EndpointService } from './services/EndpointService';
import { Engines } from './services/Engines';
import { EngineSync } from './services/EngineSync';
import { InputExamples } from './services/InputExamples';
import { ModelFetcher, openFromRegistry } from './services/ModelFetcher';
import { RolloutService } from './services/RolloutService';
import { VersionJudge } from './services/VersionJudge';
import { EndpointStore } from './stores/EndpointStore';
import { RolloutStore } from './stores/RolloutStore';

/** Endpoints that follow the production version of a model, and the gateway that answers for them. */
export const mlServingPlugin = createBackendPlugin({
  pluginId: 'ml-serving',
  register(env) {
    const added: ServingEngine[] = [];
    env.registerExtensionPoint(mlServingEnginesExtensionPoint, {
      addEngine(engine) {
        if ([...added, { id: 'gateway' }].some(({ id }) => id === engine.id)) {
          throw new Error(`Two serving engines have the id '${engine.id}'`);
        }
        added.push(engine);
      },
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
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        registeredOwners: registeredOwnersServiceRef,
        registry: mlRegistryServiceRef,
        signals: signalsServiceRef,
        tokenScopes: tokenScopesServiceRef,
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
        const rolloutStore = new RolloutStore(knex);
        const authorizer = createAuthorizer({
          ...deps,
          resource: {
            permissionsRegistry: deps.permissionsRegistry,
            definition: mlEndpointResource,
            permissions: mlServingPermissions,
            scopes: mlServingTokenScopes,
          },
        });
        const { access, public: granted } = options.gateway;
        const gateway = options.gateway.enabled
          ? new LocalGateway({ options, logger, clock })
          : new SilentEngine({
              id: 'gateway',
              publicUrl: publicUrlOf(options),
              why: 'This portal runs no gateway: mlServing.gateway.enabled is false in its configuration',
            });
        const engines = new Engines({
          engines: [gateway, ...added],
          defaultId: options.engine,
          offered: options.engines,
          syncOf: engine =>
            new EngineSync({
              store,
              engine,
              discovery: deps.discovery,
              access,
              granted,
            }),
        });
        const hidden = new HiddenEntities({ ...deps, clock });
        const reads = new EndpointReads({ authorizer, store, hidden });
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
        const open = openFromRegistry({ discovery: deps.discovery, auth });
        const fetcher = new ModelFetcher({
          registry,
          open,
          modelDir: options.modelDir,
        });
        const rollouts = new RolloutService({
          reads,
          rollouts: rolloutStore,
          engines,
        });
        const reconciler = startLanes({
          auth,
          store,
          rollouts: rolloutStore,
          rolloutService: rollouts,
          registry,
          fetcher,
          engines,
          clock,
          pollMs: options.pollMs,
          announce,
          knex,
          logger,
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
          engines,
          decisions,
          reads,
          granted,
          clock,
          nudge: () => reconciler.nudge(),
          announce,
        });
        const predictionLogs = new PredictionLogService({
          authorizer,
          store,
          engines,
          reads,
          logDir: options.logDir,
          registeredOwners: deps.registeredOwners,
        });
        deps.httpRouter.use(
          createRouter({
            auditor: deps.auditor,
            httpAuth: deps.httpAuth,
            decisions,
            endpoints,
            examples: new InputExamples({ reads, store, fetcher, open }),
            versions: new VersionJudge({
              ...{ authorizer, auth, fetcher, hidden, store },
              registeredOwners: deps.registeredOwners,
            }),
            predictionLogs,
            rollouts,
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
        deps.lifecycle.addStartupHook(() => {
          for (const { engine, sync } of engines.all()) {
            engine.start({
              onAlive: () => {
                // It may not have heard of what was deleted while it was away.
                sync.push().catch(() => {});
                dueNow();
              },
            });
          }
        });
        deps.lifecycle.addShutdownHook(async () => {
          await reconciler.stop();
          await Promise.all(engines.all().map(({ engine }) => engine.stop()));
        });
      },
    });
  },
});
