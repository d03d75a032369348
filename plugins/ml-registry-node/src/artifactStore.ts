import type { Readable } from 'stream';

/** What a store knows about one stored file. */
export type StoredArtifact = { size: number; sha256: string };

/** One entry of a folder listing; `path` is relative to the store's root. */
export type ArtifactEntry = {
  path: string;
  isDir: boolean;
  size?: number;
};

/** Bytes of a file, both ends included, as in HTTP. */
export type ByteRange = { start: number; end: number };

/** Where a client sends or fetches bytes without a token of ours; short-lived. */
export type SignedUrl = { url: string; headers: Record<string, string> };

/** A part of a file as its sender names it: numbers begin with 1, the ETag is what the store answered. */
export type ArtifactPart = { number: number; etag: string };

/**
 * Takes one file in parts that may come in any order, at the same time, and more than once.
 *
 * Promises: nothing is seen under the path before `complete`; `complete` and `abort` may be called again.
 */
export interface ArtifactParts {
  /** Begins an upload; answers the store's own id for it. */
  begin(path: string): Promise<string>;
  /** Where a client PUTs a part by itself. Absent: parts are handed to `put`. */
  sign?(
    upload: { path: string; id: string },
    options: { number: number; expiresInSeconds: number },
  ): Promise<SignedUrl>;
  /** Takes one part; answers its ETag. Absent: parts go to signed addresses. */
  put?(
    upload: { path: string; id: string },
    options: { number: number; content: Readable },
  ): Promise<{ etag: string; size: number }>;
  /**
   * Puts the parts together under the path. The checksum is absent when the bytes never passed through here.
   *
   * @param allowed - awaited last, right before the file is seen under its path: when it throws, the file is not
   * seen, and the upload can be completed again
   * @throws InputError when a part is missing or its ETag is another one
   */
  complete(
    upload: { path: string; id: string },
    parts: ArtifactPart[],
    allowed?: () => Promise<void>,
  ): Promise<{ size: number; sha256?: string }>;
  /** Forgets the upload and its parts; nothing there is fine. */
  abort(upload: { path: string; id: string }): Promise<void>;
}

/**
 * Keeps files under slash-separated relative paths, such as
 * `1/0af3…/artifacts/model/MLmodel`.
 *
 * Promises: a file is either whole or absent, also after a crash; contents are
 * streamed, never held; paths that leave the root, or name nothing, are refused
 * with an `InputError` whose message is `Invalid path`. `describeArtifactStore`
 * of `@downstage/plugin-ml-registry-node/testUtils` tests all of it.
 */
export interface ArtifactStore {
  /**
   * Stores the stream, replacing what was there; a stream that breaks changes nothing. The stream's chunks are the
   * store's from then on: it may give their memory back as soon as they are written.
   */
  put(path: string, content: Readable): Promise<StoredArtifact>;
  /** The size of a file, or `undefined` when there is none. */
  stat(path: string): Promise<{ size: number } | undefined>;
  /** Opens a file, or those bytes of it, or answers `undefined` when there is none. `size` is that of the whole file. */
  get(
    path: string,
    range?: ByteRange,
  ): Promise<{ content: Readable; size: number } | undefined>;
  /** Entries of a folder, sorted by path; empty for a file or nothing. */
  list(path: string): Promise<ArtifactEntry[]>;
  /** Removes a file or a folder with all it holds; nothing there is fine. */
  delete(path: string): Promise<void>;
  /** Uploads in parts, where the store can. */
  parts?: ArtifactParts;
  /** An address from which a client fetches a file by itself, ranges included, where the store has such. */
  signGet?(
    path: string,
    options: { expiresInSeconds: number },
  ): Promise<SignedUrl>;
}
