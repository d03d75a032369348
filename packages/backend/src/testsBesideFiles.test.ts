import { existsSync, globSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(__dirname, '../../..');

/**
 * Suites that follow one scenario through many files, and why no single file is theirs. All other tests stand beside
 * the file that they test, and have its name.
 */
const scenarios: Record<string, string> = {
  // The whole portal, or the repository itself
  'packages/backend/src/appConfig': 'reads app-config.yaml',
  'packages/backend/src/auditOfChanges': 'every change of every plugin',
  'packages/backend/src/authorization': 'every operation of every contract',
  'packages/backend/src/authorizationOfActions': 'the actions of all plugins',
  'packages/backend/src/authorizationOfMlflow': 'every MLflow endpoint',
  'packages/backend/src/authorizationOfRoutes': 'every route of the portal',
  'packages/backend/src/callingConvention': 'reads the services of all plugins',
  'packages/backend/src/changesAreNoReads': 'the contracts of all plugins',
  'packages/backend/src/dependencies': 'reads the package.json of all packages',
  'packages/backend/src/lists': 'the lists of all contracts',
  'packages/backend/src/openApi': 'reads every openapi.json',
  'packages/backend/src/outputsOfJobs': 'jobs, data and the registry together',
  'packages/backend/src/permissionsPage': 'reads docs/permissions.md',
  'packages/backend/src/rightsOfOthers': 'the rights in all plugins',
  'packages/backend/src/rooms': 'reads the imports of all rooms',
  'packages/backend/src/secondImplementations':
    'a portal with other runtimes, engines and stores',
  'packages/backend/src/services': 'reads the services of all plugins',
  'packages/backend/src/tables': 'reads the SQL of all rooms',
  'packages/backend/src/testsBesideFiles': 'lists the tests of all packages',
  'packages/backend/src/tokenScopes': 'the token scopes of all plugins',
  'packages/backend/src/tokens': 'one token, in all plugins',
  'packages/backend/src/wholeLists': 'reads the loops of all packages',
  // One package
  'packages/app/src/contrast': 'reads the style sheets',
  'packages/cli/src/commands/jobs/jobs':
    'the commands of jobs, against one portal',
  'packages/gateway/src/host/isolation':
    'a gateway with a model that misbehaves',
  'packages/gateway/src/host/switch': 'a gateway that changes versions',
  'packages/gateway/src/http/fuzz': 'hostile requests to a gateway',
  'packages/gateway/src/routes/conformance':
    'the conformance kit against a gateway',
  'packages/gateway/src/routes/protocol': 'the protocol of a whole gateway',
  'plugins/catalog-backend-module-ml/src/examples': 'reads the example company',
  'plugins/ml-catalog-common/src/layers/layers':
    'all layers, compiled by the catalog',
  'plugins/ml-data-backend/src/policy': 'the plugin under a policy',
  'plugins/ml-data/src/refusedContent':
    'data that may not be read, on all pages',
  'plugins/ml-jobs-backend/src/policy': 'the plugin under a policy',
  'plugins/ml-jobs-backend/src/providers/local/isolation/isolation':
    'a hostile job in each kind of isolation',
  'plugins/ml-jobs-backend/src/providers/local/isolation/kinds':
    'says which kinds this machine lacks',
  'plugins/ml-jobs-backend/src/severalRuntimes': 'the plugin with two runtimes',
  'plugins/ml-monitoring-backend/src/duckdb/agreement':
    'counts and verdicts against NumPy and SciPy',
  'plugins/ml-registry-backend/src/documents': 'reads the documentation',
  'plugins/ml-registry-backend/src/mlflow/behaviours':
    'the MLflow API of the plugin',
  'plugins/ml-registry-backend/src/mlflow/dataAccess':
    'guarded data through the MLflow API',
  'plugins/ml-registry-backend/src/mlflow/versions/namespaces':
    'models in namespaces through the MLflow API',
  'plugins/ml-registry-backend/src/pages': 'the paged lists of all rooms',
  'plugins/ml-tokens-backend/src/splitPortal':
    'a backend that asks ml-tokens in another one',
  'plugins/scaffolder-backend-module-ml/src/template':
    'writes projects from the templates',
};

const tests = globSync('{packages,plugins}/*/src/**/*.test.{ts,tsx}', {
  cwd: root,
}).map(path => path.replace(/\.test\.tsx?$/, ''));

/** True when a source file has the name of the test, or its beginning: `X.property.test.ts` belongs to `X.ts`. */
function hasFile(test: string, isThere: (file: string) => boolean): boolean {
  const [, path = '', suffix] = /^(.*\/[^/]+?)(\.\w+)?$/.exec(test) ?? [];
  const names = suffix ? [test, path] : [test];
  return names.some(name =>
    ['ts', 'tsx', 'cjs'].some(ext => isThere(`${name}.${ext}`)),
  );
}

const isThere = (file: string) => existsSync(resolve(root, file));

describe('the tests of every package', () => {
  it('stand beside their file and have its name, except for scenarios', () => {
    expect(tests.length).toBeGreaterThan(300);
    expect(
      tests.filter(test => !scenarios[test] && !hasFile(test, isThere)),
    ).toEqual([]);
  });

  it('have no scenario that is gone, or that has a file of its own', () => {
    const known = new Set(tests);
    expect(
      Object.keys(scenarios).filter(
        test => !known.has(test) || hasFile(test, isThere),
      ),
    ).toEqual([]);
  });

  it.each([
    ['src/X', ['src/X.ts'], true],
    ['src/Page', ['src/Page.tsx'], true],
    ['src/X.property', ['src/X.ts'], true],
    ['src/domain', ['src/X.ts'], false],
    ['src/Y.property', ['src/X.ts'], false],
    ['src/X', ['src/a/X.ts'], false],
  ])('would be noticed: %s beside %p', (test, files, is) => {
    expect(hasFile(test, file => files.includes(file))).toBe(is);
  });
});
