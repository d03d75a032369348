import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { root } from '../shell.mjs';

/** Path and text of each file that git tracks and `accept` takes. */
export async function* trackedFiles(accept) {
  const listed = execFileSync('git', ['ls-files'], {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  });
  for (const file of listed.split('\n').filter(accept)) {
    yield { file, text: await readFile(`${root}/${file}`, 'utf8') };
  }
}
