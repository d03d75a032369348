import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import { allItems } from '@downstage/common';
import {
  mlRegistryArtifactHoldersExtensionPoint,
  mlRegistryGatesExtensionPoint,
  type HeldVersion,
} from '@downstage/plugin-ml-registry-node';
import type { Endpoint } from '@downstage/plugin-ml-serving-common';
import { mlServingServiceRef } from '@downstage/plugin-ml-serving-node';
import { createServableGate } from './servableGate';

/**
 * Brings the gate `can be served` to every promotion, and keeps the registry from deleting for good what an endpoint serves, or keeps
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
        gates: mlRegistryGatesExtensionPoint,
        holders: mlRegistryArtifactHoldersExtensionPoint,
        serving: mlServingServiceRef,
      },
      async init({ auth, gates, holders, serving }) {
        gates.addGate(
          createServableGate(async params =>
            serving.judgeVersion(
              { params },
              { credentials: await auth.getOwnServiceCredentials() },
            ),
          ),
        );
        holders.addArtifactHolder({
          name: 'ml-serving',
          async heldVersions() {
            const credentials = await auth.getOwnServiceCredentials();
            const held: HeldVersion[] = [];
            const all = allItems(cursor =>
              serving.listEndpoints(
                { query: { cursor, limit: 500 } },
                { credentials },
              ),
            );
            for await (const endpoint of all)
              held.push(...versionsOf(endpoint));
            return held;
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
