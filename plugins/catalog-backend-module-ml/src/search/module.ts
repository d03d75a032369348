import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { catalogServiceRef } from '@backstage/plugin-catalog-node';
import { searchIndexRegistryExtensionPoint } from '@backstage/plugin-search-backend-node/alpha';
import { MlFieldCollatorFactory } from './MlFieldCollatorFactory';

/** Search for single columns and features. */
export const searchModuleMl = createBackendModule({
  pluginId: 'search',
  moduleId: 'ml-field-collator',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        catalog: catalogServiceRef,
        indexRegistry: searchIndexRegistryExtensionPoint,
        scheduler: coreServices.scheduler,
      },
      async init({ auth, catalog, indexRegistry, scheduler }) {
        indexRegistry.addCollator({
          schedule: scheduler.createScheduledTaskRunner({
            frequency: { minutes: 5 },
            timeout: { minutes: 10 },
            initialDelay: { seconds: 15 },
          }),
          factory: new MlFieldCollatorFactory({ auth, catalog }),
        });
      },
    });
  },
});
