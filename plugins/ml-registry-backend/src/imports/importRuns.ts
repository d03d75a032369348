import type { ImportCursor } from './ImportStore';
import { limits } from '../kernel/validation';
import { copyArtifacts } from './copyArtifacts';
import { eachExperiment } from './importExperiments';
import {
  bringOver,
  cameWhole,
  foreignTags,
  LeaveOut,
  type Importing,
} from './importing';
import type { SourceMetric, SourceRun } from './sourceSchemas';

const ENDED = ['FINISHED', 'FAILED', 'KILLED'];
const STATUSES = [...ENDED, 'RUNNING', 'SCHEDULED'];
const BATCH = 1000;

/** A page of the runs of one experiment, deleted ones included. */
export function importRuns(
  work: Importing,
  cursor: ImportCursor,
): Promise<ImportCursor> {
  return eachExperiment(work, cursor, {
    next: { phase: 'model' },
    visit: async ({ sourceId, targetId }, pageToken) => {
      const page = await work.source.runs(sourceId, pageToken);
      for (const run of page.runs) {
        if (work.spent()) return 'spent';
        await importRun(work, run, targetId);
      }
      return { next: page.next_page_token };
    },
  });
}

async function importRun(
  work: Importing,
  run: SourceRun,
  experimentId: string,
): Promise<void> {
  const { info } = run;
  const runId = info.run_id;
  // A run that goes on is looked at again by the next import.
  const stamp = ENDED.includes(info.status)
    ? `${info.status} ${info.end_time ?? ''} ${info.lifecycle_stage}`
    : `of import ${work.record.id}`;
  const thing = { kind: 'run' as const, sourceId: runId, stamp };
  await bringOver(work, thing, async known => {
    const { runs, knex, imports, record } = work;
    const here = await runs.findInfo(runId);
    if (here && !known) {
      throw new LeaveOut(
        'A run of this id is here already, and did not come from this server',
      );
    }
    if (!STATUSES.includes(info.status)) {
      throw new LeaveOut(`Unknown status ${info.status}`);
    }
    if (
      known?.targetId &&
      known.outcome !== 'begun' &&
      here?.lifecycleStage === 'deleted'
    ) {
      throw new LeaveOut('It was deleted here after it had been imported');
    }
    if (!known?.targetId) {
      // Before the run, so that a crash in between leaves a run that is known to be ours.
      await imports.saveItem(knex, record.source, {
        ...thing,
        targetId: runId,
        outcome: 'begun',
        importId: record.id,
      });
    }
    const target = `${here?.experimentId ?? experimentId}/${runId}/artifacts`;
    if (!here) {
      await runs.create(
        knex,
        {
          runId,
          experimentId,
          name: info.run_name || runId,
          status: info.status,
          userId: info.user_id.slice(0, 255),
          startTime: info.start_time,
          endTime: info.end_time,
          lifecycleStage: 'active',
          artifactUri: `mlflow-artifacts:/${target}`,
          owner: record.owner,
          createdBy: record.createdBy,
        },
        [{ key: 'mlflow.runName', value: info.run_name || runId }],
      );
    }
    const points = await copyData(work, run);
    await copyInputs(work, run, here?.experimentId ?? experimentId);
    const copied = await copyArtifacts(
      work,
      { uri: info.artifact_uri, runId },
      { folder: target, wasWhole: cameWhole(known) },
    );
    const done = { targetId: runId, points, ...copied };
    await knex.transaction(async tx => {
      const deleted = info.lifecycle_stage === 'deleted';
      await runs.update(tx, runId, {
        status: info.status,
        endTime: info.end_time,
        ...(deleted && {
          lifecycleStage: 'deleted',
          deletedTime: work.clock().getTime(),
        }),
      });
      // With the end of the run: a deleted run takes nothing any more.
      await imports.saveItem(tx, record.source, {
        ...thing,
        ...done,
        outcome: 'added',
        importId: record.id,
      });
    });
    return done;
  });
}

/** Params, tags and the whole history of every metric; answers how many points there are. */
async function copyData(work: Importing, run: SourceRun): Promise<number> {
  const { runData, knex, source } = work;
  const { data, info } = run;
  const write = async (batch: {
    metrics?: SourceMetric[];
    params?: { key: string; value: string }[];
    tags?: { key: string; value: string }[];
  }) => {
    const outcome = await runData.writeBatch(knex, info.run_id, {
      metrics: batch.metrics ?? [],
      params: batch.params ?? [],
      tags: batch.tags ?? [],
    });
    if (outcome !== 'written') {
      throw new LeaveOut('It was deleted here while it was imported');
    }
  };
  const tags = foreignTags(data.tags, limits.runTagValue);
  const params = foreignTags(data.params, limits.paramValue);
  for (let at = 0; at < Math.max(tags.length, params.length); at += 100) {
    await write({
      tags: tags.slice(at, at + 100),
      params: params.slice(at, at + 100),
    });
  }
  let points = 0;
  for (const { key } of data.metrics) {
    if (!key || key.length > limits.key) continue;
    let pageToken: string | undefined;
    do {
      const page = await source.history(info.run_id, key, pageToken);
      const metrics = page.metrics.map(metric => ({ ...metric, key }));
      for (let at = 0; at < metrics.length; at += BATCH) {
        await write({ metrics: metrics.slice(at, at + BATCH) });
      }
      points += metrics.length;
      pageToken = page.metrics.length ? page.next_page_token : undefined;
    } while (pageToken);
  }
  return points;
}

async function copyInputs(
  work: Importing,
  run: SourceRun,
  experimentId: string,
): Promise<void> {
  const { runData, runs, knex, loggedModels, newId } = work;
  const runId = run.info.run_id;
  const links = [
    ...run.inputs.model_inputs.map(({ model_id: modelId }) => ({
      modelId,
      direction: 'input' as const,
      step: 0,
    })),
    ...run.outputs.model_outputs.map(({ model_id: modelId, step }) => ({
      modelId,
      direction: 'output' as const,
      step,
    })),
  ];
  const existing = await loggedModels.existing(
    knex,
    links.map(({ modelId }) => modelId),
  );
  await knex.transaction(async tx => {
    await runs.lock(tx, runId);
    await runData.addDatasets(
      tx,
      { runId, experimentId },
      run.inputs.dataset_inputs.map(({ dataset, tags }) => ({
        name: dataset.name.slice(0, 500),
        digest: dataset.digest.slice(0, 36),
        sourceType: dataset.source_type,
        source: dataset.source,
        schema: dataset.schema,
        profile: dataset.profile,
        tags: Object.fromEntries(
          foreignTags(tags, 500).map(({ key, value }) => [key, value]),
        ),
      })),
      newId,
    );
    await runData.linkModels(
      tx,
      runId,
      links.filter(({ modelId }) => existing.has(modelId)),
    );
  });
}
