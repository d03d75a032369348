#!/usr/bin/env node
// Writes docs/exports.md: every name that each package exports, with its kind. `--check` compares instead,
// so that a change of what others may use is always part of the diff.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { checkOptions, fail, root } from './shell.mjs';

checkOptions(process.argv.slice(2), {
  switches: ['--check'],
  usage: `node scripts/exports.mjs [--check]

  --check  fails where docs/exports.md is not what it would write
`,
});

const entries = [];
for (const top of ['packages', 'plugins']) {
  for (const name of readdirSync(join(root, top)).sort()) {
    const folder = join(root, top, name);
    if (!existsSync(join(folder, 'package.json'))) continue;
    const manifest = JSON.parse(
      readFileSync(join(folder, 'package.json'), 'utf8'),
    );
    if (manifest.private) continue;
    const exported = Object.entries(
      manifest.exports ?? { '.': './src/index.ts' },
    );
    for (const [path, file] of exported) {
      if (
        typeof file !== 'string' ||
        !/\.tsx?$/.test(file) ||
        path === './testUtils'
      )
        continue;
      entries.push({
        title: manifest.name + path.slice(1),
        file: join(folder, file),
      });
    }
  }
}

const program = ts.createProgram(
  entries.map(entry => entry.file),
  {
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    noResolve: false,
    types: [],
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();
const kinds = [
  [ts.SymbolFlags.Class, 'class'],
  [ts.SymbolFlags.Function, 'function'],
  [ts.SymbolFlags.Interface, 'interface'],
  [ts.SymbolFlags.TypeAlias, 'type'],
  [ts.SymbolFlags.Variable, 'const'],
];

const text = [
  '# What each package exports',
  '',
  'Made by `node scripts/exports.mjs`; the tests keep it equal to the code.',
  ...entries.flatMap(({ title, file }) => {
    const source = program.getSourceFile(file);
    const symbol = source && checker.getSymbolAtLocation(source);
    const names = (symbol ? checker.getExportsOfModule(symbol) : []).map(
      item => {
        const target =
          item.flags & ts.SymbolFlags.Alias
            ? checker.getAliasedSymbol(item)
            : item;
        const kind =
          kinds.find(([flag]) => target.flags & flag)?.[1] ?? 'value';
        return `- \`${item.name}\` ${kind}`;
      },
    );
    return ['', `## ${title}`, '', ...names.sort()];
  }),
  '',
].join('\n');

const output = join(root, 'docs/exports.md');
if (process.argv.includes('--check')) {
  const committed = existsSync(output) ? readFileSync(output, 'utf8') : '';
  if (committed !== text)
    fail(
      'docs/exports.md is not what the packages export.',
      'Run: node scripts/exports.mjs, and read the difference.',
    );
} else {
  writeFileSync(output, text);
}
