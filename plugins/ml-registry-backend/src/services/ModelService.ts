import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotFoundError } from '@backstage/errors';
import type { Authorizer } from '@downstage/node';
import {
  mlRegistryReadPermission,
  type ArtifactFile,
  type Model,
  type ModelVersion,
} from '@downstage/plugin-ml-registry-common';
import { modelNamespace, modelRefOf, nameOfPath } from '../domain/refs';
import type { PromotionStore } from '../stores/PromotionStore';
import type {
  ModelFacts,
  VersionFacts,
  VersionReader,
} from '../stores/VersionReader';
import type { ArtifactService, FoundArtifact } from './ArtifactService';
import type { GateKeeper } from './GateKeeper';
import { artifactPathOf, type ModelFiles } from './ModelFiles';
import type { ModelProfile, ModelProfiles } from './ModelProfiles';
import { summaryOf, toModelVersion } from './versionView';

export type CallOptions = { credentials: BackstageCredentials };
export type ModelPath = { namespace: string; name: string };
export type VersionPath = ModelPath & { version: number };

/** Models and versions as the portal shows them: the registry's facts joined with the catalog's. */
export class ModelService {
  readonly #authorizer: Authorizer;
  readonly #versions: VersionReader;
  readonly #promotions: PromotionStore;
  readonly #profiles: ModelProfiles;
  readonly #files: ModelFiles;
  readonly #gates: GateKeeper;
  readonly #artifacts: ArtifactService;

  constructor(options: {
    authorizer: Authorizer;
    versions: VersionReader;
    promotions: PromotionStore;
    profiles: ModelProfiles;
    files: ModelFiles;
    gates: GateKeeper;
    artifacts: ArtifactService;
  }) {
    this.#authorizer = options.authorizer;
    this.#versions = options.versions;
    this.#promotions = options.promotions;
    this.#profiles = options.profiles;
    this.#files = options.files;
    this.#gates = options.gates;
    this.#artifacts = options.artifacts;
  }

  async list(
    request: {
      owner?: string;
      query?: string;
      cursor?: string;
      limit: number;
    },
    { credentials }: CallOptions,
  ): Promise<{ items: Model[]; nextCursor?: string }> {
    await this.#require(credentials);
    const { owner, query, limit } = request;
    const items: Model[] = [];
    let after = request.cursor;
    for (;;) {
      // Owners are the catalog's, so that filter comes after the page; pages are read until enough is found.
      const page = await this.#versions.listModels({ query, after, limit });
      const models = await this.#toModels(page, credentials);
      for (const model of models) {
        if (owner && model.owner !== owner) continue;
        if (items.length === limit) {
          return { items, nextCursor: items[items.length - 1].name };
        }
        items.push(model);
      }
      if (page.length < limit) return { items };
      after = page[page.length - 1].name;
    }
  }

  async get(path: ModelPath, { credentials }: CallOptions): Promise<Model> {
    await this.#require(credentials);
    const facts = await this.#versions.findModel(nameOfPath(path));
    if (!facts) throw noModel(path.name);
    const [model] = await this.#toModels([facts], credentials);
    return model;
  }

  /** Empty for a model that is only in the catalog yet. */
  async listVersions(
    path: ModelPath,
    { credentials }: CallOptions,
  ): Promise<{ items: ModelVersion[] }> {
    await this.#require(credentials);
    const name = nameOfPath(path);
    const facts = await this.#versions.findModel(name);
    const profile = await this.#profiles.get(name, credentials);
    if (!facts) {
      if (profile.hasEntity) return { items: [] };
      throw noModel(name);
    }
    const versions = await this.#versions.listVersions(name);
    const champion = versions.find(({ stage }) => stage === 'production');
    return {
      items: await Promise.all(
        versions.map(version =>
          this.#toVersion({ version, profile, champion, facts }),
        ),
      ),
    };
  }

  async getVersion(
    path: VersionPath,
    { credentials }: CallOptions,
  ): Promise<ModelVersion> {
    await this.#require(credentials);
    const version = await this.#find(path);
    return this.#toVersion({
      version,
      profile: await this.#profiles.get(version.name, credentials),
      champion: await this.#gates.championFor(version),
      facts: await this.#versions.findModel(version.name),
    });
  }

  async listArtifacts(
    request: VersionPath & { path?: string },
    { credentials }: CallOptions,
  ): Promise<{ items: ArtifactFile[] }> {
    await this.#require(credentials);
    const version = await this.#find(request);
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
    { credentials }: CallOptions,
  ): Promise<FoundArtifact> {
    await this.#require(credentials);
    const version = await this.#find(request);
    return this.#artifacts.find(`${rootOf(version)}/${request.path}`);
  }

  async #require(credentials: BackstageCredentials) {
    await this.#authorizer.require({
      credentials,
      permission: mlRegistryReadPermission,
    });
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

  async #toVersion(options: {
    version: VersionFacts;
    profile: ModelProfile;
    champion?: VersionFacts;
    facts?: ModelFacts;
  }): Promise<ModelVersion> {
    const { version, profile, champion, facts } = options;
    const gates = await this.#gates.evaluate({
      version,
      profile,
      to: 'production',
      champion: champion?.version === version.version ? undefined : champion,
    });
    return toModelVersion({
      version,
      profile,
      file: await this.#files.read(version.storageLocation),
      gates,
      fallbackOwner: facts?.owner,
    });
  }

  async #toModels(
    facts: ModelFacts[],
    credentials: BackstageCredentials,
  ): Promise<Model[]> {
    const names = facts.map(({ name }) => name);
    const profiles = await this.#profiles.getAll(names, credentials);
    const placed = await this.#versions.inStages(names, [
      'production',
      'candidate',
    ]);
    const pending = await this.#promotions.countOpen(names);
    return facts.map(model => {
      const profile = profiles.get(model.name);
      const inStage = (stage: string) => {
        const version = placed.find(
          other => other.name === model.name && other.stage === stage,
        );
        return version && summaryOf(version);
      };
      return {
        ref: modelRefOf(model.name),
        namespace: modelNamespace,
        name: model.name,
        title: profile?.title,
        description: profile?.description ?? model.description,
        owner: profile?.owner ?? model.owner,
        risk: profile?.risk ?? 'minimal',
        hasEntity: profile?.hasEntity ?? false,
        catalogConflict: profile?.conflict,
        versionCount: model.versionCount,
        latestVersion: model.latestVersion,
        production: inStage('production'),
        candidate: inStage('candidate'),
        pendingPromotions: pending.get(model.name) ?? 0,
        createdAt: model.createdAt,
        updatedAt: model.updatedAt,
      };
    });
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
