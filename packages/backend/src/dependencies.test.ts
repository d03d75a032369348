import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { cyclesOf } from './__testUtils__/rooms';

const root = resolve(__dirname, '../../..');
const shared = ['common', 'node', 'ml-catalog-common'];

/**
 * Who may call whom, seen from the caller, the domains to come included: a row without packages costs nothing. `ml-registry`
 * knows neither jobs nor data; modules join them.
 */
const below: Record<string, string[]> = {
  'ml-jobs': [],
  'ml-registry': [],
  'ml-tokens': [],
  'ml-data': ['ml-jobs'],
  /** To come: feature views, offline and online. */
  'ml-features': ['ml-data', 'ml-jobs'],
  'ml-serving': ['ml-features', 'ml-registry'],
  /** To come: sweeps, pipelines, schedules, triggers. */
  'ml-pipelines': [
    'ml-serving',
    'ml-features',
    'ml-data',
    'ml-jobs',
    'ml-registry',
  ],
  'ml-monitoring': [
    'ml-serving',
    'ml-features',
    'ml-data',
    'ml-jobs',
    'ml-registry',
  ],
  /** To come: cost, adoption, compliance. It reads all. */
  'ml-insights': [
    'ml-pipelines',
    'ml-monitoring',
    'ml-serving',
    'ml-features',
    'ml-data',
    'ml-jobs',
    'ml-registry',
    'ml-tokens',
  ],
};

/** The packages of a domain that others may list. */
const doorsOf = (domain: string) => [`${domain}-node`, `${domain}-common`];

/** `ml-registry-backend-module-data` joins `ml-registry` and `ml-data`; that of `s3` joins no second domain. */
function joinedBy(folder: string): string[] | undefined {
  const match = /^(ml-[a-z]+)-backend-module-([a-z0-9]+)$/.exec(folder);
  return match
    ? [match[1], `ml-${match[2]}`].filter(domain => domain in below)
    : undefined;
}

/** The local packages that a package may list, by folder name; `undefined` for those that may list anything. */
function allowed(folder: string): Set<string> | undefined {
  const domains = Object.keys(below);
  if (folder === 'app' || folder === 'backend') return undefined;
  if (folder === 'common') return new Set();
  if (folder === 'node' || folder === 'react') return new Set(['common']);
  if (folder === 'gateway' || folder === 'cli') {
    return new Set(['common', ...domains.map(domain => `${domain}-common`)]);
  }
  if (folder === 'ml-catalog-common') return new Set(['common']);
  if (folder === 'ml-catalog') {
    return new Set(['common', 'react', 'ml-catalog-common']);
  }
  if (folder.includes('-backend-module-')) {
    const joined = joinedBy(folder) ?? domains;
    return new Set([...shared, ...joined.flatMap(doorsOf)]);
  }
  const match = /^(ml-[a-z]+)(?:-(backend|common|node))?$/.exec(folder);
  if (!match || !(match[1] in below)) {
    throw new Error(`plugins/${folder} fits no row of the table`);
  }
  const [, domain, kind] = match;
  const kinds = 'ml-catalog-common';
  switch (kind) {
    case 'common':
      return new Set(['common']);
    case 'node':
      return new Set(['common', 'node', `${domain}-common`]);
    case 'backend':
      return new Set([
        ...shared,
        ...doorsOf(domain),
        // The local provider starts the gateway as a process; it never imports its code.
        ...(domain === 'ml-serving' ? ['gateway'] : []),
        ...below[domain].flatMap(doorsOf),
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

  it('keeps packages/common to zod and errors', () => {
    expect(
      packages.find(({ folder }) => folder === 'common')?.dependencies,
    ).toEqual(['@backstage/errors', 'zod']);
  });

  it('has no cycle, and names no domain without a row', () => {
    expect(cyclesOf(below)).toEqual([]);
    const named = new Set(Object.values(below).flat());
    expect([...named].filter(domain => !(domain in below))).toEqual([]);
  });

  it('reads all in ml-insights, and nothing reads it', () => {
    const others = Object.keys(below).filter(name => name !== 'ml-insights');
    expect([...below['ml-insights']].sort()).toEqual(others.sort());
    expect(Object.values(below).flat()).not.toContain('ml-insights');
  });

  it('would notice a page that lists another plugin', () => {
    expect(allowed('ml-serving')?.has('ml-registry-common')).toBe(false);
  });

  it('would notice a module that joins more than its name says', () => {
    const module = 'ml-registry-backend-module-data';
    expect(allowed(module)?.has('ml-data-node')).toBe(true);
    expect(allowed(module)?.has('ml-jobs-node')).toBe(false);
    expect(allowed('ml-registry-backend-module-s3')?.has('ml-data-node')).toBe(
      false,
    );
  });

  it('would notice the registry that lists jobs, and a domain without a row', () => {
    expect(allowed('ml-registry-backend')?.has('ml-jobs-common')).toBe(false);
    expect(() => allowed('ml-novelties-backend')).toThrow(/fits no row/);
  });

  it('knows the domains to come before their first package is there', () => {
    expect(allowed('ml-pipelines-backend')?.has('ml-jobs-node')).toBe(true);
    expect(allowed('ml-features-backend')?.has('ml-serving-node')).toBe(false);
    expect(allowed('ml-serving-backend')?.has('ml-features-node')).toBe(true);
  });
});
