import {
  ANNOTATION_LOCATION,
  ANNOTATION_ORIGIN_LOCATION,
  type Entity,
} from '@backstage/catalog-model';
import {
  ANNOTATION_REGISTERED_MODEL,
  ANNOTATION_UNOWNED,
  ML_API_VERSION,
  REGISTRY_LOCATION,
  UNOWNED_GROUP_REF,
} from '@downstage/plugin-ml-catalog-common';

/** What the catalog has to know of a registered model. */
export type RegisteredModel = {
  namespace: string;
  name: string;
  title?: string;
  description?: string;
  owner?: string;
  /** When the registry changed it last. */
  updatedAt: string;
};

/** The entity of a model that was registered from code, without a file. */
export function toModelEntity(model: RegisteredModel): Entity {
  // The registry reads owners from the catalog, so it may give back what stands here for nobody.
  const owner = model.owner === UNOWNED_GROUP_REF ? undefined : model.owner;
  return {
    apiVersion: ML_API_VERSION,
    kind: 'Model',
    metadata: {
      namespace: model.namespace,
      name: model.name,
      ...(model.title && { title: model.title }),
      ...(model.description && { description: model.description }),
      annotations: {
        [ANNOTATION_LOCATION]: REGISTRY_LOCATION,
        [ANNOTATION_ORIGIN_LOCATION]: REGISTRY_LOCATION,
        [ANNOTATION_REGISTERED_MODEL]: model.name,
        ...(!owner && { [ANNOTATION_UNOWNED]: 'true' }),
      },
    },
    spec: {
      type: 'unknown',
      lifecycle: 'experimental',
      owner: owner ?? UNOWNED_GROUP_REF,
    },
  };
}

/** Whether the entity was brought by the registry, and not by a file. */
export function isFromRegistry(entity: Entity): boolean {
  return (
    entity.metadata.annotations?.[ANNOTATION_ORIGIN_LOCATION] ===
    REGISTRY_LOCATION
  );
}
