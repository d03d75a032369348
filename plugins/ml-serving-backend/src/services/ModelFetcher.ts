import { createHash, randomUUID } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join, resolve, sep } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type {
  AuthService,
  BackstageCredentials,
  DiscoveryService,
} from '@backstage/backend-plugin-api';
import { InputError } from '@backstage/errors';
import { allItems } from '@downstage/common';
import type {
  ArtifactFile,
  Signature,
} from '@downstage/plugin-ml-registry-common';
import {
  downloadVersionArtifact,
  type MlRegistryService,
} from '@downstage/plugin-ml-registry-node';
import { featuresOf, filesToServe } from '../domain/servableModel';
import type { EndpointRecord, ServedVersion } from '../stores/EndpointStore';

const deepest = 3;

/** Opens one file of a version; `downloadVersionArtifact` unless a test says otherwise. */
export type OpenArtifact = (
  request: {
    params: { namespace: string; name: string; version: number };
    path: string;
  },
  options: { credentials: BackstageCredentials },
) => Promise<Response>;

export function openFromRegistry(deps: {
  discovery: DiscoveryService;
  auth: AuthService;
}): OpenArtifact {
  return (request, { credentials }) =>
    downloadVersionArtifact(request, { ...deps, credentials });
}

/** Brings the files of a version to this machine, where the gateway reads them. */
export class ModelFetcher {
  readonly #registry: Pick<
    MlRegistryService,
    'getModelVersion' | 'listVersionArtifacts'
  >;
  readonly #open: OpenArtifact;
  readonly #modelDir: string;

  constructor(options: {
    registry: Pick<
      MlRegistryService,
      'getModelVersion' | 'listVersionArtifacts'
    >;
    open: OpenArtifact;
    modelDir: string;
  }) {
    this.#registry = options.registry;
    this.#open = options.open;
    this.#modelDir = options.modelDir;
  }

  /** Whether the files of a version fetched earlier are still there. */
  isHere(version: ServedVersion): boolean {
    return existsSync(version.path);
  }

  /**
   * Fetches a version. May run twice: files arrive in a folder of their own, which takes its final name when whole.
   *
   * @throws NotServableError when the version is nothing the gateway can serve
   */
  async fetch(
    endpoint: EndpointRecord,
    number: number,
    options: { credentials: BackstageCredentials },
  ): Promise<ServedVersion> {
    const params = {
      namespace: endpoint.namespace,
      name: endpoint.name,
      version: number,
    };
    const { files, signature } = await this.describe(params, options);
    const features = featuresOf(signature);
    const { model, all } = filesToServe(files);

    const target = join(
      this.#modelDir,
      endpoint.namespace,
      endpoint.name,
      `v${number}`,
    );
    const staging = `${target}.${randomUUID()}.tmp`;
    try {
      const hashes = new Map<string, string>();
      for (const file of all) {
        const response = await this.#open({ params, path: file.path }, options);
        hashes.set(file.path, await save(response, staging, file));
      }
      await rm(target, { recursive: true, force: true });
      await rename(staging, target);
      return {
        version: number,
        path: join(target, model.path),
        sha256: hashes.get(model.path) ?? '',
        features,
        predictions: [],
      };
    } finally {
      await rm(staging, { recursive: true, force: true });
    }
  }

  /** What a version holds, without fetching it. */
  async describe(
    params: { namespace: string; name: string; version: number },
    options: { credentials: BackstageCredentials },
  ): Promise<{ files: ArtifactFile[]; signature: Signature | undefined }> {
    const version = await this.#registry.getModelVersion({ params }, options);
    const files = await this.#list(params, options);
    return { files, signature: version.signature };
  }

  /** Removes the files of versions that are neither served nor kept for a rollback; they can be fetched again. */
  async prune(versions: ServedVersion[], endpoint: EndpointRecord) {
    const folder = join(this.#modelDir, endpoint.namespace, endpoint.name);
    for (const { version } of versions) {
      await rm(join(folder, `v${version}`), { recursive: true, force: true });
    }
  }

  async #list(
    params: { namespace: string; name: string; version: number },
    options: { credentials: BackstageCredentials },
    path?: string,
    depth = 0,
  ): Promise<ArtifactFile[]> {
    const items: ArtifactFile[] = [];
    const pages = allItems(cursor =>
      this.#registry.listVersionArtifacts(
        { params, query: { ...(path !== undefined && { path }), cursor } },
        options,
      ),
    );
    for await (const item of pages) items.push(item);
    const nested = await Promise.all(
      items
        .filter(item => item.isDir && depth < deepest)
        .map(item => this.#list(params, options, item.path, depth + 1)),
    );
    return [...items.filter(item => !item.isDir), ...nested.flat()];
  }
}

/** Streams one file to disk and returns its SHA-256. */
async function save(
  response: Response,
  folder: string,
  file: ArtifactFile,
): Promise<string> {
  const target = resolve(folder, file.path);
  if (!target.startsWith(folder + sep)) {
    throw new InputError(`The artifact path '${file.path}' leaves its folder`);
  }
  if (!response.body)
    throw new InputError(`'${file.path}' came without a body`);
  await mkdir(dirname(target), { recursive: true });
  const hash = createHash('sha256');
  await pipeline(
    Readable.fromWeb(response.body as Parameters<typeof Readable.fromWeb>[0]),
    new Transform({
      transform(chunk, _, done) {
        hash.update(chunk);
        done(null, chunk);
      },
    }),
    createWriteStream(target),
  );
  const digest = hash.digest('hex');
  if (file.sha256 !== undefined && file.sha256 !== digest) {
    throw new InputError(
      `'${file.path}' arrived with the SHA-256 ${digest}, the registry has ${file.sha256}`,
    );
  }
  return digest;
}
