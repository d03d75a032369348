import { InputError } from '@backstage/errors';
import {
  jobDefinitionSchema,
  type JobDefinition,
} from '@downstage/plugin-ml-jobs-common';
import {
  isMap,
  isNode,
  isPair,
  LineCounter,
  parseDocument,
  type Document,
} from 'yaml';
import type { z } from 'zod';

/**
 * Reads `downstage.yaml`.
 *
 * @throws InputError that names file, line and column of every mistake, and what is allowed there
 */
export function parseDefinition(
  text: string,
  file = 'downstage.yaml',
): JobDefinition {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const at = (offset: number | undefined) => {
    if (offset === undefined) return file;
    const { line, col } = lineCounter.linePos(offset);
    return `${file}:${line}:${col}`;
  };

  if (document.errors.length) {
    const lines = document.errors.map(
      error =>
        `${at(error.pos[0])}: ${error.message
          .split('\n')[0]
          .replace(/ at line.*$/, '')}`,
    );
    throw new InputError(`Not valid YAML:\n${lines.join('\n')}`);
  }

  const value: unknown = document.toJS({ maxAliasCount: 20 });
  if (value === null || typeof value !== 'object' || Array.isArray(value)) {
    throw new InputError(
      `${file}:1:1: expected a mapping with at least apiVersion, kind and entryPoint`,
    );
  }
  const result = jobDefinitionSchema.safeParse(value);
  if (result.success) return result.data;

  const lines = result.error.issues.flatMap(issue =>
    describeIssue(issue, document).map(
      ({ offset, message }) => `${at(offset)}: ${message}`,
    ),
  );
  throw new InputError(`The job definition is wrong:\n${lines.join('\n')}`);
}

type Described = { offset: number | undefined; message: string };

function describeIssue(
  issue: z.core.$ZodIssue,
  document: Document,
): Described[] {
  const name = issue.path.join('.') || 'the definition';
  if (issue.code === 'unrecognized_keys') {
    const allowed = allowedKeys(issue.path);
    return issue.keys.map(key => ({
      offset: offsetOf(document, [...issue.path, key]),
      message: `unknown key '${key}'${
        allowed ? `; allowed: ${allowed.join(', ')}` : ''
      }`,
    }));
  }
  const found = document.hasIn(issue.path)
    ? document.getIn(issue.path)
    : undefined;
  if (found === undefined) {
    return [
      {
        offset: offsetOf(document, issue.path),
        message: `${name} is missing${wanted(issue)}`,
      },
    ];
  }
  const seen = isNode(found) ? '' : `, found ${JSON.stringify(found)}`;
  return [
    {
      offset: offsetOf(document, issue.path),
      message: `${name}: ${issue.message.replace(
        /^Invalid input: /,
        '',
      )}${seen}`,
    },
  ];
}

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    return `; expected ${issue.values
      .map(value => JSON.stringify(value))
      .join(' or ')}`;
  }
  return issue.code === 'invalid_type' ? `; expected a ${issue.expected}` : '';
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
        item => isPair(item) && isNode(item.key) && item.key.toJSON() === key,
      );
      if (pair && isNode(pair.key)) return pair.key.range?.[0];
    }
    const node = document.getIn(path.slice(0, length), true);
    if (isNode(node)) return node.range?.[0];
  }
  return isNode(document.contents) ? document.contents.range?.[0] : 0;
}

/** The keys of the part of the schema a path leads to, where it is a plain object. */
function allowedKeys(path: readonly PropertyKey[]): string[] | undefined {
  let schema: unknown = jobDefinitionSchema;
  for (const step of path) {
    const inner = unwrap(schema);
    if (hasShape(inner)) schema = inner.shape[String(step)];
    else if (hasElement(inner)) schema = inner.element;
    else return undefined;
  }
  const inner = unwrap(schema);
  return hasShape(inner) ? Object.keys(inner.shape) : undefined;
}

function unwrap(schema: unknown): unknown {
  const hasUnwrap = (value: unknown): value is { unwrap(): unknown } =>
    typeof value === 'object' &&
    value !== null &&
    'unwrap' in value &&
    typeof value.unwrap === 'function' &&
    !('element' in value);
  return hasUnwrap(schema) ? unwrap(schema.unwrap()) : schema;
}

function hasShape(value: unknown): value is { shape: Record<string, unknown> } {
  return typeof value === 'object' && value !== null && 'shape' in value;
}

function hasElement(value: unknown): value is { element: unknown } {
  return typeof value === 'object' && value !== null && 'element' in value;
}
