import { stageOfAlias } from '../../domain/policy';
import type { ImportCursor } from '../../stores/ImportStore';
import { checkAlias, checkModelName, limits } from '../validation';
import { importVersion } from './importVersion';
import { PROMPTS } from './MlflowSource';
import { PROMPT_TAG } from '../../stores/ModelStore';
import { bringOver, foreignTags, LeaveOut, type Importing } from './importing';
import type { SourceModel } from './sourceSchemas';

/** A page of registered models with all that is theirs; after the models, the prompts. */
export async function importModels(
  work: Importing,
  cursor: ImportCursor,
): Promise<ImportCursor | 'done'> {
  const prompts = cursor.within === 'prompts';
  const page = await work.source.models(
    prompts ? PROMPTS : undefined,
    cursor.pageToken,
  );
  for (const model of page.registered_models) {
    if (work.spent()) return cursor;
    await importModel(work, model);
    if (!(await importVersions(work, model))) return cursor;
    await importAliases(work, model);
  }
  if (page.next_page_token) {
    return { ...cursor, pageToken: page.next_page_token };
  }
  return prompts ? 'done' : { phase: 'model', within: 'prompts' };
}

async function importModel(work: Importing, model: SourceModel): Promise<void> {
  const { models, stages, imports, record, clock } = work;
  const { name } = model;
  const thing = { kind: 'model' as const, sourceId: name };
  await bringOver(work, thing, async known => {
    try {
      checkModelName(name);
    } catch (error) {
      throw new LeaveOut(
        error instanceof Error ? error.message : String(error),
      );
    }
    const here = await models.findModel(models.database, name);
    if (here && !known?.targetId) {
      throw new LeaveOut(
        'A model of this name is here already, and did not come from this server; it and its versions were left alone',
      );
    }
    if (!here) {
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

/** False when there was no time for all of them. */
async function importVersions(
  work: Importing,
  model: SourceModel,
): Promise<boolean> {
  const { name } = model;
  const isPrompt = model.tags.some(({ key }) => key === PROMPT_TAG);
  let pageToken: string | undefined;
  do {
    const page = await work.source.versions({ name, isPrompt }, pageToken);
    for (const version of page.model_versions) {
      if (work.spent()) return false;
      await importVersion(work, model, version);
    }
    pageToken = page.next_page_token;
  } while (pageToken);
  return true;
}

/** Aliases that stand for a stage follow the stage here, and are not set from outside. */
async function importAliases(
  work: Importing,
  model: SourceModel,
): Promise<void> {
  const { models, stages, imports, record, policy, clock } = work;
  const { name } = model;
  for (const { alias, version: number } of model.aliases) {
    const version = Number(number);
    const thing = {
      kind: 'alias' as const,
      sourceId: `${name}@${alias}`,
      stamp: String(version),
    };
    await bringOver(work, thing, async () => {
      const owned = await imports.findItem(record.source, 'model', name);
      if (
        !owned?.targetId ||
        !(await models.findVersion(models.database, name, version))
      ) {
        throw new LeaveOut('The version it points at was not imported');
      }
      if (stageOfAlias(alias, policy)) {
        throw new LeaveOut(
          `It is protected here and follows the stage; promote version ${version} to have it`,
        );
      }
      try {
        checkAlias(alias);
      } catch (error) {
        throw new LeaveOut(
          error instanceof Error ? error.message : String(error),
        );
      }
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
      return { targetId: `${name}@${alias}` };
    });
  }
}
