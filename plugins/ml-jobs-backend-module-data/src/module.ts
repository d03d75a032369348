import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  dataAccessOf,
  mlDataServiceRef,
  openDatasetContent,
} from '@downstage/plugin-ml-data-node';
import {
  mlJobsDataAccessExtensionPoint,
  mlJobsInputsExtensionPoint,
  mlJobsOutputsExtensionPoint,
} from '@downstage/plugin-ml-jobs-node';
import { createDatasetLookup } from './findDataset';
import { parseDatasetInput, resolveDataset } from './resolveDataset';

/** Lets jobs name dataset versions as their inputs, and asks ml-data who may read what they show. */
export const mlJobsModuleData = createBackendModule({
  pluginId: 'ml-jobs',
  moduleId: 'data',
  register(env) {
    env.registerInit({
      deps: {
        access: mlJobsDataAccessExtensionPoint,
        auth: coreServices.auth,
        discovery: coreServices.discovery,
        inputs: mlJobsInputsExtensionPoint,
        outputs: mlJobsOutputsExtensionPoint,
        data: mlDataServiceRef,
      },
      async init({ access, auth, discovery, inputs, outputs, data }) {
        outputs.addLookup(createDatasetLookup(data));
        const decides = dataAccessOf(data);
        access.setDataAccess({
          ask: (refs, call) =>
            decides.ask(refs.filter(parseDatasetInput), call),
        });
        inputs.addResolver({
          resolve: (ref, { credentials }) =>
            resolveDataset(ref, { data, credentials }),
          async open({ ref, ...content }, call) {
            const version = parseDatasetInput(ref);
            if (!version) return undefined;
            return openDatasetContent(
              { ...version, ...content },
              { auth, discovery, ...call },
            );
          },
        });
      },
    });
  },
});
