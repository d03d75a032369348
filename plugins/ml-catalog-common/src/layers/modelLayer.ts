import { createCatalogModelLayer } from '@backstage/catalog-model/alpha';
import {
  ML_GROUP,
  RELATION_CONSUMES_FEATURE,
  RELATION_FEATURE_CONSUMED_BY,
  RELATION_SERVED_BY,
  RELATION_SERVES,
  RELATION_TRAINED_ON,
  RELATION_TRAINING_DATA_FOR,
} from '../model/constants';
import { modelSpecSchema } from '../model/model';
import { baseRelationFields, refField } from './relationFields';
import { toKindSchema } from './toKindSchema';

/** The kind Model and the relations that start from it. */
export const modelLayer = createCatalogModelLayer({
  layerId: 'downstage.dev/kind-model',
  builder: model => {
    model.addKind({
      group: ML_GROUP,
      names: { kind: 'Model', singular: 'model', plural: 'models' },
      description:
        'A machine-learning model that a team owns: what it predicts, the data it learns from, and the gates a version has to pass before production.',
      versions: [
        {
          name: 'v1alpha1',
          relationFields: [
            ...baseRelationFields,
            refField('spec.trainedOn', RELATION_TRAINED_ON, 'Dataset'),
            refField(
              'spec.consumesFeatures',
              RELATION_CONSUMES_FEATURE,
              'Feature',
            ),
          ],
          schema: { jsonSchema: toKindSchema(modelSpecSchema) },
        },
      ],
    });
    model.addRelationPair({
      fromKind: 'Model',
      toKind: 'Dataset',
      description: 'The data a model learns from.',
      forward: { type: RELATION_TRAINED_ON, title: 'trained on' },
      reverse: { type: RELATION_TRAINING_DATA_FOR, title: 'training data for' },
    });
    model.addRelationPair({
      fromKind: 'Model',
      toKind: 'Feature',
      description: 'The feature views whose values a model reads.',
      forward: { type: RELATION_CONSUMES_FEATURE, title: 'consumes feature' },
      reverse: {
        type: RELATION_FEATURE_CONSUMED_BY,
        title: 'feature consumed by',
      },
    });
    model.addRelationPair({
      fromKind: 'Model',
      toKind: 'API',
      description: 'The endpoint that answers with a model.',
      forward: { type: RELATION_SERVED_BY, title: 'served by' },
      reverse: { type: RELATION_SERVES, title: 'serves' },
    });
  },
});
