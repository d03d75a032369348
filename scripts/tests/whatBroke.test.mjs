import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import test from 'node:test';
import { root } from '../shell.mjs';

const page = await readFile(join(root, 'docs/what-broke.md'), 'utf8');

test('every test that docs/what-broke.md names is in the file that it names', async () => {
  const rows = page
    .split('\n')
    .filter(line => /^\| \w/.test(line))
    .slice(1);
  assert.ok(rows.length > 100, `${rows.length} rows`);
  const missing = [];
  for (const row of rows) {
    const tests = row.split(' | ').slice(2).join(' | ');
    const paths = [...tests.matchAll(/\]\(\.\.\/([^)]+)\)/g)].map(
      found => found[1],
    );
    const texts = await Promise.all(paths.map(textOf));
    for (const [, name] of tests.matchAll(/(?<![\w`])_([^|]+?)_(?![\w`])/g)) {
      const parts = name.split('…').filter(part => part.trim());
      const found = texts.some(text =>
        parts.every(part => text.includes(part)),
      );
      if (!found) missing.push(`${row.split(' | ', 1)[0].slice(2)}: ${name}`);
    }
  }
  assert.deepEqual(missing, []);
});

/** The text of a file; names that are broken into two strings, or have an escaped quote, are whole in it. */
async function textOf(path) {
  const text = await readFile(join(root, path), 'utf8');
  return text.replaceAll("\\'", "'").replaceAll(/'\s*\+\s*'/g, '');
}
