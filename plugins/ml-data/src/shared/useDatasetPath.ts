import {
  DEFAULT_NAMESPACE,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';

/** The entity of the page as ml-data is asked about it. */
export function useDatasetPath() {
  const { entity } = useEntity();
  const { namespace = DEFAULT_NAMESPACE, name } = entity.metadata;
  const [owner] = getEntityRelations(entity, RELATION_OWNED_BY);
  return {
    entity,
    ref: stringifyEntityRef(entity),
    path: { namespace, name },
    owner: owner && stringifyEntityRef(owner),
  };
}
