import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const plugins = resolve(__dirname, '../../../plugins');
const files = readdirSync(plugins)
  .map(folder => `${plugins}/${folder}/openapi.json`)
  .filter(file => existsSync(file));

function patternsOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'pattern' && typeof item === 'string' ? [item] : patternsOf(item),
  );
}

describe('the patterns of every openapi.json', () => {
  it.each(files)('%s: can be read by other languages (issue 7)', file => {
    const patterns = patternsOf(JSON.parse(readFileSync(file, 'utf8')));
    // Neither Python's re nor Go's regexp knows these.
    const foreign = /\\[pP]\{|\(\?<[=!]|\(\?<\w|\\u\{/;
    expect(patterns.filter(pattern => foreign.test(pattern))).toEqual([]);
  });
});
