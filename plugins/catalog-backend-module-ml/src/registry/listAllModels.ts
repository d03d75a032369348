import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { RegisteredModel } from './toModelEntity';

type Options = {
  registry: Pick<MlRegistryService, 'listModels'>;
  credentials: BackstageCredentials;
};

/** Every model the registry knows, page after page; for the slow check. */
export async function listAllModels({
  registry,
  credentials,
}: Options): Promise<RegisteredModel[]> {
  const models: RegisteredModel[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.listModels(
      { query: { cursor, limit: 500 } },
      { credentials },
    );
    models.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor);
  return models;
}

/** Models that changed at or after a moment, the last changed first. */
export async function listChangedModels(
  since: string,
  { registry, credentials }: Options,
): Promise<RegisteredModel[]> {
  const changed: RegisteredModel[] = [];
  let cursor: string | undefined;
  do {
    const page = await registry.listModels(
      { query: { cursor, limit: 100, sort: '-updated' } },
      { credentials },
    );
    const recent = page.items.filter(({ updatedAt }) => updatedAt >= since);
    changed.push(...recent);
    if (recent.length < page.items.length) break;
    cursor = page.nextCursor;
  } while (cursor);
  return changed;
}
