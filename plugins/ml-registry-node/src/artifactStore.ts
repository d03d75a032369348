import type { Readable } from 'stream';

/** What a store knows about one stored file. */
export type StoredArtifact = { size: number; sha256: string };

/** One entry of a folder listing; `path` is relative to the store's root. */
export type ArtifactEntry = {
  path: string;
  isDir: boolean;
  size?: number;
};

/**
 * Keeps files under slash-separated relative paths, such as
 * `1/0af3…/artifacts/model/MLmodel`.
 *
 * Promises: a file is either whole or absent, also after a crash; paths that
 * leave the root, or name nothing, are refused with an `InputError` whose
 * message is `Invalid path`.
 */
export interface ArtifactStore {
  /** Stores the stream, replacing what was there. */
  put(path: string, content: Readable): Promise<StoredArtifact>;
  /** Opens a file, or answers `undefined` when there is none. */
  get(path: string): Promise<{ content: Readable; size: number } | undefined>;
  /** Entries of a folder, sorted by path; empty for a file or nothing. */
  list(path: string): Promise<ArtifactEntry[]>;
  /** Removes a file or a folder with all it holds; nothing there is fine. */
  delete(path: string): Promise<void>;
}
