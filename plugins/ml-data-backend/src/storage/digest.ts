import { createHash } from 'node:crypto';

/**
 * One digest for the content of a version: the hash of `<sha256>  <path>` lines in the order of the paths.
 *
 * @remarks
 * A single file counts by its content alone, so that renaming it makes no new version.
 */
export function digestOf(files: { path: string; sha256: string }[]): string {
  const lines = [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(file => `${file.sha256}  ${files.length === 1 ? '' : file.path}\n`);
  return `sha256:${createHash('sha256').update(lines.join('')).digest('hex')}`;
}
