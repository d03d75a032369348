import { createBackendModule } from '@backstage/backend-plugin-api';
import { mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import {
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
} from '@downstage/plugin-ml-jobs-node';
import { parseDatasetInput, resolveDataset } from './resolveDataset';

/** Lets jobs name dataset versions as their inputs, and asks ml-data who may read what they show. */
export const mlJobsModuleData = createBackendModule({
  pluginId: 'ml-jobs',
  moduleId: 'data',
  register(env) {
    env.registerInit({
      deps: {
        access: mlJobsDataAccessExtensionPoint,
        inputs: mlJobsInputsExtensionPoint,
        data: mlDataServiceRef,
      },
      async init({ access, inputs, data }) {
        access.setDataAccess({
          async refusals(refs, { credentials }) {
            const datasets = refs.filter(parseDatasetInput).slice(0, 50);
            if (!datasets.length) return [];
            const { items } = await data.checkDatasetAccess(
              { body: { datasets } },
              { credentials },
            );
            return items
              .filter(({ mayRead }) => !mayRead)
              .map(({ dataset, message = 'not readable' }) => ({
                ref: dataset,
                message,
              }));
          },
        });
        inputs.addResolver({
          resolve: (ref, { credentials }) =>
            resolveDataset(ref, { data, credentials }),
        });
      },
    });
  },
});
