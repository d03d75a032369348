import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  parseEntityRef,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import type { CatalogService } from '@backstage/plugin-catalog-node';

/**
 * A ref as the catalog stores it: in full and in small letters, whatever the case of the entity's own name.
 *
 * @remarks
 * The catalog compares the refs of `getEntitiesByRefs` exactly: asked for `model:default/Risky`, it does not find the
 * entity `Risky`. A text that is no ref comes back in small letters, and the catalog finds nothing by it.
 */
export function catalogRef(ref: string): string {
  try {
    return stringifyEntityRef(parseEntityRef(ref));
  } catch {
    return ref.toLowerCase();
  }
}

/**
 * Entities that the catalog has and shows, by the ref as it was asked for. Others are left out.
 *
 * @remarks
 * Every question of a backend for many refs goes through here, so that capital letters never hide an entity.
 */
export async function entitiesByRef(
  catalog: Pick<CatalogService, 'getEntitiesByRefs'>,
  request: { refs: readonly string[]; fields?: string[] },
  options: { credentials: BackstageCredentials },
): Promise<Map<string, Entity>> {
  const { refs, fields } = request;
  const asked = [...new Set(refs.map(catalogRef))];
  if (!asked.length) return new Map();
  const { items } = await catalog.getEntitiesByRefs(
    { entityRefs: asked, ...(fields && { fields }) },
    options,
  );
  const found = new Map(asked.map((ref, index) => [ref, items[index]]));
  return new Map(
    refs.flatMap(ref => {
      const entity = found.get(catalogRef(ref));
      return entity ? [[ref, entity] as const] : [];
    }),
  );
}
