import {
  getCompoundEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';

/** The Model whose page this is, as the machine-learning plugins are asked about it. */
export type ModelIdentity = {
  entity: Entity;
  ref: string;
  namespace: string;
  name: string;
  owner: string | undefined;
};

/** Reads the Model of the entity page. The owner is the one the catalog resolved, not what a file spelled. */
export function useModelEntity(): ModelIdentity {
  const { entity } = useEntity();
  const { namespace, name } = getCompoundEntityRef(entity);
  const [owner] = getEntityRelations(entity, RELATION_OWNED_BY);
  return {
    entity,
    ref: stringifyEntityRef(entity),
    namespace,
    name,
    owner: owner && stringifyEntityRef(owner),
  };
}
