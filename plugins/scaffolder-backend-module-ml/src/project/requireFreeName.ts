import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { ConflictError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { ANNOTATION_REGISTERED_MODEL } from '@downstage/plugin-ml-catalog-common';

/**
 * Refuses a name that a file in the catalog has already. A model that was registered from code may be claimed.
 *
 * @throws ConflictError
 */
export async function requireFreeName(options: {
  catalog: CatalogService;
  credentials: BackstageCredentials;
  entityRef: string;
  repository: string;
}): Promise<void> {
  const { catalog, credentials, entityRef, repository } = options;
  const entity = await catalog.getEntityByRef(entityRef, { credentials });
  const annotations = entity?.metadata.annotations ?? {};
  if (!entity || annotations[ANNOTATION_REGISTERED_MODEL]) return;
  const location = annotations['backstage.io/managed-by-location'];
  // The same task again, after a crash.
  if (location?.startsWith(`file:${repository}/`)) return;
  throw new ConflictError(
    `The catalog has ${entityRef} already (from ${location}); choose another name`,
  );
}
