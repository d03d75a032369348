import { globSync, readFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

/**
 * Where a list is read page after page to its end, and why that does not grow with everything people make, or who wants
 * all of it. By the name of the file, which stays when the file moves.
 */
const readers: Record<string, string> = {
  'pages.ts': 'the loop itself, for those below',
  // Of one thing
  'ModelFetcher.ts': 'the files of one version',
  'PredictionLogReader.ts': 'the files of one window of the log',
  'S3ArtifactStore.ts': 'one folder, a page at a time for the caller',
  'S3Parts.ts': 'the parts of one upload, at most 10,000',
  'WebhooksPage.tsx': 'up to the one that a link names',
  'useRunRows.ts': 'a table of at most 20,000 runs that somebody opened',
  // All of it is wanted, or all that changed
  'TokensPage.tsx': 'the tokens of one person, once',
  'collectJobs.ts': 'a command, of at most 20 pages',
  'importModels.ts': 'an import; stops when its time is spent and goes on',
  'importRuns.ts': 'an import; stops when its time is spent and goes on',
  'importServer.ts': 'a command: what an import left out',
  'ledger.ts': 'a command, of at most 10,000 lines',
  'listAllModels.ts': 'the slow comparison, ten models a second; else changes',
  'models.ts': 'a command, of at most 10,000 lines',
  'promotions.ts': 'a command, of at most 10,000 lines',
  'registryModule.ts': 'what a garbage collection may not delete',
  'tokens.ts': 'a command, of at most 10,000 lines',
  'versions.ts': 'a command, of at most 10,000 lines',
};

const cursors = 'cursor|pageToken|nextPageToken|nextCursor';
const loop = new RegExp(
  [
    '\\b(?:collectItems|allItems)\\(',
    `\\bwhile \\([^)]*\\b(?:${cursors}|next|token|marker)\\b[^)]*\\) ?[;{]`,
    `\\bfor \\((?!const )[^)]*\\b(?:${cursors})\\b[^)]*\\) ?{`,
  ].join('|'),
);

const found = globSync('{plugins,packages}/*/src/**/*.{ts,tsx}', { cwd: root })
  .filter(path => !/\.test\.tsx?$|estUtils|__fixtures__/.test(path))
  .filter(path => readsToTheEnd(readFileSync(join(root, path), 'utf8')));

function readsToTheEnd(text: string) {
  return loop.test(text);
}

describe('lists that are read to their end (R2)', () => {
  it.each([
    ['do { page = await next() } while (cursor);', true],
    ['while (page.nextCursor && rows.length < most) {', true],
    ['for (let cursor = first; cursor; ) {', true],
    ['const all = await collectItems(cursor => list(cursor));', true],
    ['while (index < words.length) {', false],
    ['for (const token of tokens) {', false],
    ['return { items, nextCursor };', false],
  ])('are found: %s', (text, is) => {
    expect(readsToTheEnd(text)).toBe(is);
  });

  it('are those of which it is written why they are bounded', () => {
    const unexplained = found.filter(path => !readers[basename(path)]);
    expect(unexplained).toEqual([]);
  });

  it('are all still there', () => {
    const names = new Set(found.map(path => basename(path)));
    expect(Object.keys(readers).filter(name => !names.has(name))).toEqual([]);
  });
});
