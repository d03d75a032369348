import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
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
 * Brings the gate `can be served` to every promotion. Keeps the registry from deleting for good what an endpoint
 * serves, or keeps for a rollback. While `ml-serving` does not answer, nothing is deleted.
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

/** What an endpoint serves now, is about to serve, and keeps for a rollback; each version once. */
function versionsOf(endpoint: Endpoint): HeldVersion[] {
  const { ref, namespace, name, variants, previousVersion } = endpoint;
  const reasons = new Map<number, string>();
  const hold = (version: number, why: string) => {
    if (!reasons.has(version)) reasons.set(version, `endpoint ${ref} ${why}`);
  };
  for (const { version } of variants) hold(version, 'serves it');
  if (previousVersion !== undefined) {
    hold(previousVersion, 'keeps it for a rollback');
  }
  // The others, from the tables: no engine needs to answer for it.
  for (const version of endpoint.neededVersions ?? []) {
    hold(version, 'is to serve it');
  }
  const model = `${namespace}/${name}`;
  return [...reasons].map(([version, reason]) => ({ model, version, reason }));
}
