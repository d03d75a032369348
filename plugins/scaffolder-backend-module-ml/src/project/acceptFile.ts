import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import { isError } from '@backstage/errors';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';

/** Lets the new file speak for a model that was registered from code: its owner has just asked for the file. */
export async function acceptFile(options: {
  registry: Pick<MlRegistryService, 'claimModel' | 'getModel'>;
  credentials: BackstageCredentials;
  entityRef: string;
  owner: string;
}): Promise<void> {
  const { registry, credentials, entityRef, owner } = options;
  const { kind, namespace, name } = parseEntityRef(entityRef);
  if (kind.toLowerCase() !== 'model') return;
  const params = { namespace, name };
  const model = await registry
    .getModel({ params }, { credentials })
    .catch(error => {
      // Nothing is registered yet: the first version will find the file there.
      if (isError(error) && error.name === 'NotFoundError') return undefined;
      throw error;
    });
  if (model?.catalogConflict?.owner !== owner) return;
  await registry.claimModel({ params, body: { owner } }, { credentials });
}
