import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import {
  mlRegistryArtifactHoldersExtensionPoint,
  type HeldVersion,
} from '@downstage/plugin-ml-registry-node';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { mlServingServiceRef } from '@downstage/plugin-ml-serving-node';

/**
 * Keeps the registry from deleting for good what an endpoint serves, or keeps
 * for a rollback. While `ml-serving` does not answer, nothing is deleted.
 *
 * @example
 * ```ts
 * backend.add(mlRegistryModuleServing);
 * ```
 */
export const mlRegistryModuleServing = createBackendModule({
  pluginId: 'ml-registry',
  moduleId: 'serving',
  register(env) {
    env.registerInit({
      deps: {
        auth: coreServices.auth,
        holders: mlRegistryArtifactHoldersExtensionPoint,
        serving: mlServingServiceRef,
      },
      async init({ auth, holders, serving }) {
        holders.addArtifactHolder({
          name: 'ml-serving',
          async heldVersions() {
            const credentials = await auth.getOwnServiceCredentials();
            const { items } = await serving.listEndpoints({}, { credentials });
            return items.flatMap(versionsOf);
          },
        });
      },
    });
  },
});

/** What an endpoint serves now, is about to serve, and keeps for a rollback. */
export function versionsOf(endpoint: Endpoint): HeldVersion[] {
  const { ref, modelRef, variants, previousVersion } = endpoint;
  const model = parseEntityRef(modelRef).name;
  return [
    ...variants.map(({ version }) => ({
      model,
      version,
      reason: `endpoint ${ref} serves it`,
    })),
    ...(previousVersion === undefined
      ? []
      : [
          {
            model,
            version: previousVersion,
            reason: `endpoint ${ref} keeps it for a rollback`,
          },
        ]),
  ];
}
