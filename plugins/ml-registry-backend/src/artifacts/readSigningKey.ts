import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The key of short-lived addresses: the one of the configuration, or one made
 * once and kept beside the artifacts. So portals that share the folder accept
 * each other's addresses.
 */
export async function readSigningKey(options: {
  configured?: string;
  folder: string;
}): Promise<Buffer> {
  const { configured, folder } = options;
  if (configured) return createHash('sha256').update(configured).digest();
  const file = join(folder, '.signing-key');
  await mkdir(folder, { recursive: true });
  try {
    await writeFile(file, randomBytes(32).toString('hex'), {
      flag: 'wx',
      mode: 0o600,
    });
  } catch (error) {
    // Made by an earlier start, or a moment ago by another portal.
    if (!isTaken(error)) throw error;
  }
  const key = Buffer.from((await readFile(file, 'utf8')).trim(), 'hex');
  if (key.length === 32) return key;
  throw new Error(
    `The signing key ${file} is damaged; delete it, and it is made anew`,
  );
}

function isTaken(error: unknown): boolean {
  return (
    typeof error === 'object' &&
    error !== null &&
    'code' in error &&
    error.code === 'EEXIST'
  );
}
