import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
// The compiler of the whole repository, which the root declares.
// eslint-disable-next-line @backstage/no-undeclared-imports
import ts from 'typescript';

const root = resolve(__dirname, '../../..');

/** What the portal's own steps call, and no person: nobody is there to be asked about. Each with its reason. */
const ownSteps: Record<string, string> = {
  'ArtifactService.entryAt': 'the caller has asked about the run or model',
  'ArtifactService.find': 'the caller was authorised by a signature',
  'ArtifactService.listUnder': 'filtered by the caller afterwards',
  'ArtifactService.pageUnder': 'the caller has asked about the run or model',
  'AttemptService.appendLog': 'the token of the job is the right',
  'AttemptService.input': 'the token of the job is the right',
  'AttemptService.requireSender': 'the token of the job is the right',
  'AttemptService.source': 'the token of the job is the right',
  'CardService.read': 'evidence of a decision, and a gate',
  'JobService.readLog': 'the same reader, whom log has authorised',
  'ModelSignatureService.checkNew': 'a step after a version was registered',
  'PromotionService.openFor': 'for whom the stage policy has authorised',
  'RegistrationService.wait': 'the caller has started it',
  'RolloutService.begin':
    'a step of the reconciler, under the lease of the endpoint',
  'SourceService.folderOf': 'for a job that was accepted',
  'SourceService.resolve': 'git, which knows no callers',
  'UploadService.openSigned': 'the signature is the right',
  'UploadService.putPart': 'the signature is the right',
  'UploadService.reconcile': 'a step of the reconciler',
};

/** Compared with times that the file system gives; a stopped clock would say nothing of them. */
const askFileSystem = [
  'plugins/ml-jobs-backend/src/providers/local/FolderLock.ts',
  'plugins/ml-jobs-backend/src/providers/local/LocalProcessRuntime.ts',
  'plugins/ml-registry-backend/src/artifacts/FolderArtifactStore.ts',
];
/** Where clocks are made. */
const compositionRoot = /\/(plugin|module|tokenHandler)\.ts$/;

const sources = globSync(
  'plugins/ml-*-{backend,backend-module-*,node}/src/**/*.ts',
  {
    cwd: root,
  },
)
  .concat(
    globSync('plugins/*-backend-module-ml/src/**/*.ts', { cwd: root }),
    globSync('packages/node/src/**/*.ts', { cwd: root }),
  )
  .filter(
    path => !/\.test\.ts$|__testUtils__|__fixtures__|\/testUtils\//.test(path),
  )
  .sort();

function parse(text: string) {
  return ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true);
}

function find<T extends ts.Node>(
  node: ts.Node,
  is: (candidate: ts.Node) => candidate is T,
): T[] {
  const found: T[] = is(node) ? [node] : [];
  ts.forEachChild(node, child => {
    found.push(...find(child, is));
  });
  return found;
}

/** Public asynchronous methods of classes called `*Service` that take anything but `(request, { caller })`. */
function otherwiseCalled(text: string): string[] {
  return find(parse(text), ts.isClassDeclaration)
    .filter(({ name }) => name?.text.endsWith('Service'))
    .flatMap(service =>
      service.members
        .filter(ts.isMethodDeclaration)
        .filter(
          ({ name, modifiers }) =>
            !ts.isPrivateIdentifier(name) &&
            !modifiers?.some(
              ({ kind }) =>
                kind === ts.SyntaxKind.PrivateKeyword ||
                kind === ts.SyntaxKind.StaticKeyword,
            ),
        )
        .filter(({ parameters, modifiers, type }) => {
          const takesCaller = parameters.some(parameter =>
            /\bCall(er)?\b/.test(parameter.type?.getText() ?? ''),
          );
          const isAsync =
            modifiers?.some(
              ({ kind }) => kind === ts.SyntaxKind.AsyncKeyword,
            ) || type?.getText().startsWith('Promise<');
          return takesCaller || isAsync;
        })
        .filter(
          ({ parameters }) =>
            parameters.length !== 2 ||
            !/^Call\b/.test(parameters[1].type?.getText() ?? ''),
        )
        .map(({ name }) => `${service.name?.text}.${name.getText()}`),
    );
}

/** How often the clock of the machine is asked: `Date.now`, `new Date()`. */
function clockReads(text: string): number {
  const source = parse(text);
  return (
    find(source, ts.isPropertyAccessExpression).filter(
      access => access.getText() === 'Date.now',
    ).length +
    find(source, ts.isNewExpression).filter(
      made => made.expression.getText() === 'Date' && !made.arguments?.length,
    ).length
  );
}

const textOf = (path: string) => readFileSync(join(root, path), 'utf8');

describe('the calling convention of services', () => {
  it('is (request, { caller }) for every public asynchronous method', () => {
    const found = sources.flatMap(path => otherwiseCalled(textOf(path)));
    expect(found.sort()).toEqual(Object.keys(ownSteps).sort());
  });

  it.each([
    ['async get(id: string, { caller }: Call) {}', []],
    ['async get(request: Path, call: Call): Promise<void> {}', []],
    ['async #load(a: string, b: string) {}', []],
    ['of(a: string) { return a; }', []],
    ['async get(a: string, b: string, { caller }: Call) {}', ['AService.get']],
    ['async get({ caller }: Call) {}', ['AService.get']],
    ['async get({ caller }: Call, a: string) {}', ['AService.get']],
    ['async get(a: string, caller: Caller) {}', ['AService.get']],
    ['get(a: string, caller: Caller) {}', ['AService.get']],
    ['get(a: string): Promise<void> {}', ['AService.get']],
  ])('would notice: %s', (method, found) => {
    expect(otherwiseCalled(`class AService { ${method} }`)).toEqual(found);
  });
});

describe('the clock', () => {
  it('is asked of the machine only where services are put together', () => {
    const found = sources
      .filter(path => !compositionRoot.test(path))
      .filter(path => clockReads(textOf(path)) > 0);
    expect(found).toEqual(askFileSystem);
  });

  it.each([
    ['const at = Date.now();', 1],
    ['const clock = options.clock ?? Date.now;', 1],
    ['const at = new Date();', 1],
    ['const at = new Date;', 1],
    ['const at = new Date(clock().getTime() + 1);', 0],
    ['const text = "Date.now()";', 0],
  ])('would notice: %s', (text, count) => {
    expect(clockReads(text)).toBe(count);
  });
});
