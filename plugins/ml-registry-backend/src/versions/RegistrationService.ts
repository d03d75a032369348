import { InputError, NotFoundError } from '@backstage/errors';
import { isStageAlias, stageOfAlias } from './domain/policy';
import type { Stage } from '@downstage/plugin-ml-registry-common';
import type { Caller, Call } from '@downstage/node';
import type { Knex } from 'knex';
import type { NewLedgerEntry } from '../ledger/LedgerStore';
import type {
  ModelStore,
  ModelVersionRow,
  RegisteredModelRow,
} from './stores/ModelStore';
import type { VersionHolds } from './VersionHolds';
import { PROMPT_TAG } from '../kernel/tags';
import { AlreadyExistsError, StageRefusedError } from '../kernel/errors';
import { pythonJson } from '../kernel/pythonText';
import { toMlflowName } from './mlflowNames';
import { resolveSource } from './resolveSource';
import type { StagePolicy } from './StagePolicy';
import { OWNER_TAG } from '../access/TrackingAccess';
import type { TrackingDeps } from '../tracking/trackingDeps';
import {
  checkAlias,
  checkKey,
  checkLength,
  checkNewModelName,
  limits,
} from '../kernel/validation';

export type RegistrationDeps = TrackingDeps & {
  models: ModelStore;
  holds: VersionHolds;
  stagePolicy: StagePolicy;
  /** Who owns the name: the registered model's owner, else that of `model:default/<name>` in the catalog. */
  entityOwner: (name: string) => Promise<string | undefined>;
  /** Called after a model was registered, before anybody else can name a file for it. */
  onModelCreated?: (name: string) => Promise<void>;
  /** Called after commit; may be called more than once for a version. */
  onVersionCreated: (version: ModelVersionRow) => Promise<void>;
};

/** Registered models and versions as MLflow clients write them. Stages go through the policy. */
export class RegistrationService {
  readonly #deps: RegistrationDeps;

  constructor(deps: RegistrationDeps) {
    this.#deps = deps;
  }

  async createModel(
    request: {
      name: string;
      description?: string;
      tags: Record<string, string>;
    },
    { caller }: Call,
  ): Promise<RegisteredModelRow> {
    const { access, models, clock } = this.#deps;
    const { name } = request;
    await this.#checkNew(name, { isPrompt: PROMPT_TAG in request.tags });
    const entityOwner = await this.#deps.entityOwner(name);
    await access.register(caller, entityOwner, name);
    checkTags(request.tags);
    const owner =
      entityOwner ??
      (await access.ownerFor(caller, { requested: request.tags[OWNER_TAG] }));
    const created = await models.transaction(async tx => {
      const done = await models.createModel(tx, {
        ...request,
        name,
        owner,
        createdBy: caller.actor,
        now: clock().getTime(),
      });
      if (done) {
        await this.#note(tx, caller, name, {
          action: 'registered',
          message: owner
            ? `Registered for ${owner}`
            : 'Registered; nobody owns it',
          details: { tags: request.tags },
        });
      }
      return done;
    });
    if (!created) {
      const taken = await models.findModel(models.database, name);
      throw new AlreadyExistsError(
        takenMessage(name, {
          taken: kindOf(taken?.tags ?? {}),
          wanted: kindOf(request.tags),
        }),
      );
    }
    await this.#deps.onModelCreated?.(name);
    return this.#requireModel(name);
  }

  async updateModel(
    { name, ...patch }: { name: string; description?: string },
    { caller }: Call,
  ): Promise<RegisteredModelRow> {
    await this.#forWrite(caller, name);
    const { models, clock } = this.#deps;
    await models.transaction(async tx => {
      await models.updateModel(tx, name, { ...patch, now: clock().getTime() });
      await this.#note(tx, caller, name, {
        action: 'described',
        message: 'The description changed',
        details: patch,
      });
    });
    return this.#requireModel(name);
  }

  async renameModel(
    { name, newName }: { name: string; newName: string },
    { caller }: Call,
  ) {
    const { access, models, clock } = this.#deps;
    access.refuseJobs(caller, 'rename registered models');
    const model = await this.#forWrite(caller, name);
    await this.#checkNew(newName, {
      isPrompt: PROMPT_TAG in model.tags,
      former: name,
    });
    await access.register(
      caller,
      await this.#deps.entityOwner(newName),
      newName,
    );
    const renamed = await models.transaction(async tx => {
      await this.#refuseWhileHeld(tx, { name }, 'renamed');
      const done = await models.renameModel(tx, {
        name,
        newName,
        now: clock().getTime(),
      });
      if (done) {
        await this.#note(tx, caller, newName, {
          action: 'renamed',
          formerName: name,
          message: `Was called ${name} before`,
          details: { from: name, to: newName },
        });
      }
      return done;
    });
    if (!renamed) {
      throw new AlreadyExistsError(
        `Registered Model (name=${newName}) already exists.`,
      );
    }
    return this.#requireModel(newName);
  }

  async deleteModel(name: string, { caller }: Call): Promise<void> {
    const { access, models, clock } = this.#deps;
    access.refuseJobs(caller, 'delete registered models');
    await this.#forWrite(caller, name);
    await models.transaction(async tx => {
      await this.#refuseWhileHeld(tx, { name }, 'deleted');
      const gone = await models.listVersions(tx, name);
      await models.deleteModel(tx, { name, now: clock().getTime() });
      await this.#note(tx, caller, name, {
        action: 'deleted',
        message: `Deleted with ${gone.length} ${
          gone.length === 1 ? 'version' : 'versions'
        }`,
        details: { versions: gone.map(({ version }) => version) },
      });
    });
  }

  async setModelTag(
    tag: { name: string; key: string; value: string },
    { caller }: Call,
  ): Promise<void> {
    const model = await this.#forWrite(caller, tag.name);
    checkTag(tag.key, tag.value);
    if (tag.value !== model.tags[tag.key]) refusePromptTag(tag);
    const { models } = this.#deps;
    await models.transaction(async tx => {
      await this.#deps.holds.refuseTag(tx, tag);
      await models.setModelTag(tx, tag);
      await this.#note(tx, caller, tag.name, tagged(tag));
    });
  }

  async deleteModelTag(tag: { name: string; key: string }, { caller }: Call) {
    await this.#forWrite(caller, tag.name);
    refusePromptTag(tag);
    const { models } = this.#deps;
    await models.transaction(async tx => {
      await this.#deps.holds.refuseTag(tx, tag);
      await models.deleteModelTag(tx, tag);
      await this.#note(tx, caller, tag.name, untagged(tag));
    });
  }

  async createVersion(
    request: {
      name: string;
      source: string;
      runId?: string;
      runLink?: string;
      modelId?: string;
      description?: string;
      tags: Record<string, string>;
    },
    { caller }: Call,
  ): Promise<ModelVersionRow> {
    const { models, clock } = this.#deps;
    const model = await this.#forWrite(caller, request.name);
    checkTags(request.tags);
    const isPrompt = PROMPT_TAG in model.tags;
    if (PROMPT_TAG in request.tags !== isPrompt) {
      throw new InputError(
        isPrompt
          ? `${request.name} is a prompt: each version of it has the tag ${PROMPT_TAG}`
          : `${request.name} is a model, not a prompt: a version of it cannot have the tag ${PROMPT_TAG}`,
      );
    }
    const owner = (await this.#deps.entityOwner(request.name)) ?? model.owner;
    const { original, ...resolved } = await resolveSource(
      { ...request, owner },
      this.#deps,
      { caller },
    );
    const version = await models.transaction(async tx => {
      const made = await models.createVersion(tx, {
        ...request,
        ...resolved,
        createdBy: caller.actor,
        now: clock().getTime(),
      });
      if (original) {
        // The maker of the original does not approve the copy either.
        await models.noteOriginal(tx, made, original);
      }
      await this.#note(tx, caller, request.name, {
        action: 'version-created',
        version: made.version,
        to: made.stage,
        message: original
          ? `Copied from version ${original.version} of ${original.name}`
          : `Registered from ${request.source}`,
        details: {
          source: request.source,
          ...(original && {
            copiedFrom: `${original.name}@${original.version}`,
          }),
          ...(made.runId && { runId: made.runId }),
        },
      });
      return made;
    });
    if (resolved.modelId) await this.#noteOnLoggedModel(resolved.modelId);
    const { onVersionCreated } = this.#deps;
    if (!(PROMPT_TAG in request.tags)) await onVersionCreated(version);
    return this.#requireVersion({
      name: request.name,
      version: version.version,
    });
  }

  async updateVersion(
    {
      name,
      version,
      ...patch
    }: { name: string; version: number; description?: string },
    { caller }: Call,
  ): Promise<ModelVersionRow> {
    const key = { name, version };
    await this.#versionForWrite(caller, key);
    const { models, clock } = this.#deps;
    await models.transaction(async tx => {
      await models.updateVersion(tx, key, { ...patch, now: clock().getTime() });
      await this.#note(tx, caller, key.name, {
        action: 'described',
        version: key.version,
        message: 'The description changed',
        details: patch,
      });
    });
    return this.#requireVersion(key);
  }

  async deleteVersion(
    key: { name: string; version: number },
    { caller }: Call,
  ) {
    const { access, models, clock } = this.#deps;
    access.refuseJobs(caller, 'delete model versions');
    const version = await this.#versionForWrite(caller, key);
    await models.transaction(async tx => {
      await this.#refuseWhileHeld(tx, key, 'deleted');
      await models.deleteVersion(tx, {
        name: key.name,
        version: key.version,
        now: clock().getTime(),
      });
      await this.#note(tx, caller, key.name, {
        action: 'version-deleted',
        version: key.version,
        from: version.stage,
        message: `Deleted; its files stay with ${
          version.runId ? `run ${version.runId}` : version.storageLocation
        }`,
      });
    });
  }

  async setVersionTag(
    tag: { name: string; version: number; key: string; value: string },
    { caller }: Call,
  ): Promise<void> {
    const version = await this.#versionForWrite(caller, tag);
    checkTag(tag.key, tag.value);
    if (tag.value !== version.tags[tag.key]) refusePromptTag(tag);
    const { models, clock } = this.#deps;
    await models.transaction(async tx => {
      await models.lockModel(tx, tag.name);
      await this.#deps.holds.refuseTag(tx, tag);
      await models.setVersionTag(tx, { ...tag, now: clock().getTime() });
      await this.#note(tx, caller, tag.name, tagged(tag));
    });
  }

  async deleteVersionTag(
    tag: { name: string; version: number; key: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#versionForWrite(caller, tag);
    refusePromptTag(tag);
    const { models } = this.#deps;
    const { name, version, key } = tag;
    await models.transaction(async tx => {
      await models.lockModel(tx, name);
      await this.#deps.holds.refuseTag(tx, tag);
      await models.deleteVersionTag(tx, { name, version, key });
      await this.#note(tx, caller, name, untagged(tag));
    });
  }

  async transitionStage(
    change: {
      name: string;
      version: number;
      to: Stage;
      archiveExisting: boolean;
    },
    { caller }: Call,
  ): Promise<ModelVersionRow> {
    const version = await this.#versionForWrite(caller, change);
    const { name, to } = change;
    if (change.archiveExisting && (to === 'none' || to === 'archived')) {
      throw new InputError(
        `Model version transition cannot archive existing model versions because '${
          to === 'none' ? 'None' : 'Archived'
        }' is not an Active stage. Valid stages are ['Staging', 'Production']`,
      );
    }
    if (isShownOnly(version, to)) await this.#showStage(caller, version, to);
    else await this.#askPolicy(caller, version, { ...change, via: 'stage' });
    if (change.archiveExisting) {
      // Candidate and Production displace by themselves; other versions in the stage go the same way as by hand.
      const { models } = this.#deps;
      const found = await models.findVersionsInStage(models.database, name, to);
      for (const other of found) {
        if (other.version === version.version) continue;
        await this.#askPolicy(caller, other, {
          to: 'archived',
          via: 'stage',
          archiveExisting: false,
        });
      }
    }
    return this.#requireVersion(change);
  }

  async setAlias(
    request: { name: string; alias: string; version: number },
    { caller }: Call,
  ): Promise<void> {
    checkAlias(request.alias);
    const version = await this.#versionForWrite(caller, request);
    const to = stageOfAlias(request.alias, this.#deps.holds.policy);
    if (to) {
      await this.#askPolicy(caller, version, {
        to,
        via: 'alias',
        archiveExisting: true,
      });
      // The stages move champion and challenger by themselves; other protected ones are set on what is there.
      if (isStageAlias(request.alias)) return;
    }
    const { models, clock } = this.#deps;
    await models.transaction(async tx => {
      await models.setAlias(tx, { ...request, now: clock().getTime() });
      await this.#note(tx, caller, request.name, {
        action: 'alias-set',
        version: request.version,
        message: `The alias ${request.alias} points here`,
        details: { alias: request.alias },
      });
    });
  }

  async deleteAlias(
    request: { name: string; alias: string },
    { caller }: Call,
  ): Promise<void> {
    const model = await this.#forWrite(caller, request.name);
    const set = model.aliases.find(({ alias }) => alias === request.alias);
    if (!set) return;
    if (stageOfAlias(request.alias, this.#deps.holds.policy)) {
      throw new StageRefusedError(
        `The alias ${request.alias} of ${request.name} follows the stage of version ${set.version}; change the stage or roll back instead`,
      );
    }
    const { models, clock } = this.#deps;
    await models.transaction(async tx => {
      await models.deleteAlias(tx, { ...request, now: clock().getTime() });
      await this.#note(tx, caller, request.name, {
        action: 'alias-deleted',
        version: set.version,
        message: `The alias ${request.alias} was taken away`,
        details: { alias: request.alias },
      });
    });
  }

  async #requireModel(name: string): Promise<RegisteredModelRow> {
    const { models } = this.#deps;
    const model = await models.findModel(models.database, name);
    if (!model)
      throw new NotFoundError(`Registered Model with name=${name} not found`);
    return model;
  }

  async #requireVersion(key: {
    name: string;
    version: number;
  }): Promise<ModelVersionRow> {
    const { name, version } = key;
    const { models } = this.#deps;
    const found = await models.findVersion(models.database, name, version);
    if (!found) {
      throw new NotFoundError(
        `Model Version (name=${name}, version=${version}) not found`,
      );
    }
    return found;
  }

  async #askPolicy(
    caller: Caller,
    version: ModelVersionRow,
    desired: { to: Stage; via: 'stage' | 'alias'; archiveExisting: boolean },
  ): Promise<void> {
    if (version.stage === desired.to) return;
    if ([version.stage, desired.to].some(stage => isGoverned(stage))) {
      await this.#deps.access.promote(caller, version.name);
    }
    const decision = await this.#deps.stagePolicy.transition({
      caller,
      modelName: version.name,
      version: version.version,
      from: version.stage,
      to: desired.to,
      via: desired.via,
      archiveExisting: desired.archiveExisting,
    });
    if (decision.outcome === 'refused')
      throw new StageRefusedError(decision.message);
  }

  /** The portal's stage is right already; what clients see follows what they asked for. */
  async #showStage(
    caller: Caller,
    version: ModelVersionRow,
    stage: Stage,
  ): Promise<void> {
    if (version.mlflowStage === stage) return;
    const { models, clock } = this.#deps;
    const { name } = version;
    await models.transaction(async tx => {
      await models.lockModel(tx, name);
      await models.showStage(tx, {
        name,
        version: version.version,
        stage,
        now: clock().getTime(),
      });
      await this.#note(tx, caller, name, {
        action: 'staged',
        version: version.version,
        message: `MLflow clients see it in ${stage}; its stage here is ${version.stage}`,
      });
    });
  }

  /** The client writes this tag too; written here it is there for every client. */
  async #noteOnLoggedModel(modelId: string): Promise<void> {
    const { loggedModels, knex } = this.#deps;
    const model = await loggedModels.find(modelId);
    if (!model) return;
    await loggedModels.set(knex, 'logged_model_tags', modelId, [
      {
        key: 'mlflow.modelVersions',
        value: modelVersionsTag(model.registrations),
      },
    ]);
  }

  async #note(
    tx: Knex.Transaction,
    caller: Caller,
    name: string,
    entry: Omit<NewLedgerEntry, 'at' | 'actor'>,
  ): Promise<void> {
    const { ledger, clock } = this.#deps;
    const at = clock().toISOString();
    await ledger.append(tx, name, { ...entry, at, actor: caller.actor });
  }

  /** Under the lock a promotion is applied under, so that neither slips past the other. */
  async #refuseWhileHeld(
    tx: Knex.Transaction,
    key: { name: string; version?: number },
    what: string,
  ): Promise<void> {
    await this.#deps.models.lockModel(tx, key.name);
    await this.#deps.holds.refuseWhileHeld(tx, key, what);
  }

  /** A new name is one that can be spelled. No other model may have it in MLflow or in the catalog. */
  async #checkNew(
    name: string,
    options: { isPrompt: boolean; former?: string },
  ): Promise<void> {
    const { models } = this.#deps;
    // That it is taken is said where it is written down.
    if (await models.findModel(models.database, name)) return;
    checkNewModelName(name);
    const spelled = toMlflowName(name);
    const older =
      spelled !== name && (await models.findModel(models.database, spelled));
    if (older) {
      throw new AlreadyExistsError(
        `MLflow's clients name ${name} ${spelled}, and an older model of the namespace default is called so; rename that one first`,
      );
    }
    if (options.isPrompt) return;
    const [other] = (await models.namesInAnyCase(name)).filter(
      known => known !== name && known !== options.former,
    );
    if (other !== undefined) {
      throw new AlreadyExistsError(
        `Registered Model (name=${other}) already exists. The catalog does not tell ${name} from it, because only capital letters differ`,
      );
    }
  }

  async #forWrite(caller: Caller, name: string): Promise<RegisteredModelRow> {
    const { access, models } = this.#deps;
    const model = await models.findModel(models.database, name);
    // Of a model that the caller may not see, nothing is told: not who owns it either.
    const seen = await this.#deps.reads.seesModel(name, caller);
    const owner = seen
      ? (await this.#deps.entityOwner(name)) ?? model?.owner
      : undefined;
    await access.register(caller, owner, name);
    if (!model || !seen)
      throw new NotFoundError(`Registered Model with name=${name} not found`);
    return model;
  }

  async #versionForWrite(
    caller: Caller,
    key: { name: string; version: number },
  ): Promise<ModelVersionRow> {
    await this.#forWrite(caller, key.name);
    return this.#requireVersion(key);
  }
}

/**
 * Whether a request is about what MLflow clients see alone: the version is in that stage already, or it left staging, where
 * the gates that passed keep it.
 */
function isShownOnly(version: ModelVersionRow, to: Stage): boolean {
  return version.stage === to || (to === 'none' && version.stage === 'staging');
}

/** Letter for letter what MLflow's client and server write with Python's json. */
function modelVersionsTag(
  registrations: { name: string; version: string }[],
): string {
  const items = registrations.map(
    ({ name, version }) =>
      `{"name": ${pythonJson(toMlflowName(name))}, "version": ${Number(
        version,
      )}}`,
  );
  return `[${items.join(', ')}]`;
}

function isGoverned(stage: Stage): boolean {
  return stage === 'production' || stage === 'candidate';
}

type Tag = { key: string; value: string; version?: number };

function tagged({ key, value, version }: Tag) {
  const shown = value.length > 200 ? `${value.slice(0, 200)}…` : value;
  return {
    action: 'tagged',
    version,
    message: `Tag ${key} = ${shown}`,
    details: { key, value: shown },
  } as const;
}

function untagged({ key, version }: Omit<Tag, 'value'>) {
  return {
    action: 'untagged',
    version,
    message: `Tag ${key} was taken away`,
    details: { key },
  } as const;
}

function checkTag(key: string, value: string) {
  checkKey('tag', key);
  checkLength(`Registry tag value of '${key}'`, value, limits.registryTagValue);
}

function checkTags(tags: Record<string, string>) {
  for (const [key, value] of Object.entries(tags)) checkTag(key, value);
  const isPrompt = tags[PROMPT_TAG];
  if (isPrompt !== undefined && isPrompt !== 'true') {
    throw new InputError(
      `The tag ${PROMPT_TAG} is 'true' for prompts and is left out for models; found '${isPrompt.slice(
        0,
        50,
      )}'`,
    );
  }
}

/**
 * A prompt is registered without what is asked of a model, so neither becomes the other. MLflow's client may set the
 * value that is there once more.
 */
function refusePromptTag({ name, key }: { name: string; key: string }) {
  if (key !== PROMPT_TAG) return;
  throw new InputError(
    `The tag ${PROMPT_TAG} of ${name} is given when it is created, and is neither changed nor deleted later`,
  );
}

/** MLflow keeps prompts among its models, and tells the two apart in words. */
function kindOf(tags: Record<string, string>) {
  return tags[PROMPT_TAG] === 'true' ? 'Prompt' : 'Registered Model';
}

function takenMessage(name: string, kinds: { taken: string; wanted: string }) {
  const { taken, wanted } = kinds;
  return taken === wanted
    ? `${wanted} (name=${name}) already exists.`
    : `Tried to create a ${wanted.toLowerCase()} with name '${name}', but the name is already taken by a ${taken.toLowerCase()}. A model and a prompt cannot have the same name.`;
}
