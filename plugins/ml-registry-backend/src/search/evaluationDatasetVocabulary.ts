import type { Tables } from './compile';
import { vocabularyOf } from './vocabulary';

/** What filters and orders of evaluation data sets may name. */
export const evaluationDatasetVocabulary = vocabularyOf({
  entities: ['tag', 'attribute'],
  columns: {
    name: 'evaluation_datasets.name',
    created_by: 'evaluation_datasets.created_by',
    last_updated_by: 'evaluation_datasets.last_updated_by',
    created_time: 'evaluation_datasets.created_time',
    last_update_time: 'evaluation_datasets.last_update_time',
  },
  numbers: ['created_time', 'last_update_time'],
  lists: ['name'],
});

export const evaluationDatasetTables: Tables = {
  join: 'x.dataset_id = evaluation_datasets.dataset_id',
  tags: 'evaluation_dataset_tags',
};
