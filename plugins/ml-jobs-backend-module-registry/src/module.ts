import { createBackendModule } from '@backstage/backend-plugin-api';
import { mlJobsOutputsExtensionPoint } from '@downstage/plugin-ml-jobs-node';
import { mlRegistryServiceRef } from '@downstage/plugin-ml-registry-node';
import { createRegistryLookup } from './createRegistryLookup';

/** Asks `ml-registry` what a job has registered and logged. */
export const mlJobsModuleRegistry = createBackendModule({
  pluginId: 'ml-jobs',
  moduleId: 'registry',
  register(env) {
    env.registerInit({
      deps: {
        outputs: mlJobsOutputsExtensionPoint,
        registry: mlRegistryServiceRef,
      },
      async init({ outputs, registry }) {
        outputs.addLookup(createRegistryLookup(registry));
      },
    });
  },
});
