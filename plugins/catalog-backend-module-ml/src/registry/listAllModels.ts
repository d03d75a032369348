import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { MlRegistryService } from '@downstage/plugin-ml-registry-node';
import type { RegisteredModel } from './toModelEntity';

type Options<Operation extends keyof MlRegistryService> = {
  registry: Pick<MlRegistryService, Operation>;
  credentials: BackstageCredentials;
};

/** Every model the registry knows, page after page; for the slow check. */
export async function listAllModels({
  registry,
  credentials,
}: Options<'listModels'>): Promise<RegisteredModel[]> {
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
  { registry, credentials }: Options<'listModels'>,
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

/** A name that a model got or lost, as `default/churn`, and when. */
export type NameChange = { ref: string; change: 'got' | 'lost'; at: string };

/**
 * Names that models got or lost at or after a moment, by the ledger. An imported model keeps the time of its last
 * change, and a deleted one is in no list: the ledger has both.
 */
export async function listNameChanges(
  since: string,
  { registry, credentials }: Options<'listLedger'>,
): Promise<NameChange[]> {
  const changes: NameChange[] = [];
  for (const action of ['registered', 'renamed', 'deleted'] as const) {
    let cursor: string | undefined;
    do {
      const page = await registry.listLedger(
        {
          query: { action, cursor, limit: 500, ...(since && { from: since }) },
        },
        { credentials },
      );
      for (const { modelRef, details, at } of page.items) {
        changes.push({
          ref: modelRef.replace(/^model:/, ''),
          change: action === 'deleted' ? 'lost' : 'got',
          at,
        });
        const before = action === 'renamed' && details?.from;
        if (typeof before === 'string') {
          // The registry leaves the default namespace out of a name.
          changes.push({
            ref: before.includes('/') ? before : `default/${before}`,
            change: 'lost',
            at,
          });
        }
      }
      cursor = page.nextCursor;
    } while (cursor);
  }
  return changes;
}

/** A namespace and a name in the catalog have 63 characters each; a request holds 10,000. */
const refsInRequest = 75;

/** Those of these models that there are, by refs like `default/churn` of the catalog. */
export async function listNamedModels(
  refs: string[],
  { registry, credentials }: Options<'listModels'>,
): Promise<RegisteredModel[]> {
  const models: RegisteredModel[] = [];
  for (let at = 0; at < refs.length; at += refsInRequest) {
    const part = refs.slice(at, at + refsInRequest).join(',');
    const page = await registry.listModels(
      { query: { models: part, limit: refsInRequest } },
      { credentials },
    );
    models.push(...page.items);
  }
  return models;
}
