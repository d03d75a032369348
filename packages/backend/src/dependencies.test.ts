import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../../..');
const shared = ['common', 'node', 'react', 'ml-catalog-common'];

/** Who may call whom, seen from the caller. Anything not listed here is a mistake. */
const below: Record<string, string[]> = {
  'ml-jobs': [],
  'ml-registry': [],
  'ml-tokens': [],
  'ml-data': ['ml-jobs'],
  'ml-serving': ['ml-registry'],
  'ml-monitoring': ['ml-serving', 'ml-registry', 'ml-data', 'ml-jobs'],
};

/** The local packages that a package may list, by folder name; `undefined` for those that may list anything. */
function allowed(folder: string): Set<string> | undefined {
  if (folder === 'app' || folder === 'backend') return undefined;
  if (folder === 'common') return new Set();
  if (folder === 'node' || folder === 'react') return new Set(['common']);
  const commons = Object.keys(below).map(domain => `${domain}-common`);
  if (folder === 'gateway' || folder === 'cli') {
    return new Set(['common', ...commons]);
  }
  if (folder === 'ml-catalog-common') return new Set(['common']);
  if (folder === 'ml-catalog') {
    return new Set(['common', 'react', 'ml-catalog-common']);
  }
  if (folder.includes('-backend-module-')) {
    return new Set([
      ...shared.filter(name => name !== 'react'),
      ...commons,
      ...Object.keys(below).map(domain => `${domain}-node`),
    ]);
  }
  const match = /^(ml-[a-z]+)(?:-(backend|common|node))?$/.exec(folder);
  if (!match) throw new Error(`plugins/${folder} fits no row of the table`);
  const [, domain, kind] = match;
  const kinds = 'ml-catalog-common';
  switch (kind) {
    case 'common':
      return new Set(['common']);
    case 'node':
      return new Set(['common', 'node', `${domain}-common`]);
    case 'backend':
      return new Set([
        'common',
        'node',
        kinds,
        `${domain}-common`,
        `${domain}-node`,
        // The local provider starts the gateway as a process; it never imports its code.
        ...(domain === 'ml-serving' ? ['gateway'] : []),
        ...(below[domain] ?? []).flatMap(other => [
          `${other}-node`,
          `${other}-common`,
        ]),
      ]);
    default:
      return new Set(['common', 'react', kinds, `${domain}-common`]);
  }
}

const packages = ['packages', 'plugins'].flatMap(top =>
  readdirSync(`${root}/${top}`)
    .filter(folder => existsSync(`${root}/${top}/${folder}/package.json`))
    .map(folder => {
      const manifest = JSON.parse(
        readFileSync(`${root}/${top}/${folder}/package.json`, 'utf8'),
      );
      return {
        folder,
        name: manifest.name as string,
        dependencies: Object.keys(manifest.dependencies ?? {}),
      };
    }),
);
const folderOf = new Map(packages.map(({ name, folder }) => [name, folder]));

describe('the table of who may depend on whom', () => {
  it.each(packages.map(({ folder }) => folder))('holds for %s', folder => {
    const { dependencies } = packages.find(item => item.folder === folder)!;
    const ok = allowed(folder);
    const mistakes = dependencies
      .map(name => folderOf.get(name))
      .filter(other => other !== undefined && ok && !ok.has(other));
    expect(mistakes).toEqual([]);
  });

  it('keeps packages/common to zod, errors and types', () => {
    expect(
      packages.find(({ folder }) => folder === 'common')?.dependencies,
    ).toEqual(['@backstage/errors', '@backstage/types', 'zod']);
  });

  it('would notice a page that lists another plugin', () => {
    expect(allowed('ml-serving')?.has('ml-registry-common')).toBe(false);
  });
});
