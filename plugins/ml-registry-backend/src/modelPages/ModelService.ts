import { NotFoundError } from '@backstage/errors';
import type { Authorizer, Call, Caller } from '@downstage/node';
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
  modelRefOf,
  nameOfModelRef,
  nameOfPath,
  versionRefOf,
  pathOfName,
  type ModelPath,
  type VersionPath,
} from '../kernel/refs';
import { groupBy } from '../kernel/database/database';
import type { ModelQuestion } from '../versions/stores/modelList';
import type { ReadScope } from '../access/readScope';
import type { PageRequest } from '../search/keyset';
import type { PromotionStore } from '../governance/stores/PromotionStore';
import type {
  ListedModel,
  VersionFacts,
  VersionQueries,
} from '../versions/stores/VersionQueries';
import type {
  ArtifactService,
  FoundArtifact,
} from '../artifacts/ArtifactService';
import { artifactPathOf } from '../kernel/artifactUri';
import type { ModelEntitySync } from '../owners/ModelEntitySync';
import { noModel, type ModelReads } from '../access/ModelReads';
import type { ModelProfile } from '../owners/ModelProfiles';
import type { VersionVerdicts } from '../governance/VersionVerdicts';
import { summaryOf, toModelVersion } from '../versions/versionView';

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
  readonly #versions: VersionQueries;
  readonly #promotions: PromotionStore;
  readonly #verdicts: VersionVerdicts;
  readonly #artifacts: ArtifactService;
  readonly #entities: ModelEntitySync;

  constructor(options: {
    authorizer: Authorizer;
    reads: ModelReads;
    versions: VersionQueries;
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
    const scope = await this.#reads.scope(caller);
    await this.#entities.readNew();
    const { sort = 'name', cursor, limit } = request;
    const page = await this.#versions.listModels({
      question: await this.#questionOf(request, { caller, scope }),
      sort,
      cursor,
      limit,
    });
    return {
      items: await this.#toModels(page.models),
      nextCursor: page.nextCursor,
    };
  }

  /** How many there are of each kind, over all that the same question lists. */
  async count(
    request: ModelListRequest,
    { caller }: Call,
  ): Promise<ModelCounts> {
    const scope = await this.#reads.scope(caller);
    await this.#entities.readNew();
    return this.#versions.countModels(
      await this.#questionOf(request, { caller, scope }),
    );
  }

  async get(path: ModelPath, { caller }: Call): Promise<Model> {
    await this.#reads.requireAny(caller);
    const name = nameOfPath(path);
    const facts = await this.#versions.findModelInAnyCase(name);
    if (!facts) throw noModel(name);
    const profile = await this.#readable(facts.name, caller);
    const [model] = await this.#toModels([
      {
        ...facts,
        title: profile.title,
        description: profile.description ?? facts.description,
        owner: profile.owner,
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
    const asked = nameOfPath(path);
    const facts = await this.#versions.findModelInAnyCase(asked);
    const name = facts?.name ?? asked;
    const profile = await this.#readable(name, caller);
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
      items: await this.#toVersions(versions, { profile, champion }),
      ...(found.length > limit && {
        nextCursor: String(versions[limit - 1].version),
      }),
    };
  }

  async getVersion(path: VersionPath, { caller }: Call): Promise<ModelVersion> {
    const { version, profile } = await this.#findReadable(path, caller);
    const [champion] = await this.#versions.inStages(
      [version.name],
      ['production'],
    );
    const [shown] = await this.#toVersions([version], {
      profile,
      champion,
    });
    return shown;
  }

  async listArtifacts(
    request: VersionPath & { path?: string } & PageRequest,
    { caller }: Call,
  ): Promise<{ items: ArtifactFile[]; nextCursor?: string }> {
    const { version } = await this.#findReadable(request, caller);
    const root = rootOf(version);
    const folder = request.path ? `${root}/${request.path}` : root;
    const { entries, nextCursor } = await this.#artifacts.pageUnder({
      ...request,
      path: folder,
    });
    const items = entries.map(({ path, isDir, size, sha256 }) => ({
      path: path.slice(root.length + 1),
      isDir,
      ...(size !== undefined && { size }),
      ...(sha256 && { sha256 }),
    }));
    return { items, nextCursor };
  }

  /** One file of a version, not opened yet. */
  async findArtifact(
    request: VersionPath & { path: string },
    { caller }: Call,
  ): Promise<FoundArtifact> {
    const { version } = await this.#findReadable(request, caller);
    const path = `${rootOf(version)}/${request.path}`;
    const { name, runId } = version;
    const ref = versionRefOf(name, version.version);
    return this.#artifacts.open({ path, of: { ref, runId } }, { caller });
  }

  /** The profile, or the same answer as for a model that does not exist. */
  async #readable(name: string, caller: Caller): Promise<ModelProfile> {
    const profile = await this.#reads.profileOf(name, caller);
    if (!profile) throw noModel(name);
    return profile;
  }

  async #findReadable(
    path: VersionPath,
    caller: Caller,
  ): Promise<{ version: VersionFacts; profile: ModelProfile }> {
    await this.#reads.requireAny(caller);
    const version = await this.#find(path);
    const profile = await this.#readable(version.name, caller);
    return { version, profile };
  }

  async #find(path: VersionPath): Promise<VersionFacts> {
    const asked = nameOfPath(path);
    const model = await this.#versions.findModelInAnyCase(asked);
    if (!model) throw noModel(asked);
    const { name } = model;
    const version = await this.#versions.findVersion(name, path.version);
    if (version) return version;
    throw new NotFoundError(
      `${name} has no version ${path.version}; it has ${
        model.versionCount
      }, the latest is ${model.latestVersion ?? 'none'}`,
    );
  }

  async #toVersions(
    versions: VersionFacts[],
    context: {
      profile: ModelProfile;
      champion?: VersionFacts;
    },
  ): Promise<ModelVersion[]> {
    const verdicts = await this.#verdicts.of(versions, context);
    return versions.map(version => {
      const shown = verdicts.get(version.version);
      return toModelVersion({
        version,
        profile: context.profile,
        file: shown?.file ?? { flavors: [] },
        gates: shown?.gates ?? [],
        gatesAt: shown?.at,
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
    const staged = new Map(
      (await this.#versions.newestInStage(names, 'staging')).map(version => [
        version.name,
        version,
      ]),
    );
    const pending = await this.#promotions.countOpen(names);
    return listed.map(model => {
      const inStage = (stage: Stage) => {
        const version = placedOf
          .get(model.name)
          ?.find(other => other.stage === stage);
        return version && summaryOf(version);
      };
      const production = inStage('production');
      const next = staged.get(model.name);
      return {
        ...model,
        ref: modelRefOf(model.name),
        ...pathOfName(model.name),
        production,
        candidate: inStage('candidate'),
        staging:
          next && next.version > (production?.version ?? 0)
            ? summaryOf(next)
            : undefined,
        pendingPromotions: pending.get(model.name) ?? 0,
      };
    });
  }

  async #questionOf(
    { owner, query, stage, models }: ModelListRequest,
    asker: { caller: Caller; scope?: ReadScope },
  ): Promise<ModelQuestion> {
    const { caller, scope } = asker;
    return {
      ...scope,
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

function rootOf(version: VersionFacts): string {
  const root = artifactPathOf(version.storageLocation);
  if (root === undefined) {
    throw new NotFoundError(
      `The files of version ${version.version} of ${version.name} are not in this registry but at ${version.storageLocation}`,
    );
  }
  return root;
}
