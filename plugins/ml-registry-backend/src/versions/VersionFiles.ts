import { createHash } from 'node:crypto';
import type { FileEvidence } from '@downstage/plugin-ml-registry-common';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { ArtifactRowStore } from '../artifacts/ArtifactRowStore';
import { artifactPathOf } from '../kernel/artifactUri';

/** More files than this are no model; the gate on digests says so. */
const mostFiles = 10_000;

/** Which files a version has, with the checksums they were received with. */
export class VersionFiles {
  readonly #rows: ArtifactRowStore;
  readonly #store: ArtifactStore;

  constructor(options: { rows: ArtifactRowStore; store: ArtifactStore }) {
    this.#rows = options.rows;
    this.#store = options.store;
  }

  /** Paths relative to the version; empty where its files are not ours to read. */
  async list(storageLocation: string): Promise<FileEvidence> {
    const root = artifactPathOf(storageLocation);
    if (root === undefined) return evidenceOf([]);
    const found: { path: string; size?: number }[] = [];
    const folders = [root];
    for (let folder = folders.pop(); folder; folder = folders.pop()) {
      for (const entry of await this.#store.list(folder)) {
        if (entry.isDir) folders.push(entry.path);
        else found.push(entry);
      }
      if (found.length > mostFiles) {
        throw new Error(`The version has more than ${mostFiles} files`);
      }
    }
    const recorded = await this.#recorded(found.map(({ path }) => path));
    return evidenceOf(
      found.map(({ path, size }) => {
        const sha256 = recorded.get(path);
        return {
          path: path.slice(root.length + 1),
          ...(size !== undefined && { size }),
          ...(sha256 && { sha256 }),
        };
      }),
    );
  }

  /** Opens a file of a version. */
  async open(storageLocation: string, path: string) {
    const root = artifactPathOf(storageLocation);
    return root === undefined ? undefined : this.#store.get(`${root}/${path}`);
  }

  async #recorded(paths: string[]): Promise<Map<string, string>> {
    const rows = await this.#rows.find(paths);
    return new Map(rows.map(({ path, sha256 }) => [path, sha256]));
  }
}

function evidenceOf(items: FileEvidence['items']): FileEvidence {
  const sorted = [...items].sort((a, b) => (a.path < b.path ? -1 : 1));
  const lines = sorted.map(
    ({ path, size, sha256 }) => `${path}\0${size ?? ''}\0${sha256 ?? ''}\n`,
  );
  return { digest: `sha256:${sha256Of(lines.join(''))}`, items: sorted };
}

function sha256Of(text: string) {
  return createHash('sha256').update(text).digest('hex');
}
