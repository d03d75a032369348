import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { ANNOTATION_ORIGIN_LOCATION } from '@backstage/catalog-model';
import { ConflictError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogRef, type RegisteredOwners } from '@downstage/node';
import { REGISTRY_LOCATION } from '@downstage/plugin-ml-catalog-common';

/**
 * Refuses the name of a registered model that others own. Also refuses a name that a file in the catalog has already. A
 * model that was registered from code, and belongs to nobody or to the caller, may get its file.
 *
 * @throws ConflictError
 */
export async function requireFreeName(options: {
  catalog: CatalogService;
  credentials: BackstageCredentials;
  registeredOwners: RegisteredOwners;
  entityRef: string;
  /** Who the caller owns things through; `undefined` for services, which own nothing and may do it for anybody. */
  groups: string[] | undefined;
  /** Absolute folder of the project that may have it. */
  repository: string;
}): Promise<void> {
  const { catalog, credentials, entityRef, groups, repository } = options;
  const registered = await options.registeredOwners.ownerOf(entityRef);
  if (registered && groups && !groups.includes(registered)) {
    throw new ConflictError(
      `${entityRef} is registered and belongs to ${registered}; choose another name, or ask them to hand the model over`,
    );
  }
  const entity = await catalog.getEntityByRef(catalogRef(entityRef), {
    credentials,
  });
  const annotations = entity?.metadata.annotations ?? {};
  if (!entity) return;
  if (annotations[ANNOTATION_ORIGIN_LOCATION] === REGISTRY_LOCATION) return;
  const location = annotations['backstage.io/managed-by-location'];
  // The same task again, after a crash.
  if (location?.startsWith(`file:${repository}/`)) return;
  throw new ConflictError(
    `The catalog has ${entityRef} already; choose another name`,
  );
}
