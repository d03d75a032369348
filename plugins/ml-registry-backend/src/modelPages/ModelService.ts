import { NotFoundError } from '@backstage/errors';
import type { Authorizer, Call, Caller, FactCriteria } from '@downstage/node';
import {
  type ArtifactFile,
  type Model,
  type ModelCounts,
  type ModelListFilter,
  type ModelSort,
  type ModelVersion,
  type Stage,
} from '@downstage/plugin-ml-registry-common';
import {
  modelNamespace,
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
} from '../domain/refs';
import { groupBy } from '../stores/database';
import type { ModelQuestion } from '../stores/modelList';
import type { PromotionStore } from '../stores/PromotionStore';
import type {
  ListedModel,
  ModelFacts,
  VersionFacts,
  VersionReader,
} from '../stores/VersionReader';
import type { ArtifactService, FoundArtifact } from './ArtifactService';
import { artifactPathOf } from './ModelFiles';
import type { ModelEntitySync } from './ModelEntitySync';
import type { ModelReads } from './ModelReads';
import type { ModelProfile } from './ModelProfiles';
import type { VersionVerdicts } from './VersionVerdicts';
import { summaryOf, toModelVersion } from './versionView';

export type ModelPath = { namespace: string; name: string };
export type VersionPath = ModelPath & { version: number };

/** Which models are asked for. */
export type ModelListRequest = {
  /** An entity ref, `mine` or `nobody`. */
  owner?: string;
  query?: string;
  stage?: ModelListFilter;
  /** Refs or names with commas between. */
  models?: string;
};

/** Models and versions as the portal shows them: the registry's facts joined with the catalog's. */
export class ModelService {
  readonly #authorizer: Authorizer;
  readonly #reads: ModelReads;
  readonly #versions: VersionReader;
  readonly #promotions: PromotionStore;
  readonly #verdicts: VersionVerdicts;
  readonly #artifacts: ArtifactService;
  readonly #entities: ModelEntitySync;

  constructor(options: {
    authorizer: Authorizer;
    reads: ModelReads;
    versions: VersionReader;
    promotions: PromotionStore;
    verdicts: VersionVerdicts;
    artifacts: ArtifactService;
    entities: ModelEntitySync;
  }) {
    this.#authorizer = options.authorizer;
    this.#reads = options.reads;
    this.#versions = options.versions;
    this.#promotions = options.promotions;
    this.#verdicts = options.verdicts;
    this.#artifacts = options.artifacts;
    this.#entities = options.entities;
  }

  /** One page, made by one statement however many models there are. */
  async list(
    request: ModelListRequest & {
      sort?: ModelSort;
      cursor?: string;
      limit: number;
    },
    { caller }: Call,
  ): Promise<{ items: Model[]; nextCursor?: string }> {
    const allowed = await this.#reads.filter(caller);
    await this.#entities.readNew();
    const { sort = 'name', cursor, limit } = request;
    const page = await this.#versions.listModels({
      question: await this.#questionOf(request, { caller, allowed }),
      sort,
      cursor,
      limit,
    });
    // A page may be shorter than asked for where the catalog hides entities; the cursor goes on all the same.
    const hidden = await this.#reads.hiddenAmong(
      page.models.filter(({ hasEntity }) => hasEntity).map(({ name }) => name),
      caller,
    );
    return {
      items: await this.#toModels(
        page.models.filter(({ name }) => !hidden.has(name)),
      ),
      nextCursor: page.nextCursor,
    };
  }

  /** How many there are of each kind, over all that the same question lists. */
  async count(
    request: ModelListRequest,
    { caller }: Call,
  ): Promise<ModelCounts> {
    const allowed = await this.#reads.filter(caller);
    await this.#entities.readNew();
    return this.#versions.countModels(
      await this.#questionOf(request, { caller, allowed }),
    );
  }

  async get(path: ModelPath, { caller }: Call): Promise<Model> {
    await this.#reads.requireAny(caller);
    const facts = await this.#versions.findModel(nameOfPath(path));
    if (!facts) throw noModel(path.name);
    const profile = await this.#readable(facts.name, caller, facts);
    const [model] = await this.#toModels([
      {
        ...facts,
        title: profile.title,
        description: profile.description ?? facts.description,
        owner: profile.owner ?? facts.owner,
        risk: profile.risk,
        hasEntity: profile.hasEntity,
        catalogConflict: profile.conflict,
      },
    ]);
    return model;
  }

  /** Empty for a model that is only in the catalog yet. */
  async listVersions(
    path: ModelPath & { cursor?: string; limit: number },
    { caller }: Call,
  ): Promise<{ items: ModelVersion[]; nextCursor?: string }> {
    await this.#reads.requireAny(caller);
    const name = nameOfPath(path);
    const facts = await this.#versions.findModel(name);
    const profile = await this.#readable(name, caller, facts);
    if (!facts) {
      if (profile.hasEntity) return { items: [] };
      throw noModel(name);
    }
    const { cursor, limit } = path;
    const found = await this.#versions.listVersions(name, {
      before: cursor === undefined ? undefined : Number(cursor),
      limit: limit + 1,
    });
    const versions = found.slice(0, limit);
    const [champion] = await this.#versions.inStages([name], ['production']);
    return {
      items: await this.#toVersions(versions, { profile, champion, facts }),
      ...(found.length > limit && {
        nextCursor: String(versions[limit - 1].version),
      }),
    };
  }

  async getVersion(path: VersionPath, { caller }: Call): Promise<ModelVersion> {
    await this.#reads.requireAny(caller);
    const version = await this.#find(path);
    const facts = await this.#versions.findModel(version.name);
    const profile = await this.#readable(version.name, caller, facts);
    const [champion] = await this.#versions.inStages(
      [version.name],
      ['production'],
    );
    const [shown] = await this.#toVersions([version], {
      profile,
      champion,
      facts,
    });
    return shown;
  }

  async listArtifacts(
    request: VersionPath & { path?: string },
    { caller }: Call,
  ): Promise<{ items: ArtifactFile[] }> {
    const version = await this.#findReadable(request, caller);
    const root = rootOf(version);
    const folder = request.path ? `${root}/${request.path}` : root;
    const entries = await this.#artifacts.listUnder(folder);
    const items = entries.map(({ path, isDir, size, sha256 }) => ({
      path: path.slice(root.length + 1),
      isDir,
      ...(size !== undefined && { size }),
      ...(sha256 && { sha256 }),
    }));
    return { items };
  }

  /** One file of a version, not opened yet. */
  async findArtifact(
    request: VersionPath & { path: string },
    { caller }: Call,
  ): Promise<FoundArtifact> {
    const version = await this.#findReadable(request, caller);
    return this.#artifacts.find(`${rootOf(version)}/${request.path}`);
  }

  /** The profile, or the same answer as for a model that does not exist. */
  async #readable(
    name: string,
    caller: Caller,
    facts: ModelFacts | undefined,
  ): Promise<ModelProfile> {
    const profile = await this.#reads.profileOf(name, caller, facts?.owner);
    if (!profile) throw noModel(name);
    return profile;
  }

  async #findReadable(
    path: VersionPath,
    caller: Caller,
  ): Promise<VersionFacts> {
    await this.#reads.requireAny(caller);
    const version = await this.#find(path);
    const facts = await this.#versions.findModel(version.name);
    await this.#readable(version.name, caller, facts);
    return version;
  }

  async #find(path: VersionPath): Promise<VersionFacts> {
    const name = nameOfPath(path);
    const version = await this.#versions.findVersion(name, path.version);
    if (version) return version;
    const model = await this.#versions.findModel(name);
    if (!model) throw noModel(name);
    throw new NotFoundError(
      `${name} has no version ${path.version}; it has ${
        model.versionCount
      }, the latest is ${model.latestVersion ?? 'none'}`,
    );
  }

  async #toVersions(
    versions: VersionFacts[],
    about: {
      profile: ModelProfile;
      champion?: VersionFacts;
      facts?: ModelFacts;
    },
  ): Promise<ModelVersion[]> {
    const verdicts = await this.#verdicts.of(versions, about);
    return versions.map(version => {
      const shown = verdicts.get(version.version);
      return toModelVersion({
        version,
        profile: about.profile,
        file: shown?.file ?? { flavors: [] },
        gates: shown?.gates ?? [],
        gatesAt: shown?.at,
        fallbackOwner: about.facts?.owner,
      });
    });
  }

  async #toModels(listed: ListedModel[]): Promise<Model[]> {
    const names = listed.map(({ name }) => name);
    const placed = await this.#versions.inStages(names, [
      'production',
      'candidate',
    ]);
    const placedOf = groupBy(placed, ({ name }) => name);
    const pending = await this.#promotions.countOpen(names);
    return listed.map(model => {
      const inStage = (stage: Stage) => {
        const version = placedOf
          .get(model.name)
          ?.find(other => other.stage === stage);
        return version && summaryOf(version);
      };
      return {
        ...model,
        ref: modelRefOf(model.name),
        namespace: modelNamespace,
        production: inStage('production'),
        candidate: inStage('candidate'),
        pendingPromotions: pending.get(model.name) ?? 0,
      };
    });
  }

  async #questionOf(
    { owner, query, stage, models }: ModelListRequest,
    asker: { caller: Caller; allowed?: FactCriteria },
  ): Promise<ModelQuestion> {
    const { caller, allowed } = asker;
    return {
      allowed,
      query,
      stage,
      ...(models !== undefined && {
        names: models.split(',').filter(Boolean).map(nameOfModelRef),
      }),
      ...(owner === 'nobody' && { unowned: true }),
      ...(owner === 'mine' && {
        owners: await this.#authorizer.groupsOf(caller),
      }),
      ...(owner && !['nobody', 'mine'].includes(owner) && { owners: [owner] }),
    };
  }
}

function noModel(name: string) {
  return new NotFoundError(
    `No registered model ${name}; a model appears when its first version is registered`,
  );
}

function rootOf(version: VersionFacts): string {
  const root = artifactPathOf(version.storageLocation);
  if (root === undefined) {
    throw new NotFoundError(
      `The files of version ${version.version} of ${version.name} are not in this registry but at ${version.storageLocation}`,
    );
  }
  return root;
}
