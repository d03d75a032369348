import { InputError } from '@backstage/errors';
import type { EvaluationDatasetService } from '../../evaluations/EvaluationDatasetService';
import type {
  EvaluationDataset,
  EvaluationRecord,
} from '../../evaluations/EvaluationDatasetStore';
import type { Message } from '../protocol/Message';
import { readLimit, type MlflowRoute } from '../protocol/routes';

/** `/api/3.0/mlflow/datasets`, which are `mlflow.genai.datasets` */
export function evaluationDatasetRoutes(
  service: EvaluationDatasetService,
): MlflowRoute[] {
  const search: MlflowRoute['handle'] = async (message, caller) => {
    const page = await service.search(
      {
        experimentIds: message.strings('experiment_ids'),
        filter: message.string('filter_string'),
        orderBy: message.strings('order_by'),
        pageToken: message.string('page_token') || undefined,
        limit: readLimit(message, { default: 1000, max: 50_000 }),
      },
      { caller },
    );
    return {
      datasets: page.datasets.length ? page.datasets.map(render) : undefined,
      next_page_token: page.nextPageToken,
    };
  };
  const routes: Omit<MlflowRoute, 'version'>[] = [
    {
      method: 'post',
      path: 'datasets/create',
      handle: async (message, caller) => ({
        dataset: render(
          await service.create(
            {
              name: message.required('name'),
              experimentIds: message.strings('experiment_ids'),
              tags: readTagsText(message),
            },
            { caller },
          ),
        ),
      }),
    },
    { method: 'post', path: 'datasets/search', handle: search },
    { method: 'get', path: 'datasets/search', handle: search },
    {
      method: 'get',
      path: 'datasets/:dataset_id',
      handle: async (message, caller) => ({
        dataset: render(await service.get(readId(message), { caller })),
      }),
    },
    {
      method: 'delete',
      path: 'datasets/:dataset_id',
      handle: async (message, caller) => {
        await service.delete(readId(message), { caller });
        return {};
      },
    },
    {
      method: 'patch',
      path: 'datasets/:dataset_id/tags',
      handle: async (message, caller) => {
        await service.setTags(
          { datasetId: readId(message), tags: readTagsText(message) },
          {
            caller,
          },
        );
        return {};
      },
    },
    {
      method: 'delete',
      path: 'datasets/:dataset_id/tags/:key',
      handle: async (message, caller) => {
        await service.deleteTag(
          { datasetId: readId(message), key: message.required('key') },
          {
            caller,
          },
        );
        return {};
      },
    },
    {
      method: 'post',
      path: 'datasets/:dataset_id/records',
      handle: async (message, caller) => {
        const { inserted, updated } = await service.putRecords(
          { datasetId: readId(message), text: message.required('records') },
          { caller },
        );
        return { inserted_count: inserted, updated_count: updated };
      },
    },
    {
      method: 'get',
      path: 'datasets/:dataset_id/records',
      handle: async (message, caller) => {
        const page = await service.records(
          {
            datasetId: readId(message),
            limit: readLimit(message, { default: 1000, max: 10_000 }),
            pageToken: message.string('page_token') || undefined,
          },
          { caller },
        );
        return {
          records: `[${page.records.map(recordText).join(', ')}]`,
          next_page_token: page.nextPageToken,
        };
      },
    },
    {
      method: 'delete',
      path: 'datasets/:dataset_id/records',
      handle: async (message, caller) => ({
        deleted_count: await service.deleteRecords(
          {
            datasetId: readId(message),
            ids: message.strings('dataset_record_ids'),
          },
          { caller },
        ),
      }),
    },
    {
      method: 'get',
      path: 'datasets/:dataset_id/experiment-ids',
      handle: async (message, caller) => {
        const ids = await service.experimentIds(readId(message), { caller });
        return { experiment_ids: ids.length ? ids : undefined };
      },
    },
    ...(['added', 'removed'] as const).map<Omit<MlflowRoute, 'version'>>(
      to => ({
        method: 'post',
        path: `datasets/:dataset_id/${
          to === 'added' ? 'add' : 'remove'
        }-experiments`,
        handle: async (message, caller) => {
          // Which experiments it has now is another question, as in MLflow.
          const { experimentIds, ...dataset } = await service.changeExperiments(
            {
              datasetId: readId(message),
              experimentIds: message.strings('experiment_ids'),
              to,
            },
            { caller },
          );
          return { dataset: render(dataset) };
        },
      }),
    ),
  ];
  return routes.map(route => ({ ...route, version: '3.0' }));
}

function readId(message: Message): string {
  return message.required('dataset_id');
}

/** Tags come as text that is a JSON object. */
function readTagsText(message: Message): Record<string, string> {
  const text = message.string('tags');
  if (!text) return {};
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    throw new InputError("The parameter 'tags' is not JSON", error);
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new InputError("The parameter 'tags' is a JSON object");
  }
  return Object.fromEntries(
    Object.entries(parsed).map(([key, value]) => [
      key,
      (typeof value === 'string' ? value : JSON.stringify(value)).replaceAll(
        '\0',
        '',
      ),
    ]),
  );
}

function render(dataset: EvaluationDataset & { experimentIds?: string[] }) {
  return {
    dataset_id: dataset.datasetId,
    name: dataset.name,
    tags: JSON.stringify(dataset.tags),
    schema: dataset.schema,
    profile: dataset.profile,
    digest: dataset.digest,
    created_time: dataset.createdTime,
    last_update_time: dataset.lastUpdateTime,
    created_by: dataset.createdBy,
    last_updated_by: dataset.lastUpdatedBy,
    experiment_ids: dataset.experimentIds?.length
      ? dataset.experimentIds
      : undefined,
  };
}

/** The record as text, its values as they were sent. */
function recordText(record: EvaluationRecord): string {
  const fields: [string, string | undefined][] = [
    ['dataset_record_id', JSON.stringify(record.recordId)],
    ['dataset_id', JSON.stringify(record.datasetId)],
    ['inputs', record.inputs],
    ['expectations', record.expectations],
    ['tags', record.tags],
    ['source', record.source],
    ['created_time', String(record.createdTime)],
    ['last_update_time', String(record.lastUpdateTime)],
    ['created_by', record.createdBy && JSON.stringify(record.createdBy)],
    [
      'last_updated_by',
      record.lastUpdatedBy && JSON.stringify(record.lastUpdatedBy),
    ],
    ['outputs', record.outputs],
  ];
  return `{${fields
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `"${name}": ${value}`)
    .join(', ')}}`;
}
