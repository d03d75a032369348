import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { InputError, ServiceUnavailableError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogRef } from '@downstage/node';
import { ANNOTATION_INVALID } from '@downstage/plugin-ml-catalog-common';
import { setTimeout } from 'node:timers/promises';

/**
 * Waits until the catalog has read the file, so that the links a template ends with lead somewhere.
 *
 * @throws InputError with the mistakes when the file is wrong
 * @throws ServiceUnavailableError when the catalog takes longer than `timeoutMs`
 */
export async function waitForEntity(options: {
  catalog: CatalogService;
  credentials: BackstageCredentials;
  entityRef: string;
  repository: string;
  timeoutMs: number;
  pollMs: number;
  signal?: AbortSignal;
}): Promise<void> {
  const { catalog, credentials, entityRef, repository } = options;
  const rounds = Math.max(1, Math.ceil(options.timeoutMs / options.pollMs));
  for (let round = 0; round < rounds; round++) {
    const entity = await catalog.getEntityByRef(catalogRef(entityRef), {
      credentials,
    });
    const annotations = entity?.metadata.annotations ?? {};
    const location = annotations['backstage.io/managed-by-location'];
    if (location?.startsWith(`file:${repository}/`)) {
      const mistakes = annotations[ANNOTATION_INVALID];
      if (mistakes) throw new InputError(mistakes);
      return;
    }
    await setTimeout(options.pollMs, undefined, { signal: options.signal });
  }
  throw new ServiceUnavailableError(
    `The project is published, but the catalog has not read ${entityRef} within ${
      options.timeoutMs / 1000
    } s; its page will appear later, or the catalog's log says why it cannot`,
  );
}
