// docs/glossary.md against the code: the names that it gives are there.
import assert from 'node:assert/strict';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { root } from '../shell.mjs';

let rows;
let code = '';
/** Of each table of each plugin, as the reports of SQL say it: its columns. */
const tables = new Map();
/** Paths of the contracts of all domains. */
const paths = new Set();
before(async () => {
  const glossary = await readFile(join(root, 'docs/glossary.md'), 'utf8');
  rows = glossary
    .split('\n')
    .filter(line => line.startsWith('| **'))
    .map(line =>
      line
        .split('|')
        .slice(1, -1)
        .map(cell => cell.trim()),
    );
  for await (const file of glob('{packages,plugins}/*/src/**/*.{ts,tsx}', {
    cwd: root,
  })) {
    code += await readFile(join(root, file), 'utf8');
  }
  for await (const file of glob('plugins/*/report.sql.md', { cwd: root })) {
    const report = await readFile(join(root, file), 'utf8');
    for (const section of report.split(/^## Table /m).slice(1)) {
      const [name, ...columns] = [...section.matchAll(/^\|? ?`(\w+)`/gm)].map(
        ([, word]) => word,
      );
      tables.set(name, [...(tables.get(name) ?? []), ...columns]);
    }
  }
  for await (const file of glob('plugins/*-common/openapi.json', {
    cwd: root,
  })) {
    const document = JSON.parse(await readFile(join(root, file), 'utf8'));
    for (const path of Object.keys(document.paths)) paths.add(path);
  }
});

const names = cell => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name);

describe('The glossary', () => {
  it('has one row for each of at least forty terms', () => {
    const terms = rows.map(([term]) => term);
    assert.ok(terms.length >= 40, `${terms.length} terms`);
    assert.deepEqual(
      terms.filter((term, index) => terms.indexOf(term) !== index),
      [],
    );
  });
  it('names only what stands in the code', () => {
    const missing = rows.flatMap(([term, , cell]) =>
      names(cell)
        .filter(name => !new RegExp(`\\b${name}\\b`).test(code))
        .map(name => `${term}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });
  it('names only tables and columns that there are', () => {
    const missing = rows.flatMap(([term, , , cell]) =>
      names(cell)
        .filter(name => {
          const [table, column] = name.split('.');
          const columns = tables.get(table);
          return !columns || (column && !columns.includes(column));
        })
        .map(name => `${term}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });
  it('names only paths of the API', () => {
    const missing = rows.flatMap(([term, , , , cell]) =>
      names(cell)
        .filter(name => {
          const [start, end = ''] = name.split('…');
          return ![...paths].some(
            path => path.startsWith(`/v1${start}`) && path.endsWith(end),
          );
        })
        .map(name => `${term}: ${name}`),
    );
    assert.deepEqual(missing, []);
  });
  it('names pages, tabs and buttons by the words they show', () => {
    const missing = rows.flatMap(([term, , , , cell]) =>
      [...cell.matchAll(/_([^_]+)_/g)]
        .map(([, words]) => words)
        .filter(words => !code.includes(`'${words}'`))
        .map(words => `${term}: ${words}`),
    );
    assert.deepEqual(missing, []);
  });
});
