import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { CatalogModelSources } from '@backstage/catalog-model/alpha';
import {
  catalogProcessingExtensionPoint,
  catalogServiceRef,
} from '@backstage/plugin-catalog-node';
import { catalogModelExtensionPoint } from '@backstage/plugin-catalog-node/alpha';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { publishTopic, readDataDir, subscribeTopic } from '@downstage/node';
import {
  mlCatalogLayers,
  modelEntityChangedTopic,
  projectPublishedTopic,
} from '@downstage/plugin-ml-catalog-common';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { join } from 'node:path';
import { WrongFileProcessor } from './check/WrongFileProcessor';
import { ProjectRulesProcessor } from './projects/ProjectRulesProcessor';
import { ProjectsProvider } from './projects/ProjectsProvider';
import { ChangedModels } from './registry/ChangedModels';
import {
  listAllModels,
  listChangedModels,
  listNameChanges,
  listNamedModels,
} from './registry/listAllModels';
import { ModelChangedProcessor } from './registry/ModelChangedProcessor';
import { RegisteredModelsProvider } from './registry/RegisteredModelsProvider';

/** The kinds Model, Dataset and Feature, the models of the registry, and the projects on this machine. */
export const catalogModuleMl = createBackendModule({
  pluginId: 'catalog',
  moduleId: 'ml',
  register(env) {
    env.registerInit({
      deps: {
        model: catalogModelExtensionPoint,
        processing: catalogProcessingExtensionPoint,
        auth: coreServices.auth,
        config: coreServices.rootConfig,
        lifecycle: coreServices.lifecycle,
        logger: coreServices.logger,
        scheduler: coreServices.scheduler,
        catalog: catalogServiceRef,
        events: eventsServiceRef,
        registry: mlRegistryServiceRef,
      },
      async init(deps) {
        const { model, processing, auth, config, logger, registry } = deps;
        const { catalog, events, lifecycle, scheduler } = deps;
        model.addModelSource(CatalogModelSources.static(mlCatalogLayers));
        const projectsFolder = join(readDataDir(config), 'projects');
        const changed = new ChangedModels({
          publish: modelRefs => {
            publishTopic(events, modelEntityChangedTopic, { modelRefs }).catch(
              error =>
                logger.debug(
                  `Could not tell of ${modelRefs.length} models: ${error}`,
                ),
            );
          },
        });
        processing.addProcessor(
          new ProjectRulesProcessor({ folder: projectsFolder }),
          new WrongFileProcessor(),
          new ModelChangedProcessor({
            tell: modelRef => changed.add(modelRef),
          }),
        );

        const own = () => auth.getOwnServiceCredentials();
        const models = new RegisteredModelsProvider({
          clock: () => new Date(),
          logger,
          registry: {
            listAll: async () =>
              listAllModels({ registry, credentials: await own() }),
            listChanged: async since =>
              listChangedModels(since, { registry, credentials: await own() }),
            listNameChanges: async since =>
              listNameChanges(since, { registry, credentials: await own() }),
            listNamed: async refs =>
              listNamedModels(refs, { registry, credentials: await own() }),
          },
          findEntities: async entityRefs => {
            const { items } = await catalog.getEntitiesByRefs(
              { entityRefs, fields: ['kind', 'metadata'] },
              { credentials: await auth.getOwnServiceCredentials() },
            );
            return items;
          },
        });
        const projects = new ProjectsProvider({ folder: projectsFolder });
        processing.addEntityProvider(models, projects);

        // Both providers are brought up to date by a clock; events only make it sooner.
        lifecycle.addStartupHook(async () => {
          await scheduler.scheduleTask({
            id: 'downstage-registered-models',
            frequency: { seconds: 30 },
            initialDelay: { seconds: 10 },
            timeout: { minutes: 2 },
            fn: () => models.refresh(),
          });
          await scheduler.scheduleTask({
            id: 'downstage-projects',
            frequency: { minutes: 1 },
            timeout: { minutes: 2 },
            scope: 'local',
            fn: () => projects.refresh(),
          });
          await events.subscribe({
            id: 'catalog-module-ml.registered-models',
            topics: [
              'ml-registry.version-created',
              'ml-registry.model-changed',
            ],
            onEvent: () => models.refresh(),
          });
          await subscribeTopic(events, projectPublishedTopic, {
            id: 'catalog-module-ml.projects',
            handler: () => projects.refresh(),
          });
        });
      },
    });
  },
});
