import {
  DEFAULT_NAMESPACE,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { ownerOf, type Facts } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';

/** What a permission policy may ask about a data set, as `DatasetCatalog` gave it. */
export function factsOf(entity: DatasetEntity): Facts {
  const owner = ownerOf(entity);
  const { classification } = entity.spec;
  return {
    dataset: stringifyEntityRef(entity),
    namespace: entity.metadata.namespace ?? DEFAULT_NAMESPACE,
    ...(owner && { owner }),
    ...(classification && { classification }),
  };
}
