import { open, type FileHandle } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import {
  Measure,
  release,
  type StoredArtifact,
} from '@downstage/plugin-ml-registry-node';

/** Chunks that have come meanwhile are written in one go. */
const atOnce = 1024 * 1024;

/**
 * Writes a stream into a new file, flushed to the disk. One batch is written while the next is received; the memory of
 * each chunk is given back when it is written.
 */
export async function writeFile(
  path: string,
  content: Readable,
): Promise<StoredArtifact> {
  const measure = new Measure();
  const file = await open(path, 'wx');
  let writing: Promise<void> = Promise.resolve();
  try {
    let batch: Buffer[] = [];
    let waiting = 0;
    for await (const chunk of content) {
      measure.add(chunk);
      batch.push(chunk);
      waiting += chunk.length;
      if (waiting < atOnce) continue;
      await writing;
      writing = writeAll(file, batch);
      // Its failure is heard at the next await; until then it must not count as unhandled.
      writing.catch(() => {});
      batch = [];
      waiting = 0;
    }
    await writing;
    await writeAll(file, batch);
    await file.sync();
  } finally {
    await writing.catch(() => {});
    await file.close();
  }
  return measure.result();
}

async function writeAll(file: FileHandle, chunks: Buffer[]): Promise<void> {
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (bytes === 0) return;
  const { bytesWritten } = await file.writev(chunks);
  // A disk that is nearly full takes a part, and says why when asked for the rest.
  if (bytesWritten < bytes) {
    const rest = Buffer.concat(chunks).subarray(bytesWritten);
    for (let written = 0; written < rest.length; ) {
      written += (await file.write(rest, written)).bytesWritten;
    }
  }
  chunks.forEach(release);
}
