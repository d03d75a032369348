import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { parseVersionRef } from '@downstage/common';
import { dataAccessOf, mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import {
  mlRegistryDataAccessExtensionPoint,
  mlRegistryGatesExtensionPoint,
} from '@downstage/plugin-ml-registry-node';
import { createDataQualityGate } from './dataQualityGate';

/**
 * Asks ml-data who reads what came out of data. Where the Model entity sets `evaluation.dataQuality`, it also asks
 * about the quality of the data a version learned from.
 */
export const mlRegistryModuleData = createBackendModule({
  pluginId: 'ml-registry',
  moduleId: 'data',
  register(env) {
    env.registerInit({
      deps: {
        access: mlRegistryDataAccessExtensionPoint,
        auth: coreServices.auth,
        gates: mlRegistryGatesExtensionPoint,
        data: mlDataServiceRef,
      },
      async init({ access, auth, gates, data }) {
        access.setDataAccess(dataAccessOf(data));
        gates.addGate(
          createDataQualityGate(async ref => {
            const { namespace, name, version } = parseVersionRef(ref);
            const found = await data.getDatasetVersion(
              { params: { namespace, name, version: String(version) } },
              { credentials: await auth.getOwnServiceCredentials() },
            );
            return found.quality;
          }),
        );
      },
    });
  },
});
