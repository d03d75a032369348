import { PROMPT_TAG } from '../kernel/tags';
import { fromMlflowName, readVersionUri } from '../versions/mlflowNames';
import { locationInRun, NO_FILES } from '../versions/resolveSource';
import { limits } from '../kernel/validation';
import { bringOver, foreignTags, LeaveOut, type Importing } from './importing';
import { SourceError } from './MlflowSource';
import type { SourceModel, SourceVersion } from './sourceSchemas';

/** Where the stage is kept that a version had on the other server. */
const IMPORTED_STAGE_TAG = 'downstage.imported.stage';

/**
 * A version under its number. It arrives without a stage (archived ones as
 * archived); the stage it had stands in a tag. Only an import that was asked to,
 * with a reason, puts production versions into production, flagged in the ledger.
 */
export async function importVersion(
  work: Importing,
  model: SourceModel,
  version: SourceVersion,
): Promise<void> {
  const { models, stages, imports, record, knex, clock } = work;
  const thing = {
    kind: 'version' as const,
    sourceId: `${model.name}/${version.version}`,
  };
  await bringOver(work, thing, async () => {
    const owned = await imports.findItem(record.source, 'model', model.name);
    if (!owned?.targetId || owned.outcome === 'left-out') {
      throw new LeaveOut('Its model was left out');
    }
    const name = await fromMlflowName(model.name, models);
    const here = await models.findModel(models.database, name);
    if (!here) throw new LeaveOut('Its model was deleted here');
    if (here.lastVersion >= version.version) throw madeHere(version);
    const location = await locate(work, model, version);
    const now = clock();
    const stage = version.current_stage.toLowerCase();
    const tags = foreignTags(version.tags, limits.registryTagValue);
    if (stage !== 'none') {
      tags.push({ key: IMPORTED_STAGE_TAG, value: version.current_stage });
    }
    await knex.transaction(async tx => {
      await stages.lockModel(tx, name);
      // Numbers that were deleted over there stay free here.
      const isNext = await tx('registered_models')
        .where({ name })
        .where('last_version', '<', version.version)
        .update({ last_version: version.version - 1 });
      // While its files were looked for.
      if (!isNext) throw madeHere(version);
      await models.createVersion(tx, {
        name,
        source: version.source,
        storageLocation: location.storageLocation,
        runId: location.runId,
        runLink: version.run_link,
        modelId: location.modelId,
        description: version.description,
        createdBy: record.createdBy,
        tags: Object.fromEntries(tags.map(tag => [tag.key, tag.value])),
        now: version.creation_timestamp || now.getTime(),
      });
      await stages.append(tx, name, {
        at: now.toISOString(),
        actor: record.createdBy,
        action: 'version-created',
        version: version.version,
        to: 'none',
        message: `Imported from ${record.uri}, where it was in ${version.current_stage}`,
        details: {
          source: version.source,
          importedFrom: record.uri,
          importedStage: version.current_stage,
          ...(version.user_id && { madeBy: version.user_id }),
        },
      });
      const enter = stage === 'production' && record.stages === 'enter';
      if (enter || stage === 'archived') {
        await stages.enter(tx, {
          name,
          version: version.version,
          from: 'none',
          to: enter ? 'production' : 'archived',
          actor: record.createdBy,
          action: enter ? 'break-glass' : 'archived',
          message: enter
            ? `In production on ${record.uri}; entered past the gates: ${
                record.reason ?? ''
              }`
            : `Archived on ${record.uri}`,
          details: { importedFrom: record.uri },
          flagged: enter,
          now,
        });
      }
      await imports.saveItem(tx, record.source, {
        ...thing,
        targetId: thing.sourceId,
        outcome: 'added',
        importId: record.id,
      });
    });
    return { targetId: thing.sourceId };
  });
}

function madeHere({ version }: SourceVersion) {
  return new LeaveOut(`Version ${version} was made here meanwhile, or deleted`);
}

type Location = { storageLocation: string; runId?: string; modelId?: string };

/** Where the files of a version lie here. */
async function locate(
  work: Importing,
  model: SourceModel,
  version: SourceVersion,
): Promise<Location> {
  const { source } = version;
  if (model.tags.some(({ key }) => key === PROMPT_TAG)) {
    return { storageLocation: NO_FILES };
  }
  const copy = await readVersionUri(source, work.models);
  if (copy) {
    const { models } = work;
    const original = await models.findVersion(
      models.database,
      copy.name,
      Number(copy.version),
    );
    if (original) {
      const { storageLocation, runId, modelId } = original;
      return { storageLocation, runId, modelId };
    }
  }
  const found =
    (await locateAt(work, version, source)) ??
    (await locateAt(work, version, await downloadUri(work, version)));
  if (found) return found;
  throw new LeaveOut(
    `Its files lie at ${source}, which is not among what was imported`,
  );
}

async function locateAt(
  work: Importing,
  version: SourceVersion,
  address: string,
): Promise<Location | undefined> {
  const { runs, loggedModels } = work;
  const modelId =
    version.model_id ??
    /(?:^models:\/+|\/models\/)(m-[0-9a-f]{32})(?:\/|$)/.exec(address)?.[1];
  const logged = modelId ? await loggedModels.find(modelId) : undefined;
  if (logged && !logged.deleted) {
    const runId = version.run_id || logged.sourceRunId;
    const run = runId ? await runs.findInfo(runId) : undefined;
    return {
      storageLocation: logged.artifactUri,
      runId: run?.runId,
      modelId: logged.modelId,
    };
  }
  const [, inRun, path] =
    /^runs:\/+([\w-]+)\/(.+)$/.exec(address) ??
    /\/([\w-]+)\/artifacts\/(.+)$/.exec(address) ??
    [];
  const run = inRun ? await runs.findInfo(inRun) : undefined;
  if (!run || path.split(/[/\\]/).includes('..')) return undefined;
  const storageLocation = locationInRun(run.artifactUri, path);
  return { storageLocation, runId: run.runId };
}

async function downloadUri(
  work: Importing,
  version: SourceVersion,
): Promise<string> {
  try {
    return await work.source.downloadUri(version.name, String(version.version));
  } catch (error) {
    if (error instanceof SourceError && error.status < 500) return '';
    throw error;
  }
}
