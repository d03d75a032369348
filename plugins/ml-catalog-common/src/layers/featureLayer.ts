import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';
import {
  ML_GROUP,
  RELATION_COMPUTED_FROM,
  RELATION_SOURCE_OF,
} from '../model/constants';
import { featureSpecSchema } from '../model/feature';
import { baseRelationFields, refField } from './relationFields';
import { toKindSchema } from './toKindSchema';

/** The kind Feature (a feature view) and the relations that start from it. */
export const featureLayer = createCatalogModelLayer({
  layerId: 'downstage.dev/kind-feature',
  builder: model => {
    model.addKind({
      group: ML_GROUP,
      names: { kind: 'Feature', singular: 'feature', plural: 'features' },
      description:
        'A feature view: features that share an entity key, a source and a clock, for training and for serving alike.',
      versions: [
        {
          name: 'v1alpha1',
          relationFields: [
            ...baseRelationFields,
            refField('spec.computedFrom', RELATION_COMPUTED_FROM, 'Dataset'),
          ],
          schema: { jsonSchema: toKindSchema(featureSpecSchema) },
        },
      ],
    });
    model.addRelationPair({
      fromKind: 'Feature',
      toKind: 'Dataset',
      description: 'The data the values of a feature view are computed from.',
      forward: { type: RELATION_COMPUTED_FROM, title: 'computed from' },
      reverse: { type: RELATION_SOURCE_OF, title: 'source of' },
    });
  },
});
