import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { parseVersionRef } from '@downstage/common';
import { mlDataServiceRef } from '@downstage/plugin-ml-data-node';
import { mlRegistryGatesExtensionPoint } from '@downstage/plugin-ml-registry-node';
import { createDataQualityGate } from './dataQualityGate';

/** Asks ml-data about the data a version learned from, where the Model entity sets `evaluation.dataQuality`. */
export const mlRegistryModuleData = createBackendModule({
  pluginId: 'ml-registry',
  moduleId: 'data',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        gates: mlRegistryGatesExtensionPoint,
        data: mlDataServiceRef,
      },
      async init({ auth, gates, data }) {
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
