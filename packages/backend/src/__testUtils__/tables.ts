import { readFileSync } from 'node:fs';
import { join } from 'node:path';
// The compiler of the whole repository, which the root declares.
// eslint-disable-next-line @backstage/no-undeclared-imports
import ts from 'typescript';
import { roomOf, sourcesIn, WIRING } from './rooms';

/** Which tables of the database each room owns: only its files write SQL about them. */
export type TableOwners = Readonly<Record<string, readonly string[]>>;

/** SQL about tables of another room, with the reason why it stands. */
export type SharedTables = {
  room: string;
  tables: readonly string[];
  because: string;
};

/** One table that a file names in SQL. */
export type TableUse = { file: string; table: string };

const handle = /(?:^|[.#])(?:db|tx|trx|knex|database)$/;
const joins = /\.(?:join|leftJoin|innerJoin|from|into|table)$/;

/** The tables of this list that sources below `src` name. Actions speak to people and agents; they hold no SQL. */
export function tableUsesIn(
  src: string,
  tables: readonly string[],
): TableUse[] {
  return sourcesIn(src)
    .filter(file => !/Actions?\.ts$/.test(file))
    .flatMap(file =>
      tablesNamedIn(readFileSync(join(src, file), 'utf8'), tables).map(
        table => ({ file, table }),
      ),
    );
}

/**
 * The tables that a text of TypeScript names: in SQL, as `FROM runs` or `runs.run_id`, or as a name that a query begins
 * with. A name of several words counts wherever it is a whole text; one word such as `runs` means other things too.
 */
export function tablesNamedIn(
  text: string,
  tables: readonly string[],
): string[] {
  const known = new Set(tables);
  const found = new Set<string>();
  const add = (name: string) => {
    if (known.has(name)) found.add(name);
  };
  const visit = (node: ts.Node) => {
    if (
      ts.isImportDeclaration(node) ||
      ts.isExportDeclaration(node) ||
      ts.isLiteralTypeNode(node)
    ) {
      return;
    }
    if (isText(node)) {
      for (const pattern of [
        /\b(?:FROM|JOIN|INTO|UPDATE)\s+([a-z_]+)\b/g,
        /(?<![\w./'-])([a-z_]+)\.[a-z_]+\b/g,
        /(?<![\w./'-])([a-z_]+) [a-z] (?:WHERE|JOIN)\b/g,
      ]) {
        for (const [, name] of node.text.matchAll(pattern)) add(name);
      }
      if (isNameOfTable(node)) add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('a.ts', text, ts.ScriptTarget.Latest, true));
  return [...found].sort();
}

function isText(
  node: ts.Node,
): node is ts.StringLiteralLike | ts.TemplateLiteralLikeNode {
  return (
    ts.isStringLiteralLike(node) ||
    node.kind === ts.SyntaxKind.TemplateHead ||
    node.kind === ts.SyntaxKind.TemplateMiddle ||
    node.kind === ts.SyntaxKind.TemplateTail
  );
}

function isNameOfTable(
  node: ts.StringLiteralLike | ts.TemplateLiteralLikeNode,
) {
  const { parent } = node;
  if (ts.isCallExpression(parent)) {
    const called = parent.expression.getText().replace(/\s/g, '');
    // The right to read rows of a kind is asked by the name of their table.
    if (/\breads\.\w+$/.test(called)) return false;
    if (parent.arguments[0] === node) {
      if (handle.test(called) || joins.test(called)) return true;
    }
  }
  if (ts.isPropertyAssignment(parent)) {
    const name = parent.name.getText();
    const asksWhoReads =
      ts.isObjectLiteralExpression(parent.parent) &&
      parent.parent.properties.some(
        ({ name: other }) => other?.getText() === 'caller',
      );
    if (asksWhoReads) return false;
    if (/^(?:table|tags|params|metrics)$/.test(name)) return true;
  }
  if (isChosenAsTable(parent)) return true;
  return node.text.includes('_') && !isFieldOf(parent);
}

/** `const table = isParam ? 'params' : 'run_tags'`: SQL is put together with it later. */
function isChosenAsTable(parent: ts.Node): boolean {
  let holder = parent;
  while (ts.isConditionalExpression(holder)) holder = holder.parent;
  return (
    ts.isVariableDeclaration(holder) && /^table$/i.test(holder.name.getText())
  );
}

/** `info.stringMap('trace_metadata')`: a field of a message, which is called as the table is. */
function isFieldOf(parent: ts.Node): boolean {
  return (
    ts.isCallExpression(parent) &&
    /^read\w*$|\.stringMap$/.test(parent.expression.getText())
  );
}

/** Tables that stand with no room, or with two. */
export function unownedIn(
  tables: readonly string[],
  owners: TableOwners,
): string[] {
  const owned = Object.values(owners).flat();
  return [
    ...tables.filter(table => !owned.includes(table)),
    ...owned.filter(table => !tables.includes(table)),
    ...owned.filter((table, index) => owned.indexOf(table) !== index),
  ];
}

/** SQL about tables of other rooms that is not among the exceptions. */
export function foreignUsesIn(
  uses: readonly TableUse[],
  owners: TableOwners,
  shared: readonly SharedTables[],
): string[] {
  return uses
    .filter(({ file, table }) => {
      const room = roomOf(file);
      if (room !== WIRING && owners[room]?.includes(table)) return false;
      return !shared.some(
        other => other.room === room && other.tables.includes(table),
      );
    })
    .map(({ file, table }) => `${file} names ${table}`);
}

/** Exceptions that nothing needs any more: they shrink, and never come back. */
export function unneededIn(
  uses: readonly TableUse[],
  shared: readonly SharedTables[],
): string[] {
  return shared.flatMap(({ room, tables }) =>
    tables
      .filter(
        table =>
          !uses.some(use => roomOf(use.file) === room && use.table === table),
      )
      .map(table => `${room} may name ${table}`),
  );
}

/** Stores that are made at more than one place: each of them would have to be changed with the others. */
export function storesMadeTwiceIn(src: string): string[] {
  const places = sourcesIn(src).flatMap(file =>
    [...readFileSync(join(src, file), 'utf8').matchAll(/\bnew (\w+Store)\(/g)]
      // A factory of the class itself makes it where the class stands.
      .filter(([, store]) => !file.endsWith(`/${store}.ts`))
      .map(([, store]) => `${store} in ${file}`),
  );
  const storeOf = (place: string) => place.split(' ')[0];
  return places.filter(
    (place, index) =>
      places.findIndex(other => storeOf(other) === storeOf(place)) !== index,
  );
}
