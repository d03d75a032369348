import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { ConflictError, NotFoundError } from '@backstage/errors';
import type { Call } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  datasetContentPath,
  type DatasetContentQuery,
  type DatasetDiff,
  type DatasetFileAddress,
  type DatasetFiles,
  type DatasetVersion,
  type DatasetDialect,
  type DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import { assessQuality } from './assessQuality';
import { diffVersions } from './diffVersions';
import { locateSource, type Roots } from '../storage/locateSource';
import type { SnapshotStore } from '../storage/SnapshotStore';
import type { DatasetVersionStore } from './DatasetVersionStore';
import type { StoredVersion } from './versionRow';
import type { DataAccessService } from '../access/DataAccessService';
import { keyOf } from '../datasets/DatasetCatalog';
import type { DatasetReads } from '../datasets/DatasetReads';

type Path = { namespace: string; name: string };

export type RegisterRequest = Path & {
  uri?: string;
  message?: string;
  dialect?: DatasetDialect;
};

/** What registers versions in the background. */
type Registrations = {
  start(request: RegisterRequest, call: Call): Promise<{ id: string }>;
  /** The number of the version, when it is there. */
  wait(id: string): Promise<number>;
};

/** The versions of datasets: registering, reading, comparing, handing their files to jobs. */
export class DatasetVersionService {
  readonly #access: DataAccessService;
  readonly #reads: DatasetReads;
  readonly #store: DatasetVersionStore;
  readonly #snapshots: SnapshotStore;
  readonly #registrations: Registrations;
  readonly #roots: Roots;

  constructor(deps: {
    access: DataAccessService;
    reads: DatasetReads;
    store: DatasetVersionStore;
    snapshots: SnapshotStore;
    registrations: Registrations;
    roots: Roots;
  }) {
    this.#access = deps.access;
    this.#reads = deps.reads;
    this.#store = deps.store;
    this.#snapshots = deps.snapshots;
    this.#registrations = deps.registrations;
    this.#roots = deps.roots;
  }

  async list(
    request: Path & { limit: number; cursor?: string },
    call: Call,
  ): Promise<{ items: DatasetVersionSummary[]; nextCursor?: string }> {
    const entity = await this.#reads.get(request, call.caller);
    const { checks } = entity.spec;
    const page = await this.#store.list(keyOf(entity), request);
    if (!checks?.length) return page;
    const profiles = await this.#store.profiles(
      keyOf(entity),
      page.items.map(({ version }) => version),
    );
    const items = page.items.map(version => {
      const profile = profiles.get(version.version);
      const state =
        profile && assessQuality(checks, { rows: version.rows, profile }).state;
      return { ...version, ...(state && { qualityState: state }) };
    });
    return { ...page, items };
  }

  async get(
    path: Path & { version: string },
    call: Call,
  ): Promise<DatasetVersion> {
    const entity = await this.#reads.get(path, call.caller);
    await this.#access.requireRead(
      { entity, what: 'version', version: path.version },
      call,
    );
    const { version } = await this.#find(entity, path.version);
    return withQuality(version, entity);
  }

  async diff(
    request: Path & { from: number; to: number },
    call: Call,
  ): Promise<DatasetDiff> {
    const entity = await this.#reads.get(request, call.caller);
    await this.#access.requireRead(
      { entity, what: 'diff', version: `${request.from}..${request.to}` },
      call,
    );
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
    call: Call,
  ): Promise<DatasetFiles> {
    const entity = await this.#reads.get(path, call.caller);
    await this.#access.requireRead(
      { entity, what: 'files', version: path.version },
      call,
    );
    const stored = await this.#find(entity, path.version);
    const { ref, format, digest, files, schema, dialect } = stored.version;
    const { tables } = stored;
    const folder = this.#snapshots.folderOf(stored.folder);
    const tableFolder = this.#snapshots.tableFolderOf(stored.folder);
    const version = { ...path, version: stored.version.version };
    const table = tableFilesOf(stored);
    const tableIn = table?.of === 'table' ? tableFolder : folder;
    await this.#snapshots.verify(ref, folder, files);
    await this.#snapshots.verify(ref, tableFolder, tables ?? []);
    return {
      ref,
      format,
      digest,
      path: files.length === 1 ? join(folder, files[0].path) : folder,
      files: files.map(file => ({ ...file, path: join(folder, file.path) })),
      ...(table && {
        table: {
          folder: tableIn,
          files: table.files.map(file => join(tableIn, file.path)),
        },
      }),
      addresses: {
        files: addressesOf(version, 'files', files),
        ...(table && { table: addressesOf(version, table.of, table.files) }),
      },
      ...(dialect && { dialect }),
      columns: schema.map(({ name, type }) => ({ name, type })),
      warnings: await this.#warnAboutSource(stored),
    };
  }

  /**
   * Opens one file of a version, for a reader on another machine. The reader compares the hash with the one that
   * `resolve` gave.
   *
   * @returns the opened file, which the caller closes
   */
  async open(
    request: Path & { version: string } & DatasetContentQuery,
    call: Call,
  ): Promise<{ file: FileHandle; size: number; sha256: string }> {
    const entity = await this.#reads.get(request, call.caller);
    await this.#access.requireRead(
      { entity, what: 'files', version: request.version },
      call,
    );
    const stored = await this.#find(entity, request.version);
    const { ref, files } = stored.version;
    const ofTable = request.of === 'table';
    const asked = ofTable
      ? tableFilesOf(stored)
      : { of: 'files' as const, files };
    // Only names that were registered: a path of the caller never reaches the disk.
    const known = asked?.files.find(({ path }) => path === request.file);
    if (!asked || !known) {
      throw Object.assign(
        new NotFoundError(
          `${ref} has no file '${request.file}' ${
            ofTable ? 'in its table' : 'of its own'
          }`,
        ),
        { code: 'ml-data.file-not-found' },
      );
    }
    const folder =
      asked.of === 'table'
        ? this.#snapshots.tableFolderOf(stored.folder)
        : this.#snapshots.folderOf(stored.folder);
    const file = await open(
      join(folder, known.path),
      constants.O_RDONLY | constants.O_NOFOLLOW,
    ).catch(() => {
      throw Object.assign(
        new ConflictError(
          `'${known.path}' of ${ref} cannot be read. Register a new version and use that one.`,
        ),
        { code: 'ml-data.version-damaged' },
      );
    });
    return { file, size: known.size, sha256: known.sha256 };
  }

  /**
   * Registers what the location of the dataset holds now, and waits for the version.
   *
   * @remarks
   * Safe to call twice: content that equals the latest version, read alike, gives that version. A caller who
   * goes away ends nothing: the registration goes on in the background.
   */
  async register(
    request: RegisterRequest,
    call: Call,
  ): Promise<DatasetVersion> {
    const { id } = await this.#registrations.start(request, call);
    const version = await this.#registrations.wait(id);
    return this.get({ ...request, version: String(version) }, call);
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
    // Which folder it came from is not kept: a file of the same name in another one says nothing about this.
    const places = await Promise.all(
      this.#roots.roots.map(root =>
        locateSource(version.uri, {
          roots: { ...this.#roots, roots: [root] },
        }).catch(() => undefined),
      ),
    );
    const found = places.filter(place => place !== undefined);
    if (!found.length) {
      return [
        `'${version.uri}' is gone or cannot be read; ${version.ref} is read from its own copy.`,
      ];
    }
    const same = found.some(
      now =>
        now.length === source.length &&
        now.every(
          (file, i) =>
            file.path === source[i].path &&
            file.size === source[i].size &&
            file.mtimeMs === source[i].mtimeMs,
        ),
    );
    return same
      ? []
      : [
          `'${version.uri}' has changed since ${version.ref} was registered; ${version.ref} is read from its own copy.`,
        ];
  }
}

type StoredFiles = readonly { path: string; size: number; sha256: string }[];

/**
 * The files of a version's table: those of one of its own, else those of the version. None for text, and for folders,
 * that an older release registered.
 */
function tableFilesOf(stored: {
  tables?: StoredVersion['tables'];
  version: { format: DatasetFiles['format']; files: StoredFiles };
}): { of: DatasetContentQuery['of']; files: StoredFiles } | undefined {
  const { tables, version } = stored;
  if (tables?.length) return { of: 'table', files: tables };
  const { format, files } = version;
  const isOne = tables !== undefined || files.length === 1;
  return format === 'parquet' && isOne ? { of: 'files', files } : undefined;
}

function addressesOf(
  version: Path & { version: number },
  of: DatasetContentQuery['of'],
  files: StoredFiles,
): DatasetFileAddress[] {
  return files.map(({ path, size, sha256 }) => ({
    name: path,
    size,
    sha256,
    url: datasetContentPath(version, { file: path, of }),
  }));
}

function withQuality(
  version: DatasetVersion,
  { spec }: DatasetEntity,
): DatasetVersion {
  return { ...version, quality: assessQuality(spec.checks, version) };
}
