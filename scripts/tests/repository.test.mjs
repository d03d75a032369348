import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { it } from 'node:test';
import { root, run } from '../shell.mjs';

it('documentation of every template shows without the internet: no fonts from elsewhere', async () => {
  let looked = 0;
  for await (const file of glob('templates/*/skeleton/mkdocs.yml', {
    cwd: root,
  })) {
    const text = await readFile(`${root}/${file}`, 'utf8');
    assert.match(text, /^theme:\n {2}name: material\n {2}font: false$/m, file);
    looked += 1;
  }
  assert.ok(looked > 0);
});

it('no file of the repository holds the marks of a merge that was not finished', async () => {
  // Prettier writes the closing mark as a quotation of quotations in Markdown.
  const marks = '^(<{7} |>{7} |(> ){6}>)';
  const found = await run(
    'git',
    ['grep', '-nE', marks, '--', '.', ':!scripts/tests'],
    { quiet: true, cwd: root },
  ).catch(() => '');
  assert.equal(found, '');
});
