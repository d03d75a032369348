import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';

const kinds = ['Model', 'Dataset', 'Feature'];

/**
 * Tells the built-in relations about our kinds. Without it the catalog emits the forward half only: a model would know
 * its owner, and the group would not know its models.
 */
export const builtInRelationsLayer = createCatalogModelLayer({
  layerId: 'downstage.dev/built-in-relations',
  builder: model => {
    model.updateRelationPair({
      fromKind: kinds,
      toKind: ['Group', 'User'],
      forward: { type: 'ownedBy' },
      reverse: { type: 'ownerOf' },
    });
    model.updateRelationPair({
      fromKind: kinds,
      toKind: 'System',
      forward: { type: 'partOf' },
      reverse: { type: 'hasPart' },
    });
    model.updateRelationPair({
      fromKind: kinds,
      toKind: ['API', 'Component', 'Resource', ...kinds],
      forward: { type: 'dependsOn' },
      reverse: { type: 'dependencyOf' },
    });
    // The other way round: a service that depends on a model, and the same written as `dependencyOf`.
    model.updateRelationPair({
      fromKind: ['Component', 'Resource'],
      toKind: kinds,
      forward: { type: 'dependsOn' },
      reverse: { type: 'dependencyOf' },
    });
  },
});
