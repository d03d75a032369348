import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import type { CatalogService } from '@backstage/plugin-catalog-node';

type Options = { credentials: BackstageCredentials };

/** Namespaces that have models, as these credentials see them. */
export function namespacesOfModels(
  catalog: CatalogService,
  options: Options,
): Promise<string[]> {
  return valuesOf(catalog, 'metadata.namespace', {}, options);
}

/**
 * Refs, in small letters, of the models in these namespaces that these credentials see.
 *
 * @remarks
 * The catalog counts them by name, and reads no entity for it.
 */
export async function refsOfModels(
  catalog: CatalogService,
  namespaces: readonly string[],
  options: Options,
): Promise<string[]> {
  const refs: string[] = [];
  for (const namespace of namespaces) {
    const inside = { 'metadata.namespace': namespace };
    const names = await valuesOf(catalog, 'metadata.name', inside, options);
    for (const name of names) {
      refs.push(`model:${namespace}/${name}`.toLowerCase());
    }
  }
  return refs;
}

async function valuesOf(
  catalog: CatalogService,
  facet: string,
  filter: Record<string, string>,
  options: Options,
): Promise<string[]> {
  const { facets } = await catalog.getEntityFacets(
    { facets: [facet], filter: { kind: 'model', ...filter } },
    options,
  );
  return facets[facet].map(({ value }) => value);
}
