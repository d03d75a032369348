import { stageOfAlias } from '../versions/domain/policy';
import type { ImportCursor } from './ImportStore';
import { fromMlflowName } from '../versions/mlflowNames';
import {
  checkAlias,
  checkModelName,
  checkNewModelName,
  limits,
} from '../kernel/validation';
import { importVersion } from './importVersion';
import { PROMPTS } from './MlflowSource';
import { PROMPT_TAG } from '../kernel/tags';
import { bringOver, foreignTags, LeaveOut, type Importing } from './importing';
import type { SourceModel } from './sourceSchemas';

/** A page of registered models with all that is theirs; after the models, the prompts. */
export async function importModels(
  work: Importing,
  cursor: ImportCursor,
): Promise<ImportCursor | 'done'> {
  const { within, pageToken } = cursor;
  const prompts = within === 'prompts';
  const page = await work.source.models(
    prompts ? PROMPTS : undefined,
    pageToken,
  );
  const models = page.registered_models;
  const start = models.findIndex(({ name }) => name === cursor.model);
  for (const model of models.slice(Math.max(0, start))) {
    const here = { phase: cursor.phase, within, pageToken, model: model.name };
    const versionsToken =
      model.name === cursor.model ? cursor.versionsToken : undefined;
    if (work.spent()) return { ...here, versionsToken };
    await importModel(work, model);
    const stopped = await importVersions(work, model, versionsToken);
    if (stopped) return { ...here, versionsToken: stopped.pageToken };
    await importAliases(work, model);
  }
  if (page.next_page_token) {
    return { phase: cursor.phase, within, pageToken: page.next_page_token };
  }
  return prompts ? 'done' : { phase: 'model', within: 'prompts' };
}

async function importModel(work: Importing, model: SourceModel): Promise<void> {
  const { models, stages, imports, record, clock } = work;
  const thing = { kind: 'model' as const, sourceId: model.name };
  await bringOver(work, thing, async known => {
    orLeaveOut(() => checkModelName(model.name));
    const name = await fromMlflowName(model.name, models);
    const here = await models.findModel(models.database, name);
    if (here && !known?.targetId) {
      throw new LeaveOut(
        'A model of this name is here already, and did not come from this server; it and its versions were left alone',
      );
    }
    if (!here) {
      orLeaveOut(() => checkNewModelName(name));
      const now = clock();
      const tags = foreignTags(model.tags, limits.registryTagValue);
      await models.transaction(async tx => {
        await models.createModel(tx, {
          name,
          description: model.description,
          owner: record.owner,
          createdBy: record.createdBy,
          tags: Object.fromEntries(tags.map(tag => [tag.key, tag.value])),
          now: model.creation_timestamp || now.getTime(),
        });
        await stages.append(tx, name, {
          at: now.toISOString(),
          actor: record.createdBy,
          action: 'registered',
          message: `Imported from ${record.uri}`,
          details: { importedFrom: record.uri },
        });
        await imports.saveItem(tx, record.source, {
          ...thing,
          targetId: name,
          outcome: 'added',
          importId: record.id,
        });
      });
    }
    return { targetId: name };
  });
}

/** The versions from a page on; answers the page that there was no time for. */
async function importVersions(
  work: Importing,
  model: SourceModel,
  from: string | undefined,
): Promise<{ pageToken?: string } | undefined> {
  const { name } = model;
  const isPrompt = model.tags.some(({ key }) => key === PROMPT_TAG);
  let pageToken = from;
  do {
    const page = await work.source.versions({ name, isPrompt }, pageToken);
    for (const version of page.model_versions) {
      if (work.spent()) return { pageToken };
      await importVersion(work, model, version);
    }
    pageToken = page.next_page_token;
  } while (pageToken);
  return undefined;
}

/** Aliases that stand for a stage follow the stage here, and are not set from outside. */
async function importAliases(
  work: Importing,
  model: SourceModel,
): Promise<void> {
  const { models, stages, imports, record, policy, clock } = work;
  for (const { alias, version: number } of model.aliases) {
    const version = Number(number);
    const thing = {
      kind: 'alias' as const,
      sourceId: `${model.name}@${alias}`,
      stamp: String(version),
    };
    await bringOver(work, thing, async () => {
      const owned = await imports.findItem(record.source, 'model', model.name);
      const name = owned?.targetId;
      if (
        name === undefined ||
        !(await models.findVersion(models.database, name, version))
      ) {
        throw new LeaveOut('The version it points at was not imported');
      }
      if (stageOfAlias(alias, policy)) {
        throw new LeaveOut(
          `It is protected here and follows the stage; promote version ${version} to have it`,
        );
      }
      orLeaveOut(() => checkAlias(alias));
      const now = clock();
      await models.transaction(async tx => {
        await models.setAlias(tx, { name, alias, version, now: now.getTime() });
        await stages.append(tx, name, {
          at: now.toISOString(),
          actor: record.createdBy,
          action: 'alias-set',
          version,
          message: `The alias ${alias} points here, as it did on ${record.uri}`,
          details: { alias, importedFrom: record.uri },
        });
      });
      return { targetId: thing.sourceId };
    });
  }
}

/** What a check refuses is left out, in its words. */
function orLeaveOut(check: () => void): void {
  try {
    check();
  } catch (error) {
    throw new LeaveOut(error instanceof Error ? error.message : String(error));
  }
}
