import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { scaffolderTemplatingExtensionPoint } from '@backstage/plugin-scaffolder-node/alpha';
import {
  createAuthorizer,
  registeredOwnersServiceRef,
  tokenScopesServiceRef,
} from '@downstage/node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { createCheckProjectAction } from './actions/createCheckProjectAction';
import { createPublishProjectAction } from './actions/createPublishProjectAction';
import { createSubmitJobAction } from './actions/createSubmitJobAction';
import { templateFilters } from './filters/filters';

/** Template actions (check a project, publish it on this machine, submit a job), and filters that encode values. */
export const scaffolderModuleMl = createBackendModule({
  pluginId: 'scaffolder',
  moduleId: 'ml',
  register(env) {
    env.registerInit({
      deps: {
        actions: scaffolderActionsExtensionPoint,
        catalog: catalogServiceRef,
        config: coreServices.rootConfig,
        events: eventsServiceRef,
        jobs: mlJobsServiceRef,
        permissions: coreServices.permissions,
        registeredOwners: registeredOwnersServiceRef,
        registry: mlRegistryServiceRef,
        templating: scaffolderTemplatingExtensionPoint,
        tokenScopes: tokenScopesServiceRef,
        userInfo: coreServices.userInfo,
      },
      async init({ actions, templating, ...deps }) {
        const { catalog, config, events, jobs, registry } = deps;
        const checks = {
          authorizer: createAuthorizer(deps),
          catalog,
          registeredOwners: deps.registeredOwners,
        };
        templating.addTemplateFilters(templateFilters);
        actions.addActions(
          createCheckProjectAction(checks),
          createPublishProjectAction({ ...checks, config, events, registry }),
          createSubmitJobAction({ jobs }),
        );
      },
    });
  },
});
