import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
// The compiler of the whole repository, which the root declares.
// eslint-disable-next-line @backstage/no-undeclared-imports
import ts from 'typescript';

/** Which rooms each room may use. A room is a folder directly below `src`. */
export type RoomTable = Readonly<Record<string, readonly string[]>>;

/** One import of one file by another, both from the top of `src`. */
export type SourceImport = {
  from: string;
  to: string;
  /** The import is gone after compilation, so that no value is missing in a cycle. */
  typeOnly: boolean;
};

/** Files that wire: they stand in no room, may use all of them, and no room may use them. */
export const WIRING = '.';

const notSource =
  /\.test\.tsx?$|__testUtils__|__fixtures__|(^|\/)testUtils\/|^testUtils\.ts$|^setupTests\.ts$/;

/**
 * The words of pages. They stand in their rooms as `messages.ts`, and `translation.ts` beneath all rooms gathers them.
 * So they count as one room that uses nothing.
 */
export const WORDS = 'messages';

/** The room of a file: the first folder of its path, or `WIRING`, or `WORDS`. */
export function roomOf(path: string): string {
  if (path.endsWith('/messages.ts')) return WORDS;
  return path.includes('/') ? path.slice(0, path.indexOf('/')) : WIRING;
}

/** Every import of a file of `src` by another file of it. Tests and what only they use are left out. */
export function importsIn(src: string): SourceImport[] {
  return sourcesIn(src).flatMap(from =>
    importsOf(readFileSync(join(src, from), 'utf8')).flatMap(
      ({ specifier, typeOnly }) => {
        const to = resolveIn(src, from, specifier);
        return to === undefined ? [] : [{ from, to, typeOnly }];
      },
    ),
  );
}

/** The sources below `src`, without tests. */
export function sourcesIn(src: string): string[] {
  return globSync('**/*.{ts,tsx}', { cwd: src })
    .filter(path => !notSource.test(path))
    .sort();
}

/** What a text imports by a relative path. */
export function importsOf(
  text: string,
): { specifier: string; typeOnly: boolean }[] {
  return specifiersOf(text).filter(({ specifier }) =>
    specifier.startsWith('.'),
  );
}

/** What a text imports, in each of the ways that TypeScript knows. */
export function specifiersOf(
  text: string,
): { specifier: string; typeOnly: boolean }[] {
  const found: { specifier: string; typeOnly: boolean }[] = [];
  const add = (node: ts.Node | undefined, typeOnly: boolean) => {
    if (node && ts.isStringLiteralLike(node)) {
      found.push({ specifier: node.text, typeOnly });
    }
  };
  const visit = (node: ts.Node) => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, isTypeOnly(node.importClause));
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      const { argument } = node;
      if (ts.isLiteralTypeNode(argument)) add(argument.literal, true);
    } else if (
      ts.isCallExpression(node) &&
      (node.expression.kind === ts.SyntaxKind.ImportKeyword ||
        node.expression.getText() === 'require')
    ) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(
    ts.createSourceFile(
      'a.tsx',
      text,
      ts.ScriptTarget.Latest,
      true,
      ts.ScriptKind.TSX,
    ),
  );
  return found;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.isTypeOnly) return true;
  const { namedBindings } = clause;
  return (
    !clause.name &&
    namedBindings !== undefined &&
    ts.isNamedImports(namedBindings) &&
    namedBindings.elements.length > 0 &&
    namedBindings.elements.every(element => element.isTypeOnly)
  );
}

/** The file that a relative import means; `undefined` where it leaves `src`. */
function resolveIn(
  src: string,
  from: string,
  specifier: string,
): string | undefined {
  const path = normalize(join(dirname(from), specifier));
  if (path.startsWith('..')) return undefined;
  const found = ['', '.ts', '.tsx', '/index.ts', '/index.tsx']
    .map(ending => `${path}${ending}`)
    .find(
      file => existsSync(join(src, file)) && statSync(join(src, file)).isFile(),
    );
  if (found === undefined) {
    throw new Error(`${from} imports '${specifier}', and no such file exists`);
  }
  return found;
}

/** Imports that pass by the table: of the package itself by its name, and of another package by its path. */
export function detoursIn(src: string, name: string): string[] {
  return sourcesIn(src).flatMap(from =>
    specifiersOf(readFileSync(join(src, from), 'utf8'))
      .filter(({ specifier }) =>
        specifier.startsWith('.')
          ? normalize(join(dirname(from), specifier)).startsWith('../..')
          : specifier === name || specifier.startsWith(`${name}/`),
      )
      .map(({ specifier }) => `${from} imports ${specifier}`),
  );
}

/** Imports that the table does not allow: `audit/audited.ts uses http/refusals.ts`. */
export function mistakesIn(
  imports: readonly SourceImport[],
  table: RoomTable,
): string[] {
  return imports
    .filter(({ from, to }) => {
      const [user, used] = [roomOf(from), roomOf(to)];
      if (user === WIRING || user === used) return false;
      return !(table[user] ?? []).includes(used);
    })
    .map(({ from, to }) => `${from} uses ${to}`);
}

/** Permissions of the table that no import needs: `audit may use http`. */
export function unusedIn(
  imports: readonly SourceImport[],
  table: RoomTable,
): string[] {
  const used = new Set(
    imports.map(({ from, to }) => `${roomOf(from)} may use ${roomOf(to)}`),
  );
  return Object.entries(table)
    .flatMap(([user, rooms]) => rooms.map(room => `${user} may use ${room}`))
    .filter(permission => !used.has(permission));
}

/** Groups of nodes that reach each other; none where the graph has no cycle. */
export function cyclesOf(
  graph: Readonly<Record<string, readonly string[]>>,
): string[][] {
  const reached = new Map(
    Object.keys(graph).map(node => [node, reachableFrom(graph, node)]),
  );
  const seen = new Set<string>();
  const cycles: string[][] = [];
  for (const [node, others] of reached) {
    if (seen.has(node) || !others.has(node)) continue;
    const cycle = [...others].filter(other => reached.get(other)?.has(node));
    cycle.forEach(other => seen.add(other));
    cycles.push(cycle.sort());
  }
  return cycles;
}

function reachableFrom(
  graph: Readonly<Record<string, readonly string[]>>,
  start: string,
): Set<string> {
  const found = new Set<string>();
  const next = [...(graph[start] ?? [])];
  for (let node = next.pop(); node !== undefined; node = next.pop()) {
    if (found.has(node)) continue;
    found.add(node);
    next.push(...(graph[node] ?? []));
  }
  return found;
}

/** Cycles of files in which each imports a value of the next. */
export function valueCyclesIn(imports: readonly SourceImport[]): string[][] {
  const graph: Record<string, string[]> = {};
  for (const { from, to, typeOnly } of imports) {
    if (!typeOnly) (graph[from] ??= []).push(to);
  }
  return cyclesOf(graph);
}
