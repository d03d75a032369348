import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { RegisteredModel } from './toModelEntity';

/** Every model the registry knows, page after page. */
export async function listAllModels(options: {
  registry: Pick<MlRegistryService, 'listModels'>;
  credentials: BackstageCredentials;
}): Promise<RegisteredModel[]> {
  const { registry, credentials } = options;
  const models: RegisteredModel[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.listModels(
      { query: { cursor, limit: 200 } },
      { credentials },
    );
    models.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return models;
}
