import {
  coreServices,
  createServiceFactory,
  createServiceRef,
} from '@backstage/backend-plugin-api';
import { ResponseError, ServiceUnavailableError } from '@backstage/errors';
import { z } from 'zod';

/** Who owns a registered model, for plugins that hold rights by it. */
export interface RegisteredOwners {
  /**
   * The owner of `model:default/churn` by the registry, whose word goes before the catalog's.
   *
   * @returns `undefined` where no such model is registered: then its entity in the catalog says who owns the name
   * @throws ServiceUnavailableError when the registry cannot be asked; ownership is never guessed
   */
  ownerOf(modelRef: string): Promise<string | undefined>;
}

const modelSchema = z.object({ owner: z.string().optional() });

/**
 * Asks the model registry, with the plugin's own credentials: rights must not depend on what a caller may see.
 *
 * @example
 * ```ts
 * const owner = (await registeredOwners.ownerOf(ref)) ?? ownerByCatalog(entity);
 * ```
 */
export const registeredOwnersServiceRef = createServiceRef<RegisteredOwners>({
  id: 'downstage.registered-owners',
  scope: 'plugin',
  defaultFactory: async service =>
    createServiceFactory({
      service,
      deps: { auth: coreServices.auth, discovery: coreServices.discovery },
      factory: ({ auth, discovery }): RegisteredOwners => ({
        async ownerOf(modelRef) {
          const path = pathOf(modelRef);
          if (!path) return undefined;
          const { token } = await auth.getPluginRequestToken({
            onBehalfOf: await auth.getOwnServiceCredentials(),
            targetPluginId: 'ml-registry',
          });
          try {
            const baseUrl = await discovery.getBaseUrl('ml-registry');
            const response = await fetch(`${baseUrl}/v1/models/${path}`, {
              headers: { authorization: `Bearer ${token}` },
            });
            if (response.status === 404) return undefined;
            if (!response.ok) throw await ResponseError.fromResponse(response);
            return modelSchema.parse(await response.json()).owner;
          } catch (error) {
            throw new ServiceUnavailableError(
              `The registry could not be asked who owns ${modelRef}; try again`,
              error,
            );
          }
        },
      }),
    }),
});

function pathOf(modelRef: string): string | undefined {
  const match = /^model:([^/]+)\/([^/]+)$/i.exec(modelRef);
  return match
    ? `${encodeURIComponent(match[1])}/${encodeURIComponent(match[2])}`
    : undefined;
}
