import {
  runNames,
  type Named,
  type RunAttribute,
  type SearchNames,
} from '@downstage/plugin-ml-registry-common';

/** What may be named in one kind of search, and the columns behind it. */
export type Vocabulary = SearchNames & {
  /** Attributes and the column behind each. */
  columns: Record<string, string>;
  /** The column behind each attribute that may only order. */
  orderColumns?: Record<string, string>;
  /** Attributes and orders whose column is never null: an index can order by them. */
  always?: string[];
  /** Attributes of the model behind a row: found among models, which are few, and not once for every row. */
  ofModel?: Record<string, { name: string; column: string }>;
  /** Attributes with several values at once, as rows of another table: `table x WHERE x.id = outer.id`. They cannot order. */
  sets?: Record<string, string>;
};

/** A vocabulary whose names are those that have a column. */
export function vocabularyOf(
  columns: Omit<Vocabulary, 'attributes' | 'orderOnly' | 'several'>,
): Vocabulary {
  return {
    ...columns,
    attributes: Object.keys(columns.columns),
    orderOnly: Object.keys(columns.orderColumns ?? {}),
    several: Object.keys(columns.sets ?? {}),
  };
}

const VERSION_ATTRIBUTES = ['stage', 'current_stage', 'flavor', 'run_id'];

/** Whether an attribute has several values at once. */
export function isSet({ entity, key }: Named, vocabulary: Vocabulary): boolean {
  return entity === 'attribute' && vocabulary.several?.includes(key) === true;
}

const runColumns: Record<RunAttribute, string> = {
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
};

export const runVocabulary: Vocabulary = {
  ...runNames,
  columns: runColumns,
  always: ['run_id', 'status', 'start_time', 'created', 'Created'],
};

export const experimentVocabulary = vocabularyOf({
  entities: ['tag', 'attribute'],
  columns: {
    name: 'experiments.name',
    experiment_id: 'CAST(experiments.experiment_id AS TEXT)',
    creation_time: 'experiments.creation_time',
    last_update_time: 'experiments.last_update_time',
  },
  numbers: ['creation_time', 'last_update_time'],
  lists: ['experiment_id'],
  always: ['name', 'experiment_id', 'creation_time', 'last_update_time'],
});

/** Beyond MLflow's words: metrics, params and data sets of the run behind a version, its stage and flavor, its model's owner. */
export const versionVocabulary = vocabularyOf({
  entities: ['metric', 'param', 'tag', 'attribute', 'dataset'],
  columns: {
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
  orderColumns: {
    creation_timestamp: 'model_versions.creation_time',
    last_updated_timestamp: 'model_versions.last_updated_time',
  },
  numbers: ['version_number', 'creation_timestamp', 'last_updated_timestamp'],
  lists: ['name', 'run_id', 'stage', 'current_stage', 'owner', 'flavor'],
  always: [
    'name',
    'version_number',
    'stage',
    'current_stage',
    'creation_timestamp',
    'last_updated_timestamp',
  ],
  ofModel: {
    owner: {
      name: 'model_versions.name',
      column: 'COALESCE(m.owner, m.entity_owner)',
    },
  },
  sets: {
    flavor:
      'model_version_flavors x WHERE x.name = model_versions.name AND x.version = model_versions.version',
  },
});

/** What a search of models says of the model itself. */
export const modelVocabulary = vocabularyOf({
  entities: ['tag', 'attribute'],
  columns: {
    name: 'registered_models.name',
    owner: 'COALESCE(registered_models.owner, registered_models.entity_owner)',
  },
  orderColumns: {
    timestamp: 'registered_models.last_updated_time',
    creation_timestamp: 'registered_models.creation_time',
    last_updated_timestamp: 'registered_models.last_updated_time',
  },
  numbers: ['timestamp', 'creation_timestamp', 'last_updated_timestamp'],
  lists: ['owner'],
  always: ['name', 'timestamp', 'creation_timestamp', 'last_updated_timestamp'],
});

/** What it may also say: that one and the same version is like this. */
export const versionOfModelVocabulary = vocabularyOf({
  ...modelVocabulary,
  entities: versionVocabulary.entities,
  columns: {
    ...modelVocabulary.columns,
    ...Object.fromEntries(
      VERSION_ATTRIBUTES.map(key => [key, versionVocabulary.columns[key]]),
    ),
  },
  lists: ['owner', ...VERSION_ATTRIBUTES],
});

/** Whether a comparison in a search of models speaks of a version. */
export function speaksOfVersion(named: Named): boolean {
  if (named.entity === 'attribute') {
    return VERSION_ATTRIBUTES.includes(named.key);
  }
  return named.entity !== 'tag';
}

export const loggedModelVocabulary = vocabularyOf({
  entities: ['metric', 'param', 'tag', 'attribute'],
  columns: {
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
});
