import { InputError } from '@backstage/errors';

/**
 * Refuses every path that is not plainly a file or folder below a root, in any of its readings: `..` and `.`, empty
 * names, backslashes, NUL, absolute paths, the same once or more percent-encoded, names longer than 255 bytes.
 *
 * @throws InputError `Invalid path`
 */
export function checkArtifactPath(
  path: string,
  options: { maxBytes?: number } = {},
): string {
  const { maxBytes = 4000 } = options;
  if (Buffer.byteLength(path) > maxBytes) throw new InputError('Invalid path');
  let reading = path;
  for (let round = 0; round < 5; round += 1) {
    const segments = reading.split('/');
    const wrong = segments.some(
      segment =>
        segment === '' ||
        segment === '.' ||
        segment === '..' ||
        /[\\\0]/.test(segment) ||
        Buffer.byteLength(segment) > 255,
    );
    if (wrong) throw new InputError('Invalid path');
    const next = decodeOnce(reading);
    if (next === reading) return path;
    reading = next;
  }
  throw new InputError('Invalid path');
}

function decodeOnce(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone percent sign is a fine file name.
    return text;
  }
}
