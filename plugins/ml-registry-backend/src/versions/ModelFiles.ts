import { text } from 'node:stream/consumers';
import type { ArtifactStore } from '@downstage/plugin-ml-registry-node';
import { parse } from 'yaml';
import { artifactPathOf } from '../kernel/artifactUri';
import { readModelFile, type ModelFile } from './domain/signature';

const largestModelFile = 5_000_000;

/**
 * Reads the MLmodel file of versions. A version's files do not change once it is there. So the content is kept for the
 * last few hundred versions. A file that is not there yet is looked for again.
 */
export class ModelFiles {
  readonly #artifacts: ArtifactStore;
  readonly #kept = new Map<string, ModelFile>();

  constructor(artifacts: ArtifactStore) {
    this.#artifacts = artifacts;
  }

  async read(storageLocation: string): Promise<ModelFile> {
    const kept = this.#kept.get(storageLocation);
    if (kept) return kept;
    const root = artifactPathOf(storageLocation);
    if (root === undefined) return { flavors: [] };
    const file = await this.#artifacts.get(`${root}/MLmodel`);
    if (!file) return { flavors: [] };
    if (file.size > largestModelFile) {
      file.content.destroy();
      return { flavors: [] };
    }
    const read = readModelFile(parseYaml(await text(file.content)));
    if (this.#kept.size >= 500) {
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    }
    this.#kept.set(storageLocation, read);
    return read;
  }
}

function parseYaml(content: string): unknown {
  try {
    return parse(content);
  } catch {
    // A garbled file is as good as none: the signature gate says what is missing.
    return undefined;
  }
}
