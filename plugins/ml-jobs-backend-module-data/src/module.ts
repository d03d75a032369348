import { createBackendModule } from '@backstage/backend-plugin-api';
import { mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import { mlJobsInputsExtensionPoint } from '@downstage/plugin-ml-jobs-node';
import { resolveDataset } from './resolveDataset';

/** Lets jobs name dataset versions as their inputs. */
export const mlJobsModuleData = createBackendModule({
  pluginId: 'ml-jobs',
  moduleId: 'data',
  register(env) {
    env.registerInit({
      deps: { inputs: mlJobsInputsExtensionPoint, data: mlDataServiceRef },
      async init({ inputs, data }) {
        inputs.addResolver({
          resolve: (ref, { credentials }) =>
            resolveDataset(ref, { data, credentials }),
        });
      },
    });
  },
});
