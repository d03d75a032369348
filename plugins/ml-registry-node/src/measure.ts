import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import type { StoredArtifact } from './artifactStore';

/** Lets a stream through and knows its size and SHA-256 once it has ended. */
export function measure(): {
  through: Transform;
  measured: () => StoredArtifact;
} {
  const hash = createHash('sha256');
  let size = 0;
  const through = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      size += chunk.length;
      done(null, chunk);
    },
  });
  return { through, measured: () => ({ size, sha256: hash.digest('hex') }) };
}
