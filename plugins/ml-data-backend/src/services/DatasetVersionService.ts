import { join } from 'node:path';
import { NotFoundError } from '@backstage/errors';
import type { Authorizer, Call } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import {
  mlDataReadPermission,
  type DatasetDiff,
  type DatasetFiles,
  type DatasetVersion,
  type DatasetVersionSummary,
} from '@downstage/plugin-ml-data-common';
import { assessQuality } from '../domain/assessQuality';
import { diffVersions } from '../domain/diffVersions';
import { locateSource, type Roots } from '../storage/locateSource';
import type { SnapshotStore } from '../storage/SnapshotStore';
import type { DatasetVersionStore } from '../stores/DatasetVersionStore';
import type { StoredVersion } from '../stores/versionRow';
import type { DataAccessService } from './DataAccessService';
import { keyOf, type DatasetCatalog } from './DatasetCatalog';
import type {
  RegisterRequest,
  RegistrationService,
} from './RegistrationService';

type Path = { namespace: string; name: string };

/** The versions of datasets: registering, reading, comparing, handing their files to jobs. */
export class DatasetVersionService {
  readonly #access: DataAccessService;
  readonly #authorizer: Authorizer;
  readonly #catalog: DatasetCatalog;
  readonly #store: DatasetVersionStore;
  readonly #snapshots: SnapshotStore;
  readonly #registrations: RegistrationService;
  readonly #roots: Roots;

  constructor(deps: {
    access: DataAccessService;
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    store: DatasetVersionStore;
    snapshots: SnapshotStore;
    registrations: RegistrationService;
    roots: Roots;
  }) {
    this.#access = deps.access;
    this.#authorizer = deps.authorizer;
    this.#catalog = deps.catalog;
    this.#store = deps.store;
    this.#snapshots = deps.snapshots;
    this.#registrations = deps.registrations;
    this.#roots = deps.roots;
  }

  async list(
    request: Path & { limit: number; cursor?: string },
    call: Call,
  ): Promise<{ items: DatasetVersionSummary[]; nextCursor?: string }> {
    const entity = await this.#readable(request, call);
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
    const entity = await this.#readable(path, call);
    await this.#access.requireRead(
      entity,
      { what: 'version', version: path.version },
      call,
    );
    const { version } = await this.#find(entity, path.version);
    return withQuality(version, entity);
  }

  async diff(
    request: Path & { from: number; to: number },
    call: Call,
  ): Promise<DatasetDiff> {
    const entity = await this.#readable(request, call);
    await this.#access.requireRead(
      entity,
      { what: 'diff', version: `${request.from}..${request.to}` },
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
    const entity = await this.#readable(path, call);
    await this.#access.requireRead(
      entity,
      { what: 'files', version: path.version },
      call,
    );
    const stored = await this.#find(entity, path.version);
    const { ref, format, digest, files, schema, dialect } = stored.version;
    const { tables } = stored;
    const folder = this.#snapshots.folderOf(stored.folder);
    const tableFolder = this.#snapshots.tableFolderOf(stored.folder);
    await this.#snapshots.verify(ref, folder, files);
    await this.#snapshots.verify(ref, tableFolder, tables ?? []);
    return {
      ref,
      format,
      digest,
      path: files.length === 1 ? join(folder, files[0].path) : folder,
      files: files.map(file => ({ ...file, path: join(folder, file.path) })),
      ...tableOf({ format, files, tables, folder, tableFolder }),
      ...(dialect && { dialect }),
      columns: schema.map(({ name, type }) => ({ name, type })),
      warnings: await this.#warnAboutSource(stored),
    };
  }

  /**
   * Registers what the location of the dataset holds now, and waits for the version.
   *
   * @remarks
   * Safe to call twice: content that equals the latest version, read alike, gives that version. Whoever goes away
   * meanwhile ends nothing: the registration goes on in the background.
   */
  async register(
    request: RegisterRequest,
    call: Call,
  ): Promise<DatasetVersion> {
    const { id } = await this.#registrations.start(request, call);
    const version = await this.#registrations.wait(id);
    return this.get({ ...request, version: String(version) }, call);
  }

  /** Permission to read, and the entity as far as the caller may see it. */
  async #readable(path: Path, call: Call): Promise<DatasetEntity> {
    await this.#authorizer.require({
      caller: call.caller,
      permission: mlDataReadPermission,
    });
    return this.#catalog.get(path, call.caller.credentials);
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

/** Where the table of a version is; not known for text, and for folders, that an older release registered. */
function tableOf(version: {
  format: DatasetFiles['format'];
  files: { path: string }[];
  tables: StoredVersion['tables'];
  folder: string;
  tableFolder: string;
}): Pick<DatasetFiles, 'table'> {
  const { format, files, tables, folder, tableFolder } = version;
  if (tables?.length) {
    return {
      table: {
        folder: tableFolder,
        files: tables.map(({ path }) => join(tableFolder, path)),
      },
    };
  }
  if (format !== 'parquet' || (!tables && files.length > 1)) return {};
  return { table: { folder, files: files.map(f => join(folder, f.path)) } };
}

function withQuality(
  version: DatasetVersion,
  { spec }: DatasetEntity,
): DatasetVersion {
  return { ...version, quality: assessQuality(spec.checks, version) };
}
