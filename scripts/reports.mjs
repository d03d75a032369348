#!/usr/bin/env node
// The reports of what packages export and of their tables, written by Backstage's own tool from the declarations of tsc.
//   npm run reports           writes them
//   npm run reports -- --ci   changes nothing, and fails where they would change
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { changeOf } from './reportChanges.mjs';
import { checkOptions, fail, root, run } from './shell.mjs';

const usage = 'npm run reports -- [--ci]\n';
checkOptions(process.argv.slice(2), { switches: ['--ci'], usage });
const ci = process.argv.includes('--ci');

const before = await reports();
const changes = [];
try {
  await run(
    process.execPath,
    [
      join(root, 'node_modules/@backstage/repo-tools/bin/backstage-repo-tools'),
      ...['api-reports', '--sql-reports', '--allow-all-warnings'],
      ...['--exclude', 'packages/cli'],
      ...[
        '--omit-messages',
        'ae-missing-release-tag,ae-undocumented,ae-wrong-input-file-type',
      ],
    ],
    { quiet: true, cwd: root },
  );
} finally {
  const after = await reports();
  for (const path of new Set([...before.keys(), ...after.keys()])) {
    const change = changeOf(before.get(path), after.get(path));
    if (change) changes.push(`${path}\n${change}`);
    // Where only the order differs, the report in the repository stays.
    if (ci || !change) await restore(path, before.get(path), after.get(path));
  }
}
if (changes.length) {
  const said = `${changes.join('\n')}\n`;
  if (ci) fail('These reports are not up to date. Run: npm run reports', said);
  process.stdout.write(said);
}

/** Path to text of every report in the repository. */
async function reports() {
  const found = new Map();
  for (const kind of ['packages', 'plugins']) {
    for (const name of await readdir(join(root, kind))) {
      const files = await readdir(join(root, kind, name)).catch(() => []);
      for (const file of files.filter(each => /^report.*\.md$/.test(each))) {
        const path = join(kind, name, file);
        found.set(path, await readFile(join(root, path), 'utf8'));
      }
    }
  }
  return found;
}

async function restore(path, kept, written) {
  if (kept === written) return;
  if (kept === undefined) await rm(join(root, path));
  else await writeFile(join(root, path), kept);
}
