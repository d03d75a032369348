/**
 * The kinds Model, Dataset and Feature: types, schemas, guards, relations and catalog model layers.
 *
 * @packageDocumentation
 */
export {
  ANNOTATION_INVALID,
  ANNOTATION_REGISTERED_MODEL,
  ANNOTATION_UNOWNED,
  ML_API_VERSION,
  ML_GROUP,
  ML_RELATION_PAIRS,
  RELATION_COMPUTED_FROM,
  RELATION_CONSUMES_FEATURE,
  RELATION_DERIVED_FROM,
  RELATION_DERIVED_INTO,
  RELATION_FEATURE_CONSUMED_BY,
  RELATION_SERVED_BY,
  RELATION_SERVES,
  RELATION_SOURCE_OF,
  RELATION_TRAINED_ON,
  RELATION_TRAINING_DATA_FOR,
  PROJECT_KINDS,
  REGISTRY_LOCATION,
  UNOWNED_GROUP_REF,
} from './model/constants';
export {
  isDatasetEntity,
  isFeatureEntity,
  isModelEntity,
  parseDatasetSpec,
  parseFeatureSpec,
  parseModelSpec,
  type DatasetEntity,
  type FeatureEntity,
  type ModelEntity,
} from './model/entities';
export {
  evaluationSchema,
  gateSchema,
  modelSpecSchema,
  riskSchema,
  type ModelEvaluation,
  type ModelGate,
  type ModelSpec,
  type Risk,
} from './model/model';
export {
  classificationSchema,
  datasetCheckSchema,
  datasetSpecSchema,
  type Classification,
  type DatasetCheck,
  type DatasetSpec,
} from './model/dataset';
export { featureSpecSchema, type FeatureSpec } from './model/feature';
export { fieldSchema, type Field } from './model/shared';
export { mlCatalogLayers } from './layers';
export { modelEntityChangedTopic, projectPublishedTopic } from './events';
