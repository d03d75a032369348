import { join } from 'node:path';
import type {
  AuditorService,
  BackstageCredentials,
} from '@backstage/backend-plugin-api';
import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import type { Clock } from '@downstage/common';
import type { Request } from 'express';
import { audited, type Authorizer } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  mlDataReadPermission,
  mlDataWritePermission,
  type DatasetDiff,
  type DatasetFiles,
  type DatasetVersion,
  type DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import { assessQuality } from '../domain/assessQuality';
import { describeColumns } from '../domain/describeColumns';
import { digestOf } from '../domain/digest';
import { diffVersions } from '../domain/diffVersions';
import { decideFormat, parseFormat } from '../domain/sourceFormat';
import { locateSource, type SourceFile } from '../storage/locateSource';
import type { SnapshotStore, StagedSnapshot } from '../storage/SnapshotStore';
import type { Profile } from '../profile/profileFiles';
import type {
  DatasetVersionStore,
  VersionDraft,
} from '../stores/DatasetVersionStore';
import type { StoredVersion } from '../stores/versionRow';
import { keyOf, ownerOf, type DatasetCatalog } from './DatasetCatalog';

type Path = { namespace: string; name: string };
type RegisterRequest = Path & { uri?: string; message?: string };
/** Who asks; the request, where there is one, goes into the audit trail. */
type Caller = { credentials: BackstageCredentials; request?: Request };

/** Reads files and gives their figures; `profileFiles` with the options of the plugin. */
export type Profiler = (options: {
  folder: string;
  files: { path: string }[];
  format: 'csv' | 'parquet';
}) => Promise<Profile>;

/** The versions of datasets: registering, reading, comparing, handing their files to jobs. */
export class DatasetVersionService {
  readonly #auditor: AuditorService;
  readonly #authorizer: Authorizer;
  readonly #catalog: DatasetCatalog;
  readonly #store: DatasetVersionStore;
  readonly #snapshots: SnapshotStore;
  readonly #profiler: Profiler;
  readonly #roots: string[];
  readonly #clock: Clock;
  readonly #announce: (version: DatasetVersion) => Promise<void>;

  constructor(deps: {
    auditor: AuditorService;
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    store: DatasetVersionStore;
    snapshots: SnapshotStore;
    profiler: Profiler;
    roots: string[];
    clock: Clock;
    /** Called after commit, for versions that are new. */
    announce: (version: DatasetVersion) => Promise<void>;
  }) {
    this.#auditor = deps.auditor;
    this.#authorizer = deps.authorizer;
    this.#catalog = deps.catalog;
    this.#store = deps.store;
    this.#snapshots = deps.snapshots;
    this.#profiler = deps.profiler;
    this.#roots = deps.roots;
    this.#clock = deps.clock;
    this.#announce = deps.announce;
  }

  async list(path: Path, caller: Caller): Promise<DatasetVersionSummary[]> {
    const entity = await this.#readable(path, caller);
    const { checks } = entity.spec;
    const versions = await this.#store.list(keyOf(entity));
    if (!checks?.length) return versions;
    const profiles = await this.#store.profiles(keyOf(entity));
    return versions.map(version => {
      const profile = profiles.get(version.version);
      const state =
        profile && assessQuality(checks, { rows: version.rows, profile }).state;
      return { ...version, ...(state && { qualityState: state }) };
    });
  }

  async get(
    path: Path & { version: string },
    caller: Caller,
  ): Promise<DatasetVersion> {
    const entity = await this.#readable(path, caller);
    const { version } = await this.#find(entity, path.version);
    return withQuality(version, entity);
  }

  async diff(
    request: Path & { from: number; to: number },
    caller: Caller,
  ): Promise<DatasetDiff> {
    const entity = await this.#readable(request, caller);
    const from = await this.#find(entity, String(request.from));
    const to = await this.#find(entity, String(request.to));
    return diffVersions(from.version, to.version);
  }

  /**
   * Where the files of a version are, after reading them all again and comparing their hashes.
   *
   * @remarks
   * A version is read from its own copy, so a changed original does no harm; it comes back as a warning.
   */
  async resolve(
    path: Path & { version: string },
    caller: Caller,
  ): Promise<DatasetFiles> {
    const entity = await this.#readable(path, caller);
    const stored = await this.#find(entity, path.version);
    const { ref, format, digest, files } = stored.version;
    await this.#snapshots.verify(ref, stored.folder, files);
    const folder = this.#snapshots.folderOf(stored.folder);
    return {
      ref,
      format,
      digest,
      path: files.length === 1 ? join(folder, files[0].path) : folder,
      files: files.map(file => ({ ...file, path: join(folder, file.path) })),
      warnings: await this.#warnAboutSource(stored),
    };
  }

  /**
   * Registers what the location of the dataset holds now.
   *
   * @remarks
   * Safe to call twice: content that equals the latest version gives that version. The steps are copy and hash,
   * profile the copy, store; a crash between any two leaves no version and no half files under a final name.
   */
  async register(
    request: RegisterRequest,
    caller: Caller,
  ): Promise<DatasetVersion> {
    return audited(
      this.#auditor,
      {
        eventId: 'dataset-version-register',
        request: caller.request,
        meta: {
          dataset: `dataset:${request.namespace}/${request.name}`,
          ...this.#authorizer.who(caller.credentials),
          ...(request.uri && { uri: request.uri }),
        },
        result: ({ ref, digest }) => ({ ref, digest }),
      },
      () => this.#register(request, caller),
    );
  }

  async #register(
    request: RegisterRequest,
    caller: Caller,
  ): Promise<DatasetVersion> {
    await this.#authorizer.require({
      credentials: caller.credentials,
      permission: mlDataWritePermission,
    });
    const entity = await this.#catalog.get(request, caller.credentials);
    await this.#requireOwner(entity, caller);
    const uri = request.uri ?? entity.spec.location?.uri;
    if (!uri) {
      throw new InputError(
        `${keyOf(entity)} has no spec.location.uri, and no uri was given`,
      );
    }
    const sources = await locateSource(uri, { roots: this.#roots });
    const format = decideFormat({
      uri,
      files: sources,
      declared: parseFormat(
        request.uri ? undefined : entity.spec.location?.format,
      ),
    });
    const staged = await this.#snapshots.stage(sources);
    try {
      const digest = digestOf(staged.files);
      const latest = await this.#store.get(keyOf(entity), 'latest');
      if (latest?.version.digest === digest) {
        return withQuality(latest.version, entity);
      }
      const draft = await this.#draft(entity, {
        uri,
        format,
        digest,
        staged,
        sources,
        message: request.message,
        createdBy: this.#authorizer.actor(caller.credentials),
      });
      const { stored, created } = await this.#store.add(draft, folder =>
        this.#snapshots.keep(staged, folder),
      );
      if (created) await this.#announce(stored.version);
      return withQuality(stored.version, entity);
    } finally {
      await this.#snapshots.discard(staged);
    }
  }

  async #draft(
    entity: DatasetEntity,
    found: {
      uri: string;
      format: 'csv' | 'parquet';
      digest: string;
      staged: StagedSnapshot;
      sources: SourceFile[];
      message?: string;
      createdBy: string;
    },
  ): Promise<VersionDraft> {
    const { uri, format, digest, staged, sources, message, createdBy } = found;
    const { folder, files } = staged;
    const profile = await this.#profiler({ folder, files, format });
    const { namespace = DEFAULT_NAMESPACE, name } = entity.metadata;
    return {
      entityRef: keyOf(entity),
      namespace,
      name,
      uri,
      format,
      digest,
      rows: profile.rows,
      bytes: staged.files.reduce((sum, file) => sum + file.size, 0),
      files: staged.files.map(file => ({
        ...file,
        rows: profile.rowsPerFile.get(file.path) ?? 0,
      })),
      schema: describeColumns({
        ref: keyOf(entity),
        found: profile.columns,
        declared: entity.spec.schema?.fields ?? [],
      }),
      profile: { columns: profile.columns },
      source: sources.map(({ path, size, mtimeMs }) => ({
        path,
        size,
        mtimeMs,
      })),
      message,
      createdBy,
      createdAt: this.#clock().toISOString(),
    };
  }

  /** Permission to read, and the entity as far as the caller may see it. */
  async #readable(path: Path, caller: Caller): Promise<DatasetEntity> {
    await this.#authorizer.require({
      credentials: caller.credentials,
      permission: mlDataReadPermission,
    });
    return this.#catalog.get(path, caller.credentials);
  }

  async #requireOwner(entity: DatasetEntity, caller: Caller) {
    const owner = ownerOf(entity);
    if (!owner) {
      throw new NotAllowedError(
        `${keyOf(
          entity,
        )} has no owner; set spec.owner to the group whose members may register versions`,
      );
    }
    await this.#authorizer.require({
      credentials: caller.credentials,
      permission: mlDataWritePermission,
      owner,
    });
  }

  async #find(entity: DatasetEntity, version: string): Promise<StoredVersion> {
    const stored = await this.#store.get(
      keyOf(entity),
      version === 'latest' ? 'latest' : Number(version),
    );
    if (stored) return stored;
    const latest = await this.#store.get(keyOf(entity), 'latest');
    throw Object.assign(
      new NotFoundError(
        latest
          ? `${keyOf(entity)} has no version ${version}; the latest is ${
              latest.version.version
            }`
          : `${keyOf(entity)} has no versions yet; register one first`,
      ),
      { code: 'ml-data.version-not-found' },
    );
  }

  /** Compares sizes and times, not contents: a hint for people, not a proof. */
  async #warnAboutSource({ version, source }: StoredVersion) {
    const now = await locateSource(version.uri, { roots: this.#roots }).catch(
      () => undefined,
    );
    if (!now) {
      return [
        `'${version.uri}' is gone or cannot be read; ${version.ref} is read from its own copy.`,
      ];
    }
    const same =
      now.length === source.length &&
      now.every(
        (file, i) =>
          file.path === source[i].path &&
          file.size === source[i].size &&
          file.mtimeMs === source[i].mtimeMs,
      );
    return same
      ? []
      : [
          `'${version.uri}' has changed since ${version.ref} was registered; ${version.ref} is read from its own copy.`,
        ];
  }
}

function withQuality(
  version: DatasetVersion,
  { spec }: DatasetEntity,
): DatasetVersion {
  return { ...version, quality: assessQuality(spec.checks, version) };
}
