/** The group of the three kinds; with {@link ML_API_VERSION} the whole `apiVersion`. */
export const ML_GROUP = 'downstage.dev';

/** `apiVersion` of Model, Dataset and Feature. */
export const ML_API_VERSION = 'downstage.dev/v1alpha1';

export const RELATION_TRAINED_ON = 'trainedOn';
export const RELATION_TRAINING_DATA_FOR = 'trainingDataFor';
export const RELATION_CONSUMES_FEATURE = 'consumesFeature';
export const RELATION_FEATURE_CONSUMED_BY = 'featureConsumedBy';
export const RELATION_COMPUTED_FROM = 'computedFrom';
export const RELATION_SOURCE_OF = 'sourceOf';
export const RELATION_DERIVED_FROM = 'derivedFrom';
export const RELATION_DERIVED_INTO = 'derivedInto';
export const RELATION_SERVED_BY = 'servedBy';
export const RELATION_SERVES = 'serves';

/** Every pair of relations the kinds bring, forward first: what a graph has to know. */
export const ML_RELATION_PAIRS: ReadonlyArray<readonly [string, string]> = [
  [RELATION_TRAINED_ON, RELATION_TRAINING_DATA_FOR],
  [RELATION_CONSUMES_FEATURE, RELATION_FEATURE_CONSUMED_BY],
  [RELATION_COMPUTED_FROM, RELATION_SOURCE_OF],
  [RELATION_DERIVED_FROM, RELATION_DERIVED_INTO],
  [RELATION_SERVED_BY, RELATION_SERVES],
];

/**
 * Set to `'true'` on a Model that came from the registry and that nobody has claimed with a file yet.
 *
 * @example
 * `metadata.annotations: { downstage.dev/unowned: 'true' }`
 */
export const ANNOTATION_UNOWNED = 'downstage.dev/unowned';

/** The registered model's name in the registry, on a Model the registry brought. */
export const ANNOTATION_REGISTERED_MODEL = 'downstage.dev/registered-model';

/** The owner of a Model that nobody has claimed: a group that does not exist, so that nobody is in it. */
export const UNOWNED_GROUP_REF = 'group:default/unowned';

/** Set by the catalog on an entity whose file is wrong; the value says what is wrong, in words for a person. */
export const ANNOTATION_INVALID = 'downstage.dev/invalid';

/** Where a Model says it comes from that the registry brought; the catalog writes it, whatever a file says. */
export const REGISTRY_LOCATION = 'ml-registry:models';

/** What a project that a template made may declare: nothing that gives rights, and nothing that reads more files. */
export const PROJECT_KINDS = [
  'API',
  'Component',
  'Dataset',
  'Feature',
  'Model',
  'Resource',
] as const;
