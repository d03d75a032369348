import { Transform, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { InputError, NotFoundError } from '@backstage/errors';
import type {
  ArtifactEntry,
  ArtifactStore,
  ByteRange,
} from '@downstage/plugin-ml-registry-node';
import { makerOf, type Call, type Caller } from '@downstage/node';
import { wholeOnce, type PageRequest } from '../search/keyset';
import type { ArtifactRowStore } from './ArtifactRowStore';
import type { FrozenFiles } from './FrozenFiles';
import { ArtifactFrozenError } from '../kernel/errors';
import type { LoggedModelService } from '../tracking/LoggedModelService';
import type { RunService } from '../tracking/RunService';
import type { TrackingDeps } from '../tracking/trackingDeps';

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

  async upload(
    { path, content }: { path: string; content: Readable },
    { caller }: Call,
  ): Promise<void> {
    const { store, rows, clock } = this.#deps;
    await this.forWrite(path, { caller });
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
      createdAt: clock().getTime(),
      createdBy: makerOf(caller),
    });
  }

  async download(path: string, { caller }: Call): Promise<FoundArtifact> {
    if (!(await this.#deps.reads.seesFile(path, caller))) throw noFile(path);
    return this.open({ path }, { caller });
  }

  /**
   * Finds a file for callers who may see what it belongs to; whether they may read its content is asked here.
   *
   * @param request - `of` is the version that the file is read as a part of
   */
  async open(
    { path, of }: { path: string; of?: { ref: string; runId?: string } },
    call: Call,
  ): Promise<FoundArtifact> {
    await this.#deps.content.requireFile(path, call, of);
    return this.find(path);
  }

  /** Finds a file for callers that were authorised otherwise; nothing is opened yet. */
  async find(path: string): Promise<FoundArtifact> {
    const { store } = this.#deps;
    const file = await store.stat(path);
    if (!file) throw noFile(path);
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
        if (!opened) throw noFile(path);
        return opened.content;
      },
    };
  }

  async list(path: string, { caller }: Call): Promise<ArtifactListing[]> {
    return this.#deps.reads.entriesSeen(path, caller, () =>
      this.listUnder(path),
    );
  }

  /** Lists a folder for callers that were authorised otherwise. */
  async listUnder(path: string): Promise<ArtifactListing[]> {
    return this.#withChecksums(await this.#deps.store.list(path));
  }

  async #withChecksums(entries: ArtifactEntry[]): Promise<ArtifactListing[]> {
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

  /** A part of a folder, by name; only what is shown is looked up. */
  async pageUnder(
    request: PageRequest & { path: string },
  ): Promise<{ entries: ArtifactListing[]; nextCursor?: string }> {
    const { path, cursor, limit = wholeOnce } = request;
    const after = cursor && Buffer.from(cursor, 'base64url').toString('utf8');
    const all = (await this.#deps.store.list(path))
      .sort((a, b) => (a.path < b.path ? -1 : 1))
      .filter(entry => !after || entry.path > after);
    const entries = await this.#withChecksums(all.slice(0, limit));
    const last = entries.at(-1);
    return {
      entries,
      ...(last &&
        all.length > limit && {
          nextCursor: Buffer.from(last.path).toString('base64url'),
        }),
    };
  }

  /** The one file of a path, or nothing. */
  async entryAt(path: string): Promise<ArtifactListing[]> {
    const file = await this.#deps.store.stat(path);
    if (!file) return [];
    return this.#withChecksums([{ path, isDir: false, size: file.size }]);
  }

  async delete(path: string, { caller }: Call): Promise<void> {
    const { store, rows } = this.#deps;
    await this.forWrite(path, { caller });
    await store.delete(path);
    await rows.delete(path);
  }

  /** Makes sure that the caller may write this file, and that no version uses it. */
  async forWrite(path: string, { caller }: Call): Promise<void> {
    await this.#authorizeWrite(caller, path);
    await this.#refuseFrozen(path);
  }

  async #refuseFrozen(path: string): Promise<void> {
    const { frozen } = this.#deps;
    const version = await frozen.findVersionAt(`mlflow-artifacts:/${path}`);
    if (version) {
      throw new ArtifactFrozenError(
        `The file belongs to version ${version.version} of ${version.name}: files of a registered version stay as they are. Log a new model and register that instead`,
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
      const model = await loggedModelService.forWrite(id, { caller });
      checkExperiment(segments[0], model.experimentId);
      return;
    }
    if (id === 'artifacts') {
      const run = await runService.forWrite(kind, { caller });
      checkExperiment(segments[0], run.experimentId);
      return;
    }
    throw new InputError(
      `Invalid path: artifacts belong to runs and logged models, as <experiment>/<run id>/artifacts/<path> or <experiment>/models/<model id>/artifacts/<path>`,
    );
  }
}

function noFile(path: string) {
  return new NotFoundError(`Artifact '${path}' not found`);
}

function checkExperiment(inPath: string, actual: string) {
  if (inPath !== actual) throw new InputError('Invalid path');
}

type ArtifactDeps = TrackingDeps & {
  store: ArtifactStore;
  rows: ArtifactRowStore;
  frozen: FrozenFiles;
  runService: RunService;
  loggedModelService: LoggedModelService;
};
