import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError, NotFoundError } from '@backstage/errors';
import type {
  ArtifactEntry,
  ArtifactStore,
  ByteRange,
} from '@downstage/plugin-ml-registry-node';
import { makerOf, type Caller } from '@downstage/node';
import type { ArtifactRowStore } from '../stores/ArtifactRowStore';
import { ArtifactFrozenError } from './errors';
import type { LoggedModelService } from './LoggedModelService';
import type { RunService } from './RunService';
import type { TrackingDeps } from './trackingDeps';

/** A file that is there: whole when opened without a range. */
export type FoundArtifact = {
  path: string;
  size: number;
  sha256?: string;
  open: (range?: ByteRange) => Promise<Readable>;
};

export type ArtifactListing = ArtifactEntry & { sha256?: string };

/**
 * Artifacts of runs and logged models. Their paths are
 * `<experiment>/<run id>/artifacts/…` and
 * `<experiment>/models/<model id>/artifacts/…`; nothing else may be written.
 * Size and checksum are recorded as received.
 */
export class ArtifactService {
  readonly #deps: ArtifactDeps;

  constructor(deps: ArtifactDeps) {
    this.#deps = deps;
  }

  async upload(caller: Caller, path: string, content: Readable): Promise<void> {
    const { store, rows, clock } = this.#deps;
    await this.forWrite(caller, path);
    // Asked again when all of it has come and nothing can be seen yet: a version may have been registered meanwhile.
    const guard = new Transform({
      transform: (chunk, _encoding, done) => done(null, chunk),
      flush: done => {
        this.#refuseFrozen(path).then(() => done(), done);
      },
    });
    const [stored, received] = await Promise.allSettled([
      store.put(path, guard),
      pipeline(content, guard),
    ]);
    // The store knows why it gave up, the stream only that it did.
    if (stored.status === 'rejected') throw stored.reason;
    if (received.status === 'rejected') throw received.reason;
    const { size, sha256 } = stored.value;
    await rows.save({
      path,
      size,
      sha256,
      createdAt: clock(),
      createdBy: makerOf(caller),
    });
  }

  async download(caller: Caller, path: string): Promise<FoundArtifact> {
    await this.#deps.access.read(caller);
    return this.find(path);
  }

  /** Finds a file for callers that were authorised otherwise; nothing is opened yet. */
  async find(path: string): Promise<FoundArtifact> {
    const { store } = this.#deps;
    const file = await store.stat(path);
    if (!file) throw new NotFoundError(`Artifact '${path}' not found`);
    const [recorded] = await this.#deps.rows.find([path]);
    if (recorded && recorded.size !== file.size) {
      throw new Error(
        `Artifact '${path}' was received with ${recorded.size} bytes and now has ${file.size}`,
      );
    }
    return {
      path,
      size: file.size,
      sha256: recorded?.sha256,
      open: async range => {
        const opened = await store.get(path, range);
        if (!opened) throw new NotFoundError(`Artifact '${path}' not found`);
        return opened.content;
      },
    };
  }

  async list(caller: Caller, path: string): Promise<ArtifactListing[]> {
    await this.#deps.access.read(caller);
    return this.listUnder(path);
  }

  /** Lists a folder for callers that were authorised otherwise. */
  async listUnder(path: string): Promise<ArtifactListing[]> {
    const entries = await this.#deps.store.list(path);
    const files = entries
      .filter(entry => !entry.isDir)
      .map(entry => entry.path);
    const recorded = new Map(
      (await this.#deps.rows.find(files)).map(row => [row.path, row.sha256]),
    );
    return entries.map(entry => ({
      ...entry,
      sha256: recorded.get(entry.path),
    }));
  }

  async delete(caller: Caller, path: string): Promise<void> {
    const { store, rows } = this.#deps;
    await this.forWrite(caller, path);
    await store.delete(path);
    await rows.delete(path);
  }

  /** Makes sure that the caller may write this file, and that no version stands on it. */
  async forWrite(caller: Caller, path: string): Promise<void> {
    await this.#authorizeWrite(caller, path);
    await this.#refuseFrozen(path);
  }

  async #refuseFrozen(path: string): Promise<void> {
    const { models } = this.#deps;
    const version = await models.findVersionAt(`mlflow-artifacts:/${path}`);
    if (version) {
      throw new ArtifactFrozenError(
        `The file belongs to version ${version.version} of ${version.name}: what a registered version stands on stays as it is. Log a new model and register that instead`,
      );
    }
  }

  async #authorizeWrite(caller: Caller, path: string): Promise<void> {
    const { runService, loggedModelService } = this.#deps;
    const segments = path.split('/');
    if (
      segments.some(
        segment => segment === '..' || segment === '.' || segment === '',
      )
    ) {
      throw new InputError('Invalid path');
    }
    const [, kind, id, folder] = segments;
    if (kind === 'models' && folder === 'artifacts') {
      const model = await loggedModelService.forWrite(caller, id);
      checkExperiment(segments[0], model.experimentId);
      return;
    }
    if (id === 'artifacts') {
      const run = await runService.forWrite(caller, kind);
      checkExperiment(segments[0], run.experimentId);
      return;
    }
    throw new InputError(
      `Invalid path: artifacts belong to runs and logged models, as <experiment>/<run id>/artifacts/<path> or <experiment>/models/<model id>/artifacts/<path>`,
    );
  }
}

/**
 * The same of what belongs to a run or a logged model.
 *
 * @throws InputError when its files are kept elsewhere
 */
export function ownArtifactPath(uri: string): string {
  if (uri.startsWith('mlflow-artifacts:')) return artifactPath(uri);
  throw new InputError(
    `The files lie at ${uri}, outside this server; read them there`,
  );
}

/** The store's path of an `mlflow-artifacts:` address. */
export function artifactPath(uri: string): string {
  return uri
    .replace(/^mlflow-artifacts:(\/\/[^/]*)?\/*/, '')
    .replace(/\/+$/, '');
}

function checkExperiment(inPath: string, actual: string) {
  if (inPath !== actual) throw new InputError('Invalid path');
}

type ArtifactDeps = TrackingDeps & {
  store: ArtifactStore;
  rows: ArtifactRowStore;
  runService: RunService;
  loggedModelService: LoggedModelService;
};
