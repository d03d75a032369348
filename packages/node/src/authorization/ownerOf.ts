import {
  DEFAULT_NAMESPACE,
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';

/**
 * Who owns an entity by the catalog: `group:default/diagnostics`; `undefined` where it names nobody.
 *
 * @remarks
 * The relation is what the catalog made of `spec.owner`; the text itself counts where there is no relation yet.
 * For a model the registry's word goes first: see `registeredOwnersServiceRef`.
 */
export function ownerOf(entity: Entity): string | undefined {
  const related = entity.relations?.find(
    ({ type }) => type === RELATION_OWNED_BY,
  )?.targetRef;
  if (related) return related;
  const declared = entity.spec?.owner;
  if (typeof declared !== 'string' || !declared) return undefined;
  try {
    return stringifyEntityRef(
      parseEntityRef(declared, {
        defaultKind: 'group',
        defaultNamespace: entity.metadata.namespace ?? DEFAULT_NAMESPACE,
      }),
    );
  } catch {
    // Not a ref: it names nobody.
    return undefined;
  }
}
