import { randomUUID } from 'node:crypto';
import {
  coreServices,
  createBackendPlugin,
} from '@backstage/backend-plugin-api';
import { actionsRegistryServiceRef } from '@backstage/backend-plugin-api/alpha';
import { stringifyError } from '@backstage/errors';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { notificationService } from '@backstage/plugin-notifications-node';
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
import { dataAccessOf, mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import {
  mlMonitoringPermissions,
  monitorChangedChannel,
  mlMonitoringTokenScopes,
} from '@downstage/plugin-ml-monitoring-common';
import {
  mlMonitoringDetectorsExtensionPoint,
  mlMonitorResource,
  monitorChangedTopic,
} from '@downstage/plugin-ml-monitoring-node';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import {
  downloadPredictionLogFile,
  endpointChangedTopic,
  mlServingServiceRef,
} from '@downstage/plugin-ml-serving-node';
import { registerActions } from './actions/registerActions';
import { readMlMonitoringConfig } from './config';
import { Detectors } from './detectors/Detectors';
import { driftDetector } from './detectors/driftDetector';
import { performanceDetector } from './detectors/performanceDetector';
import { LabelStore } from './labels/LabelStore';
import { startBaselineReconciler } from './reconcilers/baselines';
import { startMonitorReconciler } from './reconcilers/monitors';
import { startSweeps } from './reconcilers/sweeps';
import { createRouter } from './router';
import { BaselineBuilder } from './services/BaselineBuilder';
import { ContentReads } from './services/ContentReads';
import { EpisodeAnnouncer } from './services/EpisodeAnnouncer';
import { createFetchEvaluation } from './services/fetchEvaluation';
import { ModelOwners } from './services/ModelOwners';
import { MonitorService } from './services/MonitorService';
import { PredictionLogReader } from './services/PredictionLogReader';
import { WindowEvaluator } from './services/WindowEvaluator';
import { WindowReader } from './services/WindowReader';
import { BaselineStore } from './stores/BaselineStore';
import { EpisodeStore } from './stores/EpisodeStore';
import { MonitorStore } from './stores/MonitorStore';
import { WindowStore } from './stores/WindowStore';

/** A detector that takes longer makes its window unknown. */
const DETECTOR_TIMEOUT_MS = 30_000;

/** Watches served models: frozen baselines, windows of the prediction log, episodes, retraining. */
export const mlMonitoringPlugin = createBackendPlugin({
  pluginId: 'ml-monitoring',
  register(env) {
    const added = new Detectors();
    env.registerExtensionPoint(mlMonitoringDetectorsExtensionPoint, {
      addDetector: detector => added.add(detector),
    });
    env.registerInit({
      deps: {
        actions: actionsRegistryServiceRef,
        auditor: coreServices.auditor,
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        data: mlDataServiceRef,
        database: coreServices.database,
        discovery: coreServices.discovery,
        events: eventsServiceRef,
        httpAuth: coreServices.httpAuth,
        httpRouter: coreServices.httpRouter,
        jobs: mlJobsServiceRef,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        notifications: notificationService,
        permissions: coreServices.permissions,
        permissionsRegistry: coreServices.permissionsRegistry,
        plugin: coreServices.pluginMetadata,
        registeredOwners: registeredOwnersServiceRef,
        registry: mlRegistryServiceRef,
        serving: mlServingServiceRef,
        signals: signalsServiceRef,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init(deps) {
        const { auth, events, lifecycle, logger, registry, serving } = deps;
        const options = readMlMonitoringConfig(deps.config);
        const knex = await migrate(
          deps.database,
          '@downstage/plugin-ml-monitoring-backend',
        );
        const clock = () => new Date();
        const detectors = new Detectors([
          driftDetector(options.rules),
          performanceDetector(),
          ...added.all(),
        ]);
        const announce = async ({ ref }: { ref: string }) => {
          await publishTopic(events, monitorChangedTopic, { ref });
          await deps.signals.publish({
            recipients: { type: 'broadcast' },
            channel: monitorChangedChannel,
            message: { ref },
          });
        };
        const baselines = new BaselineStore(knex);
        const windows = new WindowStore(knex);
        const episodes = new EpisodeStore(knex);
        const labels = new LabelStore(knex);
        const monitors = new MonitorStore({ knex, windows, episodes });
        const shared = {
          knex,
          auth,
          baselines,
          detectors,
          labels,
          monitors,
          clock,
          logger,
        };
        const announcer = new EpisodeAnnouncer({
          episodes,
          notifications: deps.notifications,
        });
        const evaluator = new WindowEvaluator({
          ...shared,
          serving,
          reader: new WindowReader({
            labels,
            rowsToFreeze: options.rules.minRows,
            log: new PredictionLogReader({
              serving,
              auth,
              open: (file, { credentials }) =>
                downloadPredictionLogFile(file, { ...deps, credentials }),
            }),
          }),
          episodes,
          windows,
          keep: options.keep,
          timeoutMs: DETECTOR_TIMEOUT_MS,
          newId: randomUUID,
          announce,
        });
        const service = new MonitorService({
          ...shared,
          auditor: deps.auditor,
          authorizer: createAuthorizer({
            ...deps,
            resource: {
              permissionsRegistry: deps.permissionsRegistry,
              definition: mlMonitorResource,
              permissions: mlMonitoringPermissions,
              scopes: mlMonitoringTokenScopes,
            },
          }),
          hidden: new HiddenEntities({ ...deps, clock }),
          content: new ContentReads({ ...deps, data: dataAccessOf(deps.data) }),
          owners: new ModelOwners(deps),
          jobs: deps.jobs,
          data: deps.data,
          episodes,
          windows,
          evaluator,
          announcer,
          announceLater: error =>
            logger.warn(
              `Could not notify owners, will try again: ${stringifyError(
                error,
              )}`,
            ),
        });

        deps.httpRouter.use(
          createRouter({
            auditor: deps.auditor,
            httpAuth: deps.httpAuth,
            monitors: service,
          }),
        );
        registerActions({
          actions: refusingActions(deps.actions, deps),
          monitors: service,
        });

        // The other plugins answer only once the portal has started.
        lifecycle.addStartupHook(async () => {
          const monitorLoop = startMonitorReconciler({
            ...shared,
            ...options,
            evaluator,
            announcer,
            announce,
          });
          const baselineLoop = startBaselineReconciler({
            ...shared,
            builder: new BaselineBuilder({
              registry,
              data: deps.data,
              fetchEvaluation: createFetchEvaluation(deps),
            }),
            frozen: async ({ modelRef }) => {
              await monitors.markDue(modelRef, clock().toISOString());
              monitorLoop.nudge();
              await announce({ ref: modelRef });
            },
          });
          const sweeps = await startSweeps({
            ...shared,
            ...options,
            serving,
            announce,
            found: () => {
              baselineLoop.nudge();
              monitorLoop.nudge();
            },
          });
          sweeps.nudge();
          lifecycle.addShutdownHook(async () => {
            await Promise.all(
              [sweeps, baselineLoop, monitorLoop].map(loop => loop.stop()),
            );
          });
          await subscribeTopic(events, endpointChangedTopic, {
            id: `ml-monitoring-${endpointChangedTopic.name}`,
            handler: ({ ref }) => {
              const [namespace, name] = ref.split('/');
              return sweeps.look({ namespace, name });
            },
          });
        });
      },
    });
  },
});
