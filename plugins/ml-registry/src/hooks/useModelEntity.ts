import {
  isModelEntity,
  type ModelEvaluation,
} from '@downstage/plugin-ml-catalog-common';
import {
  getCompoundEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { getEntityRelations, useEntity } from '@backstage/plugin-catalog-react';

/** The Model whose page this is, as the registry needs it. */
export type ModelIdentity = {
  ref: string;
  namespace: string;
  name: string;
  owner: string | undefined;
  evaluation: ModelEvaluation | undefined;
};

/** Reads the Model of the entity page. The owner is the one the catalog resolved, not what a file spelled. */
export function useModelEntity(): ModelIdentity {
  const { entity } = useEntity();
  const { namespace, name } = getCompoundEntityRef(entity);
  const [owner] = getEntityRelations(entity, RELATION_OWNED_BY);
  return {
    ref: stringifyEntityRef(entity),
    namespace,
    name,
    owner: owner && stringifyEntityRef(owner),
    evaluation: isModelEntity(entity) ? entity.spec.evaluation : undefined,
  };
}
