import {
  isMap,
  isNode,
  isPair,
  isScalar,
  LineCounter,
  parseAllDocuments,
  visit,
  type Document,
} from 'yaml';
import { jobDocumentSchema, type JobDefinition } from '../model/definition';
import { brokenRules } from '../model/definitionRules';
import { describeMistakes } from './describeMistakes';
import { inQuotes, isExact } from './exactNumbers';

/** A place in `downstage.yaml`; lines and columns count from 1. */
export type Place = {
  line: number;
  column: number;
  /** Of a file with several documents: `document 2 (train)`. */
  document?: string;
};

/** A mistake in `downstage.yaml`, and where it is. */
export type Mistake = Place & { message: string };

/** What a file declares, and what is wrong with it. */
export type ReadDefinitions = {
  /** Documents without a mistake, in the order of the file. */
  definitions: JobDefinition[];
  /** How many documents there are; empty ones do not count. */
  documents: number;
  /** In the order of the file, {@link mostMistakes} at most. */
  mistakes: Mistake[];
  /** How many mistakes there are besides. */
  more: number;
  /** Where a key of one of the definitions is written, or the nearest thing around it that is. */
  placeOf: (
    definition: JobDefinition,
    path: readonly PropertyKey[],
  ) => Place | undefined;
};

/** More than this helps nobody. */
const mostMistakes = 50;
const mostChars = 100_000;
const mostDocuments = 100;

const atLeast =
  'expected a mapping with at least apiVersion, kind and entryPoint';

/**
 * Reads the text of a `downstage.yaml`, which may hold several documents. Finds every mistake, and never throws.
 *
 * @example
 * ```ts
 * const { definitions, mistakes } = readDefinitions(text);
 * mistakes.map(mistake => formatMistake(mistake, 'downstage.yaml'));
 * ```
 */
export function readDefinitions(text: string): ReadDefinitions {
  if (text.length > mostChars)
    return wrong(`${text.length} characters; allowed are ${mostChars}`);
  const lineCounter = new LineCounter();
  let documents: Document[];
  try {
    documents = parseAllDocuments(text, { lineCounter }).filter(
      document => !isEmpty(document),
    );
  } catch {
    return wrong('not valid YAML: it is nested too deeply');
  }
  if (!documents.length) return wrong(atLeast);
  if (documents.length > mostDocuments)
    return wrong(`${documents.length} documents; allowed are ${mostDocuments}`);

  const read = documents.map(readDocument);
  const named = nameMistakes(documents, read);
  const placeAt = (index: number, offset: number): Place => {
    const name = nameOf(read[index].value);
    const label = `document ${index + 1}${
      name === undefined ? '' : ` (${name})`
    }`;
    const { line, col } = lineCounter.linePos(offset);
    return {
      line: Math.max(line, 1),
      column: Math.max(col, 1),
      ...(documents.length > 1 && { document: label }),
    };
  };
  const found = read.flatMap(({ mistakes }, index) =>
    [...mistakes, ...(named.get(index) ?? [])]
      .sort((one, other) => one.offset - other.offset)
      .map(
        ({ offset, message }): Mistake => ({
          ...placeAt(index, offset),
          message,
        }),
      ),
  );
  const uncounted = read.reduce((sum, { more }) => sum + more, 0);
  return {
    definitions: read.flatMap(({ definition }, index) =>
      definition && !named.has(index) ? [definition] : [],
    ),
    documents: documents.length,
    mistakes: found.slice(0, mostMistakes),
    more: Math.max(0, found.length - mostMistakes) + uncounted,
    placeOf: (wanted, path) => {
      const index = read.findIndex(({ definition }) => definition === wanted);
      if (index < 0) return undefined;
      const document = documents[index];
      return placeAt(index, offsetOf(document, path) ?? startOf(document));
    },
  };
}

/** `downstage.yaml:4:1: document 2 (train): unknown key 'entrypoint'; did you mean entryPoint?` */
export function formatMistake(mistake: Mistake, file: string): string {
  const { line, column, document, message } = mistake;
  return `${file}:${line}:${column}: ${
    document ? `${document}: ` : ''
  }${message}`;
}

type Found = { offset: number; message: string };
type ReadDocument = {
  value?: unknown;
  definition?: JobDefinition;
  mistakes: Found[];
  /** Mistakes that were counted and not put into words. */
  more: number;
};

function readDocument(document: Document): ReadDocument {
  const start = startOf(document);
  if (document.errors.length) {
    return {
      mistakes: document.errors.slice(0, mostMistakes).map(error => ({
        offset: error.pos[0],
        message: `not valid YAML: ${error.message
          .split('\n')[0]
          .replace(/ at line.*$/, '')}`,
      })),
      more: Math.max(0, document.errors.length - mostMistakes),
    };
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: 20 });
  } catch {
    return {
      mistakes: [
        { offset: start, message: 'its aliases (*name) make too much of it' },
      ],
      more: 0,
    };
  }
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    return { mistakes: [{ offset: start, message: atLeast }], more: 0 };

  const result = jobDocumentSchema.safeParse(value);
  const issues = result.success ? [] : result.error.issues;
  const count = issues.reduce(
    (sum, issue) =>
      sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1),
    0,
  );
  const broken = brokenRules(value);
  const mistakes = [
    ...describeMistakes(issues, value, mostMistakes),
    ...broken.map(({ path, message }) => ({
      path,
      message: `${path.join('.')}: ${message}`,
    })),
  ].map(({ path, message }) => ({
    offset: offsetOf(document, path) ?? start,
    message,
  }));
  mistakes.push(...inexactNumbers(document));
  return {
    value,
    ...(result.success && !mistakes.length && { definition: result.data }),
    mistakes,
    more: Math.max(0, count - mostMistakes),
  };
}

/** A submission names one of several documents, so each has a name of its own. */
function nameMistakes(
  documents: readonly Document[],
  read: readonly ReadDocument[],
): Map<number, Found[]> {
  const mistakes = new Map<number, Found[]>();
  if (documents.length < 2) return mistakes;
  const first = new Map<string, number>();
  read.forEach(({ value, mistakes: others }, index) => {
    if (value === undefined) return;
    const name = nameOf(value);
    const at = (message: string) =>
      mistakes.set(index, [
        {
          offset:
            offsetOf(documents[index], ['name']) ?? startOf(documents[index]),
          message,
        },
      ]);
    if (name === undefined) {
      if (others.some(({ message }) => message.startsWith('name:'))) return;
      at(
        'name is missing; each of several documents needs one, by which a submission takes it',
      );
      return;
    }
    const earlier = first.get(name);
    if (earlier === undefined) first.set(name, index);
    else at(`name: document ${earlier + 1} is called '${name}' as well`);
  });
  return mistakes;
}

/** Numbers that were written with more digits than they keep. */
function inexactNumbers(document: Document): Found[] {
  const found: Found[] = [];
  visit(document, {
    Scalar(_, { value, source, range }) {
      // Hexadecimal and octal numbers are checked by their value.
      const decimal = typeof source === 'string' && /^[-+.\d]/.test(source);
      if (typeof value !== 'number' || !decimal) return;
      const exact = /^0[xo]/.test(source)
        ? Number.isSafeInteger(value)
        : isExact(source);
      if (exact) return;
      found.push({
        offset: range?.[0] ?? 0,
        message: `the number ${source} would become ${value}; ${inQuotes}`,
      });
    },
  });
  return found;
}

function nameOf(value: unknown): string | undefined {
  return typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string'
    ? value.name.slice(0, 63)
    : undefined;
}

/** Nothing or comments only: what a `---` at the end leaves. */
function isEmpty({ contents, errors }: Document): boolean {
  if (errors.length) return false;
  return contents === null || (isScalar(contents) && contents.source === '');
}

function startOf({ contents }: Document): number {
  return isNode(contents) ? contents.range?.[0] ?? 0 : 0;
}

/** Where a key is written, or the nearest thing around it that is. */
function offsetOf(
  document: Document,
  path: readonly PropertyKey[],
): number | undefined {
  for (let length = path.length; length > 0; length--) {
    const parent =
      length === 1
        ? document.contents
        : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find(
        item =>
          isPair(item) &&
          isNode(item.key) &&
          String(item.key.toJSON()) === String(key),
      );
      if (pair && isNode(pair.key)) return pair.key.range?.[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0];
  }
  return undefined;
}

function wrong(message: string): ReadDefinitions {
  return {
    definitions: [],
    documents: 0,
    mistakes: [{ line: 1, column: 1, message }],
    more: 0,
    placeOf: () => undefined,
  };
}
