import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import {
  AuthenticationError,
  InputError,
  NotAllowedError,
  NotFoundError,
  NotImplementedError,
  ServiceUnavailableError,
} from '@backstage/errors';
import { makerOf, type ReconcilePatch, type Call } from '@downstage/node';
import type {
  ArtifactPart,
  ArtifactParts,
  ArtifactStore,
  SignedUrl,
} from '@downstage/plugin-ml-registry-node';
import { signatureHeader, type SignedPaths } from './SignedPaths';
import type { ArtifactRowStore } from './ArtifactRowStore';
import type { UploadRow, UploadStore } from './UploadStore';
import type { ArtifactService, FoundArtifact } from './ArtifactService';
import type { TrackingDeps } from '../tracking/trackingDeps';

const validSeconds = 3600;
const dayMs = 24 * 3_600_000;
/** A completing that is older than this died with its process. */
const staleMs = 15 * 60_000;
const mostParts = 10_000;

/** The signature is the right: no other is asked for. */
type Signed = { signature: string | undefined };

/** How addresses that lead back to this server are made. */
type OwnUrls = {
  signed: SignedPaths;
  /** Where clients reach this plugin: `https://portal/api/ml-registry`. */
  baseUrl: () => Promise<string>;
};

/**
 * Files that clients send in parts, and addresses from which they fetch by
 * themselves: those of the store where it has such, else signed ones of ours.
 *
 * An upload that nobody completes is given up after a day. Completing may be
 * repeated. Where the bytes never passed through here, the checksum is
 * computed afterwards, by reading the file once.
 */
export class UploadService {
  readonly #deps: UploadDeps;

  constructor(deps: UploadDeps) {
    this.#deps = deps;
  }

  async create(
    request: { path: string; parts: number },
    { caller }: Call,
  ): Promise<{
    uploadId: string;
    credentials: (SignedUrl & { number: number })[];
  }> {
    const { artifacts, uploads, clock, newId } = this.#deps;
    await artifacts.forWrite(request.path, { caller });
    const parts = this.#parts();
    if (request.parts < 1 || request.parts > mostParts) {
      throw new InputError(
        `Invalid value ${request.parts} for parameter 'num_parts' supplied. It must be at least 1 and at most ${mostParts}`,
      );
    }
    const id = newId();
    const { path } = request;
    const storeId = await parts.begin(path);
    await uploads.insert({
      id,
      storeId,
      path,
      createdBy: makerOf(caller),
      now: iso(clock().getTime()),
      expiresAt: iso(clock().getTime() + dayMs),
    });
    const credentials: (SignedUrl & { number: number })[] = [];
    for (let number = 1; number <= request.parts; number += 1) {
      const signed = parts.sign
        ? await parts.sign(
            { path, id: storeId },
            { number, expiresInSeconds: validSeconds },
          )
        : await this.#own(`parts/${id}/${number}`, `PUT ${id} ${number}`);
      credentials.push({ number, ...signed });
    }
    return { uploadId: id, credentials };
  }

  /** Takes one part from the bearer of the signature for it; no other permission is asked. */
  async putPart(
    part: Signed & { uploadId: string; number: number; content: Readable },
  ): Promise<{ etag: string }> {
    const { urls } = this.#deps;
    const { signature } = part;
    requireSignature(signature);
    if (!urls.signed.verify(`PUT ${part.uploadId} ${part.number}`, signature)) {
      throw new NotAllowedError(
        `The address of part ${part.number} is not signed for it, or has run out; ask for the upload again`,
      );
    }
    const upload = await this.#require(part.uploadId);
    const put = this.#parts().put?.bind(this.#parts());
    if (!put) throw notSupported();
    const { number, content } = part;
    const { etag } = await put(
      { path: upload.path, id: upload.storeId },
      { number, content },
    );
    return { etag };
  }

  async complete(
    request: { path: string; uploadId: string; parts: ArtifactPart[] },
    { caller }: Call,
  ): Promise<void> {
    const { artifacts, uploads, rows, clock, onDue } = this.#deps;
    await artifacts.forWrite(request.path, { caller });
    const { id, storeId, path, createdBy, state } = await this.#requireFor(
      request,
    );
    // Asked again because the first answer did not arrive.
    if (state === 'done' || state === 'hashing') return;
    checkParts(request.parts);
    const now = iso(clock().getTime());
    const claimed = await uploads.claim(id, {
      now,
      staleBefore: iso(clock().getTime() - staleMs),
    });
    if (!claimed) {
      throw new ServiceUnavailableError(
        `Upload ${id} is being completed; ask again in a moment`,
      );
    }
    try {
      const { size, sha256 } = await this.#parts().complete(
        { path, id: storeId },
        request.parts,
        // Putting them together takes a while: a version may have been registered meanwhile.
        () => artifacts.forWrite(request.path, { caller }),
      );
      if (sha256) {
        await this.#record({ path, size, sha256, createdBy });
      } else {
        // The recorded checksum is another content's.
        await rows.delete(path);
      }
      await uploads.set(id, {
        state: sha256 ? 'done' : 'hashing',
        size,
        now,
        nextReconcileAt: iso(clock().getTime() + (sha256 ? dayMs : 0)),
      });
    } catch (error) {
      await uploads.set(id, {
        state: 'open',
        now,
        nextReconcileAt: iso(clock().getTime() + dayMs),
      });
      throw error;
    }
    onDue();
  }

  async abort(
    request: { path: string; uploadId: string },
    { caller }: Call,
  ): Promise<void> {
    await this.#deps.artifacts.forWrite(request.path, { caller });
    const { id, storeId, path, state } = await this.#requireFor(request);
    if (state !== 'open') return;
    await this.#parts().abort({ path, id: storeId });
    await this.#deps.uploads.delete(id);
  }

  /** Where a client fetches a file by itself, ranges included. */
  async signDownload(
    path: string,
    { caller }: Call,
  ): Promise<SignedUrl & { size: number }> {
    const { size } = await this.#deps.artifacts.download(path, { caller });
    const { store } = this.#deps;
    const signed = store.signGet
      ? await store.signGet(path, { expiresInSeconds: validSeconds })
      : await this.#own(
          `signed/${path.split('/').map(encodeURIComponent).join('/')}`,
          `GET ${path}`,
        );
    return { ...signed, size };
  }

  /** A file for the bearer of the signature for it; no other permission is asked. */
  async openSigned({
    signature,
    path,
  }: Signed & { path: string }): Promise<FoundArtifact> {
    const { urls, artifacts } = this.#deps;
    requireSignature(signature);
    if (!urls.signed.verify(`GET ${path}`, signature)) {
      throw new NotAllowedError(
        'The address is not signed for this file, or has run out; ask for it again',
      );
    }
    return artifacts.find(path);
  }

  /** Whether clients reach the store itself: only then is the detour through addresses worth it to them. */
  get direct(): { uploads: boolean; downloads: boolean } {
    const { store } = this.#deps;
    return {
      uploads: store.parts?.sign !== undefined,
      downloads: store.signGet !== undefined,
    };
  }

  /** One step for one upload: gives it up, computes its checksum, forgets it. */
  async reconcile(id: string): Promise<ReconcilePatch | undefined> {
    const { uploads, store, clock } = this.#deps;
    const upload = await uploads.find(id);
    if (!upload) return undefined;
    const { path, storeId, createdBy } = upload;
    if (upload.state === 'completing') {
      const begun = new Date(upload.changedAt).getTime();
      return clock().getTime() - begun < staleMs
        ? { next_reconcile_at: iso(begun + staleMs) }
        : { state: 'open', next_reconcile_at: iso(clock().getTime() + dayMs) };
    }
    if (upload.state === 'hashing') {
      const file = await store.get(path);
      if (file) {
        const hash = createHash('sha256');
        let size = 0;
        for await (const chunk of file.content) {
          hash.update(chunk);
          size += chunk.length;
        }
        const sha256 = hash.digest('hex');
        await this.#record({ path, size, sha256, createdBy });
      }
      return {
        state: 'done',
        next_reconcile_at: iso(clock().getTime() + dayMs),
      };
    }
    if (upload.state === 'open') {
      await store.parts?.abort({ path, id: storeId });
    }
    await uploads.delete(id);
    return undefined;
  }

  async #own(address: string, what: string): Promise<SignedUrl> {
    const { urls } = this.#deps;
    const base = await urls.baseUrl();
    return {
      url: `${base}/mlflow/api/2.0/mlflow-artifacts/${address}`,
      headers: { [signatureHeader]: urls.signed.sign(what, validSeconds) },
    };
  }

  /** Notes what the store holds of a file now. */
  async #record(
    file: Omit<Parameters<ArtifactRowStore['save']>[0], 'createdAt'>,
  ): Promise<void> {
    const { rows, clock } = this.#deps;
    await rows.save({ ...file, createdAt: clock().getTime() });
  }

  #parts(): ArtifactParts {
    const { parts } = this.#deps.store;
    if (!parts) throw notSupported();
    return parts;
  }

  async #requireFor(request: { path: string; uploadId: string }) {
    const upload = await this.#require(request.uploadId);
    if (upload.path === request.path) return upload;
    throw new InputError(
      `Upload ${request.uploadId} is one of another file than ${request.path}`,
    );
  }

  async #require(id: string): Promise<UploadRow> {
    const upload = await this.#deps.uploads.find(id);
    if (upload) return upload;
    throw new NotFoundError(
      `There is no upload ${id} (any more): it was aborted, or given up after a day`,
    );
  }
}

function checkParts(parts: ArtifactPart[]) {
  const numbers = new Set(parts.map(({ number }) => number));
  if (!parts.length || numbers.size !== parts.length) {
    throw new InputError(
      "Parameter 'parts' must name every part once, with the ETag that was answered for it",
    );
  }
}

function requireSignature(signature: string | undefined) {
  if (signature) return;
  throw new AuthenticationError(
    `Expected the header ${signatureHeader} that came with the address`,
  );
}

// The client reads how the message begins and sends the file in one piece.
function notSupported() {
  return new NotImplementedError(
    'Multipart upload is not supported for the current artifact repository: files go through this server in one piece',
  );
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

type UploadDeps = TrackingDeps & {
  store: ArtifactStore;
  artifacts: ArtifactService;
  rows: ArtifactRowStore;
  uploads: UploadStore;
  urls: OwnUrls;
  /** Told when there is something for {@link UploadService.reconcile}. */
  onDue: () => void;
};
