import { InputError } from '@backstage/errors';

export type Entity =
  | 'metric'
  | 'param'
  | 'tag'
  | 'attribute'
  | 'dataset'
  | 'feedback'
  | 'expectation'
  | 'span';

/** What may be named in the filters and orders of one kind of search. */
export type Vocabulary = {
  entities: Entity[];
  /** Prefixes that only this kind of search knows. */
  prefixes?: Record<string, Entity>;
  /** Attributes and the column behind each. */
  attributes: Record<string, string>;
  /** Attributes that compare with numbers. */
  numbers: string[];
  /** Attributes that may stand before IN. */
  lists: string[];
  /** Attributes that may only order. */
  orderOnly?: Record<string, string>;
  /** Attributes that are long texts, which only LIKE and ILIKE search. */
  texts?: string[];
  /** Attributes with several values at once, as rows of another table: `table x WHERE x.id = outer.id`. They cannot order. */
  sets?: Record<string, string>;
};

const PREFIXES: Record<string, Entity> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
  dataset: 'dataset',
  datasets: 'dataset',
};

const VERSION_ATTRIBUTES = ['stage', 'current_stage', 'flavor', 'run_id'];

const DATASET_KEYS = ['name', 'digest', 'context'];

const SPAN_KEYS = ['name', 'type', 'status', 'content'];

/** Things of which one owner has several, so that they cannot order. */
const MANIFOLD: Entity[] = ['dataset', 'feedback', 'expectation', 'span'];

/** Resolves `metrics.auc` and friends; without a prefix it is an attribute. */
export function identify(
  path: { prefix?: string; key: string; text: string },
  vocabulary: Vocabulary,
  options: { ordering?: boolean } = {},
): { entity: Entity; key: string } {
  const prefixes = { ...PREFIXES, ...vocabulary.prefixes };
  const entity = path.prefix ? own(prefixes, path.prefix) : 'attribute';
  if (!entity || !vocabulary.entities.includes(entity)) {
    throw new InputError(
      `Invalid entity type '${
        path.prefix
      }'. Valid values are '${vocabulary.entities.join("', '")}'`,
    );
  }
  const { key } = path;
  if (
    options.ordering &&
    (MANIFOLD.includes(entity) ||
      (isSet(entity, key, vocabulary) &&
        own(vocabulary.orderOnly ?? {}, key) === undefined))
  ) {
    throw new InputError(
      `Invalid order_by: a ${entity} such as '${path.text}' has several values and cannot order`,
    );
  }
  if (entity === 'attribute') {
    const known = {
      ...vocabulary.attributes,
      ...(options.ordering ? vocabulary.orderOnly : {}),
    };
    if (own(known, key) === undefined) {
      throw new InputError(
        `Invalid attribute key '${key}' specified. Valid keys are '${Object.keys(
          known,
        ).join("', '")}'`,
      );
    }
  }
  if (entity === 'dataset' && !DATASET_KEYS.includes(key)) {
    throw new InputError(
      `Invalid dataset key '${key}' specified. Valid keys are '${DATASET_KEYS.join(
        "', '",
      )}'`,
    );
  }
  if (
    entity === 'span' &&
    !SPAN_KEYS.includes(key) &&
    !/^attributes\..+/.test(key)
  ) {
    throw new InputError(
      `Invalid span attribute '${key}' specified. Valid keys are '${SPAN_KEYS.join(
        "', '",
      )}' and 'attributes.<name>'`,
    );
  }
  return { entity, key };
}

/** Whether an attribute has several values at once. */
export function isSet(
  entity: Entity,
  key: string,
  vocabulary: Vocabulary,
): boolean {
  return (
    entity === 'attribute' && own(vocabulary.sets ?? {}, key) !== undefined
  );
}

function own<T>(record: Record<string, T>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}

export const runVocabulary: Vocabulary = {
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
  attributes: {
    run_id: 'runs.run_id',
    run_name: 'runs.name',
    'run name': 'runs.name',
    'Run name': 'runs.name',
    'Run Name': 'runs.name',
    status: 'runs.status',
    user_id: 'runs.user_id',
    artifact_uri: 'runs.artifact_uri',
    lifecycle_stage: 'runs.lifecycle_stage',
    start_time: 'runs.start_time',
    created: 'runs.start_time',
    Created: 'runs.start_time',
    end_time: 'runs.end_time',
  },
  numbers: ['start_time', 'created', 'Created', 'end_time'],
  lists: ['run_id'],
};

export const experimentVocabulary: Vocabulary = {
  entities: ['tag', 'attribute'],
  attributes: {
    name: 'experiments.name',
    experiment_id: 'CAST(experiments.experiment_id AS TEXT)',
    creation_time: 'experiments.creation_time',
    last_update_time: 'experiments.last_update_time',
  },
  numbers: ['creation_time', 'last_update_time'],
  lists: ['experiment_id'],
};

/** Beyond MLflow's words: metrics, params and data sets of the run behind a version, its stage and flavor, its model's owner. */
export const versionVocabulary: Vocabulary = {
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
  attributes: {
    name: 'model_versions.name',
    version_number: 'model_versions.version',
    run_id: 'model_versions.run_id',
    source_path: 'model_versions.source',
    stage: 'model_versions.stage',
    current_stage: 'model_versions.stage',
    owner:
      '(SELECT COALESCE(m.owner, m.entity_owner) FROM registered_models m WHERE m.name = model_versions.name)',
    flavor: 'x.flavor',
  },
  orderOnly: {
    creation_timestamp: 'model_versions.creation_time',
    last_updated_timestamp: 'model_versions.last_updated_time',
  },
  numbers: ['version_number', 'creation_timestamp', 'last_updated_timestamp'],
  lists: ['name', 'run_id', 'stage', 'current_stage', 'owner', 'flavor'],
  sets: {
    flavor:
      'model_version_flavors x WHERE x.name = model_versions.name AND x.version = model_versions.version',
  },
};

/** What a search of models says of the model itself. */
export const modelVocabulary: Vocabulary = {
  entities: ['tag', 'attribute'],
  attributes: {
    name: 'registered_models.name',
    owner: 'COALESCE(registered_models.owner, registered_models.entity_owner)',
  },
  orderOnly: {
    timestamp: 'registered_models.last_updated_time',
    creation_timestamp: 'registered_models.creation_time',
    last_updated_timestamp: 'registered_models.last_updated_time',
  },
  numbers: ['timestamp', 'creation_timestamp', 'last_updated_timestamp'],
  lists: ['owner'],
};

/** What it may also say: that one and the same version is like this. */
export const versionOfModelVocabulary: Vocabulary = {
  ...modelVocabulary,
  entities: versionVocabulary.entities,
  attributes: {
    ...modelVocabulary.attributes,
    ...Object.fromEntries(
      VERSION_ATTRIBUTES.map(key => [key, versionVocabulary.attributes[key]]),
    ),
  },
  lists: ['owner', ...VERSION_ATTRIBUTES],
};

/** Whether a comparison in a search of models speaks of a version. */
export function speaksOfVersion(named: {
  entity: Entity;
  key: string;
}): boolean {
  if (named.entity === 'attribute') {
    return VERSION_ATTRIBUTES.includes(named.key);
  }
  return named.entity !== 'tag';
}

export const loggedModelVocabulary: Vocabulary = {
  entities: ['metric', 'param', 'tag', 'attribute'],
  attributes: {
    name: 'logged_models.name',
    model_id: 'logged_models.model_id',
    model_type: 'logged_models.model_type',
    status: 'logged_models.status',
    source_run_id: 'logged_models.source_run_id',
    creation_time: 'logged_models.creation_time',
    creation_timestamp: 'logged_models.creation_time',
    last_updated_time: 'logged_models.last_updated_time',
    last_updated_timestamp: 'logged_models.last_updated_time',
  },
  numbers: [
    'creation_time',
    'creation_timestamp',
    'last_updated_time',
    'last_updated_timestamp',
  ],
  lists: ['name', 'model_id', 'model_type', 'status', 'source_run_id'],
};
