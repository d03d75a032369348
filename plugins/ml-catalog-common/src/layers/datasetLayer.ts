import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';
import {
  ML_GROUP,
  RELATION_DERIVED_FROM,
  RELATION_DERIVED_INTO,
} from '../model/constants';
import { datasetSpecSchema } from '../model/dataset';
import { baseRelationFields, refField } from './relationFields';
import { toKindSchema } from './toKindSchema';

/** The kind Dataset and the relations that start from it. */
export const datasetLayer = createCatalogModelLayer({
  layerId: 'downstage.dev/kind-dataset',
  builder: model => {
    model.addKind({
      group: ML_GROUP,
      names: { kind: 'Dataset', singular: 'dataset', plural: 'datasets' },
      description:
        'Data that models learn from and that other data is made of: where it is, what its columns mean, who may see it.',
      versions: [
        {
          name: 'v1alpha1',
          relationFields: [
            ...baseRelationFields,
            refField('spec.derivedFrom', RELATION_DERIVED_FROM, 'Dataset'),
          ],
          schema: { jsonSchema: toKindSchema(datasetSpecSchema) },
        },
      ],
    });
    model.addRelationPair({
      fromKind: 'Dataset',
      toKind: 'Dataset',
      description: 'The data another dataset was made of.',
      forward: { type: RELATION_DERIVED_FROM, title: 'derived from' },
      reverse: { type: RELATION_DERIVED_INTO, title: 'derived into' },
    });
  },
});
