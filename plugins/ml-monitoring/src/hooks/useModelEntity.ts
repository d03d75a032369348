import {
  getCompoundEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';

/** The Model whose page this is. The owner is the one the catalog resolved, not what a file spelled. */
export function useModelEntity() {
  const { entity } = useEntity();
  const { namespace, name } = getCompoundEntityRef(entity);
  const [owner] = getEntityRelations(entity, RELATION_OWNED_BY);
  return {
    ref: stringifyEntityRef(entity),
    namespace,
    name,
    owner: owner && stringifyEntityRef(owner),
  };
}
