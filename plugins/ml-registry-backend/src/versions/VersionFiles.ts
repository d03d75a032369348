import { createHash } from 'node:crypto';
import type { FileEvidence } from '@downstage/plugin-ml-registry-common';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import type { Knex } from 'knex';
import { chunks } from '../stores/database';
import { artifactPathOf } from './ModelFiles';

/** More files than this are no model; the gate on digests says so. */
const mostFiles = 10_000;

/** Which files a version has, with the checksums they were received with. */
export class VersionFiles {
  readonly #knex: Knex;
  readonly #store: ArtifactStore;

  constructor(options: { knex: Knex; store: ArtifactStore }) {
    this.#knex = options.knex;
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
    const sums = new Map<string, string>();
    for (const part of chunks(paths)) {
      const rows: { path: string; sha256: string }[] = await this.#knex(
        'artifacts',
      )
        .whereIn('path_sha256', part.map(sha256Of))
        .select('path', 'sha256');
      for (const { path, sha256 } of rows) sums.set(path, sha256);
    }
    return sums;
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
