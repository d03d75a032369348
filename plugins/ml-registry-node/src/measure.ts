import { createHash } from 'node:crypto';
import type { StoredArtifact } from './artifactStore';

/** Knows the size and SHA-256 of what was added to it. */
export class Measure {
  readonly #hash = createHash('sha256');
  #size = 0;

  add(chunk: Buffer): void {
    this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  get size(): number {
    return this.#size;
  }

  /** Once, at the end. */
  result(): StoredArtifact {
    return { size: this.#size, sha256: this.#hash.digest('hex') };
  }
}

/**
 * Gives the memory of a chunk back at once, instead of at the next garbage collection. A stream of hundreds of
 * megabytes makes that much garbage. The engine lets about a hundred megabytes of it pile up before it looks.
 *
 * @remarks
 * Only for chunks that nobody else holds; they are empty afterwards. A chunk that shares its memory is left alone.
 */
export function release(chunk: Buffer): void {
  const { buffer } = chunk;
  if (chunk.byteOffset !== 0 || chunk.byteLength !== buffer.byteLength) return;
  if ('transfer' in buffer && typeof buffer.transfer === 'function') {
    buffer.transfer(0);
  }
}
