import { int64Bound } from '../kernel/database/int64Columns';
import type { ImportCursor } from './ImportStore';
import { copyArtifacts } from './copyArtifacts';
import { eachExperiment } from './importExperiments';
import {
  bringOver,
  cameWhole,
  foreignTags,
  LeaveOut,
  type Importing,
} from './importing';
import type { SourceLoggedModel } from './sourceSchemas';
import { SourceError } from './MlflowSource';

const VALUE_LIMIT = 8000;
const STATUSES = [
  'LOGGED_MODEL_STATUS_UNSPECIFIED',
  'LOGGED_MODEL_PENDING',
  'LOGGED_MODEL_READY',
  'LOGGED_MODEL_UPLOAD_FAILED',
];

/** A page of the logged models of one experiment. */
export function importLoggedModels(
  work: Importing,
  cursor: ImportCursor,
): Promise<ImportCursor> {
  return eachExperiment(work, cursor, {
    next: { phase: 'run' },
    visit: async ({ sourceId, targetId }, pageToken) => {
      const page = await pageOf(work, sourceId, pageToken);
      for (const model of page?.models ?? []) {
        if (work.spent()) return 'spent';
        await importLoggedModel(work, model, targetId);
      }
      return { next: page?.next_page_token };
    },
  });
}

/** Nothing on servers before MLflow 3, which do not know the address. */
async function pageOf(
  { source }: Importing,
  experimentId: string,
  pageToken: string | undefined,
) {
  try {
    return await source.loggedModels(experimentId, pageToken);
  } catch (error) {
    if (error instanceof SourceError && error.status === 404) return undefined;
    throw error;
  }
}

async function importLoggedModel(
  work: Importing,
  model: SourceLoggedModel,
  experimentId: string,
): Promise<void> {
  const { info, data } = model;
  const modelId = info.model_id;
  const status = STATUSES[Number(info.status)] ?? info.status;
  const thing = {
    kind: 'logged-model' as const,
    sourceId: modelId,
    stamp: status,
  };
  await bringOver(work, thing, async known => {
    const { loggedModels, knex, record, imports } = work;
    if (!/^m-[0-9a-f]{32}$/.test(modelId)) {
      throw new LeaveOut('Its id is not one of a logged model');
    }
    if (!STATUSES.includes(status))
      throw new LeaveOut(`Unknown status ${status}`);
    const here = await loggedModels.find(modelId);
    if (here && !known) {
      throw new LeaveOut(
        'A logged model of this id is here already, and did not come from this server',
      );
    }
    const artifactUri = `mlflow-artifacts:/${experimentId}/models/${modelId}/artifacts`;
    if (!here) {
      await knex.transaction(async tx => {
        await imports.saveItem(tx, record.source, {
          ...thing,
          targetId: modelId,
          outcome: 'begun',
          importId: record.id,
        });
        await loggedModels.create(tx, {
          modelId,
          experimentId,
          name: info.name.slice(0, 500),
          artifactUri,
          creationTime: info.creation_timestamp_ms,
          status,
          modelType: info.model_type.slice(0, 500),
          sourceRunId: info.source_run_id.slice(0, 64),
          owner: record.owner,
          createdBy: record.createdBy,
          tags: foreignTags(info.tags, VALUE_LIMIT),
          params: foreignTags(data.params, VALUE_LIMIT),
        });
        for (const metric of data.metrics) {
          if (metric.key.length > 250) continue;
          const isNan = Number.isNaN(metric.value);
          await tx('logged_model_metrics')
            .insert({
              model_id: modelId,
              key: metric.key,
              timestamp: int64Bound(metric.timestamp),
              step: int64Bound(metric.step),
              value: isNan ? 0 : finite(metric.value),
              is_nan: isNan,
              run_id: metric.run_id.slice(0, 64),
              dataset_name: metric.dataset_name.slice(0, 500),
              dataset_digest: metric.dataset_digest.slice(0, 36),
            })
            .onConflict(['model_id', 'key', 'timestamp', 'step', 'run_id'])
            .ignore();
        }
      });
    }
    const copied = await copyArtifacts(
      work,
      { uri: info.artifact_uri },
      {
        folder: `${experimentId}/models/${modelId}/artifacts`,
        wasWhole: cameWhole(known),
      },
    );
    await loggedModels.update(knex, modelId, {
      status,
      now: work.clock().getTime(),
    });
    return { targetId: modelId, ...copied };
  });
}

function finite(value: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, value));
}
