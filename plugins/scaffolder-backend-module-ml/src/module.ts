import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { eventsServiceRef } from '@backstage/plugin-events-node';
import { scaffolderActionsExtensionPoint } from '@backstage/plugin-scaffolder-node';
import { createAuthorizer } from '@downstage/node';
import { mlJobsServiceRef } from '@downstage/plugin-ml-jobs-node';
import { createPublishProjectAction } from './actions/createPublishProjectAction';
import { createSubmitJobAction } from './actions/createSubmitJobAction';

/** Template actions: publish a project on this machine, submit a job. */
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
        userInfo: coreServices.userInfo,
      },
      async init({ actions, ...deps }) {
        const { catalog, config, events, jobs } = deps;
        actions.addActions(
          createPublishProjectAction({
            authorizer: createAuthorizer(deps),
            catalog,
            config,
            events,
          }),
          createSubmitJobAction({ jobs }),
        );
      },
    });
  },
});
