import {
  identify,
  type Named,
  type NameProblem,
  type SearchEntity,
  type SearchNames,
} from './searchNames';
import type { FilterToken } from './tokenize';

const WORD_OPERATORS: [FilterOperator, number][] = [
  ['IS NOT NULL', 3],
  ['IS NULL', 2],
  ['NOT IN', 2],
  ['ILIKE', 1],
  ['LIKE', 1],
  ['IN', 1],
];

export type FilterOperator =
  | '='
  | '!='
  | '>'
  | '>='
  | '<'
  | '<='
  | 'LIKE'
  | 'ILIKE'
  | 'IN'
  | 'NOT IN'
  | 'IS NULL'
  | 'IS NOT NULL';

/** One comparison of a filter; a filter is all of its comparisons at once. */
export type Comparison = Named & {
  operator: FilterOperator;
  /** Numbers for numeric things, a list for IN, nothing for IS (NOT) NULL. */
  value?: number | string | string[];
};

export const numericOperators: readonly FilterOperator[] = [
  ...(['=', '!=', '>', '>=', '<', '<='] as const),
];
const TEXT: FilterOperator[] = ['=', '!=', 'LIKE', 'ILIKE'];
const ORDERED: FilterOperator[] = ['>', '>=', '<', '<='];

/** The left side of a comparison, and how it was written. */
type Subject = Named & { text: string };

/** The first thing that is wrong with a filter. `from` equals `to` where something is missing. */
export type FilterProblem = { from: number; to: number; found?: string } & (
  | { kind: 'no-name' }
  | { kind: 'wrong-name'; problem: NameProblem }
  | {
      kind: 'no-operator' | 'unknown-operator';
      subject: Subject;
      allowed: readonly FilterOperator[];
    }
  | {
      kind: 'wrong-operator';
      subject: Subject;
      operator: FilterOperator;
      allowed: readonly FilterOperator[];
    }
  | {
      kind: 'no-number' | 'no-text' | 'no-list' | 'no-item' | 'open-list';
      subject: Subject;
      operator: FilterOperator;
    }
  | { kind: 'no-and' }
);

/** What has to come next where the reading ended. */
export type Expected =
  | { what: 'name' | 'list' | 'and' }
  | { what: 'operator' | 'value'; subject: Subject };

/** A filter as far as it could be read. */
export type ReadFilter = {
  comparisons: Comparison[];
  expected: Expected;
  problem?: FilterProblem;
};

type Source = {
  tokens: readonly FilterToken[];
  names: SearchNames;
  /** Where the text ends. */
  end: number;
};

type Stopped = { expected: Expected; problem: FilterProblem };

/**
 * Reads MLflow's filter language: comparisons joined by AND, in any case. Stops at the first thing that is wrong.
 *
 * @remarks
 * The server and the pages read by this one function. So a page never finds fault with a filter that the server
 * accepts.
 */
export function readFilter(source: Source): ReadFilter {
  const { tokens } = source;
  const comparisons: Comparison[] = [];
  if (!tokens.length) return { comparisons, expected: { what: 'name' } };
  let at = 0;
  for (;;) {
    const read = readComparison(source, at);
    if ('problem' in read) return { comparisons, ...read };
    comparisons.push(read.comparison);
    at = read.next;
    const expected: Expected = { what: 'and' };
    if (at >= tokens.length) return { comparisons, expected };
    if (wordOf(tokens[at]) !== 'AND') {
      const problem = { kind: 'no-and', ...placeOf(source, at) } as const;
      return { comparisons, expected, problem };
    }
    at += 1;
  }
}

function readComparison(
  source: Source,
  start: number,
): Stopped | { comparison: Comparison; next: number } {
  const { tokens, names } = source;
  const left = tokens[start];
  if (left?.kind !== 'path') {
    return {
      expected: { what: 'name' },
      problem: { kind: 'no-name', ...placeOf(source, start) },
    };
  }
  const named = identify(left, names);
  if ('problem' in named) {
    return {
      expected: { what: 'name' },
      problem: {
        kind: 'wrong-name',
        problem: named.problem,
        ...placeOf(source, start),
      },
    };
  }
  const subject = { ...named, text: left.text };
  const read = readOperator(source, start + 1, subject);
  if ('problem' in read) return read;
  const { operator, next } = read;
  const comparison = { ...named, operator };
  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    return { comparison, next };
  }
  const right =
    operator === 'IN' || operator === 'NOT IN'
      ? readList(source, next, { subject, operator })
      : readValue(source, next, { subject, operator });
  if ('problem' in right) return right;
  return {
    comparison: { ...comparison, value: right.value },
    next: right.next,
  };
}

function isAssessed(entity: SearchEntity): boolean {
  return entity === 'feedback' || entity === 'expectation';
}

function isNumeric({ entity, key }: Named, names: SearchNames): boolean {
  if (entity === 'metric') return true;
  return entity === 'attribute' && names.numbers.includes(key);
}

/** The operators that may follow a name. */
export function operatorsOf(
  { entity, key }: Named,
  names: SearchNames,
): FilterOperator[] {
  const isText =
    (entity === 'attribute' && names.texts?.includes(key)) ||
    (entity === 'span' && key === 'content');
  const isAssessment = isAssessed(entity);
  const allowed: FilterOperator[] = isText ? ['LIKE', 'ILIKE'] : [];
  if (!isText) {
    allowed.push(
      ...(isNumeric({ entity, key }, names) ? numericOperators : TEXT),
    );
  }
  if (isAssessment) allowed.push(...ORDERED);
  if (entity === 'param' || entity === 'tag' || isAssessment) {
    allowed.push('IS NULL', 'IS NOT NULL');
  }
  if (
    entity === 'dataset' ||
    (entity === 'span' && !isText) ||
    (entity === 'attribute' && names.lists.includes(key))
  ) {
    allowed.push('IN', 'NOT IN');
  }
  return allowed;
}

function readOperator(
  source: Source,
  at: number,
  subject: Subject,
): Stopped | { operator: FilterOperator; next: number } {
  const allowed = operatorsOf(subject, source.names);
  const found = operatorAt(source.tokens, at);
  const length = found?.length ?? 1;
  const place = placeOf(source, at, at + length - 1);
  const expected: Expected = { what: 'operator', subject };
  if (!found || found.operator === undefined) {
    const kind = found ? 'unknown-operator' : 'no-operator';
    return { expected, problem: { kind, subject, allowed, ...place } };
  }
  const { operator } = found;
  if (!allowed.includes(operator)) {
    const kind = 'wrong-operator';
    return {
      expected,
      problem: { kind, subject, operator, allowed, ...place },
    };
  }
  return { operator, next: at + length };
}

/** `operator` is absent where it looks like one and is none, such as `==`. */
function operatorAt(
  tokens: readonly FilterToken[],
  at: number,
): { operator?: FilterOperator; length: number } | undefined {
  const token = tokens[at];
  if (token?.kind === 'operator') {
    const operator = numericOperators.find(known => known === token.value);
    return { operator, length: 1 };
  }
  const words = [0, 1, 2].map(offset => wordOf(tokens[at + offset]));
  for (const [operator, length] of WORD_OPERATORS) {
    const wanted = operator.split(' ');
    if (wanted.every((part, index) => words[index] === part)) {
      return { operator, length };
    }
  }
  return undefined;
}

type Left = { subject: Subject; operator: FilterOperator };

function readList(
  source: Source,
  start: number,
  left: Left,
): Stopped | { value: string[]; next: number } {
  const { tokens } = source;
  const value: string[] = [];
  const stop = (
    kind: 'no-list' | 'no-item' | 'open-list',
    at: number,
  ): Stopped => ({
    expected: { what: 'list' },
    problem: { kind, ...left, ...placeOf(source, at) },
  });
  let at = start;
  if (!isPunctuation(tokens[at], '(')) return stop('no-list', at);
  do {
    at += 1;
    const item = textOf(tokens[at]);
    if (item === undefined) return stop('no-item', at);
    value.push(item);
    at += 1;
  } while (isPunctuation(tokens[at], ','));
  if (!isPunctuation(tokens[at], ')')) return stop('open-list', at);
  return { value, next: at + 1 };
}

function readValue(
  source: Source,
  at: number,
  left: Left,
): Stopped | { value: string | number; next: number } {
  const token = source.tokens[at];
  const { subject, operator } = left;
  // Values of assessments are of any kind; what is ordered is a number.
  const numeric =
    isNumeric(subject, source.names) ||
    (isAssessed(subject.entity) &&
      (ORDERED.includes(operator) || token?.kind === 'number'));
  const value = numeric ? numberOf(token) : textOf(token);
  if (value !== undefined) return { value, next: at + 1 };
  const kind = numeric ? 'no-number' : 'no-text';
  return {
    expected: { what: 'value', subject },
    problem: { kind, ...left, ...placeOf(source, at) },
  };
}

function numberOf(token: FilterToken | undefined): number | undefined {
  return token?.kind === 'number' ? token.value : undefined;
}

/** Both kinds of quotes make a string where a value is expected. */
function textOf(token: FilterToken | undefined): string | undefined {
  if (token?.kind === 'string') return token.value;
  if (token?.kind === 'path' && !token.prefix && token.text.startsWith('"')) {
    return token.key;
  }
  // "a.b" is one quoted path; `"a"."b"` is not a value.
  return undefined;
}

function wordOf(token: FilterToken | undefined): string | undefined {
  if (token?.kind !== 'path' || token.prefix || token.quoted) return undefined;
  return token.key.toUpperCase();
}

function isPunctuation(token: FilterToken | undefined, value: string): boolean {
  return token?.kind === 'punctuation' && token.value === value;
}

/** Where tokens stand, and the text of the first; the end of the text where there is none. */
function placeOf(
  { tokens, end }: Source,
  first: number,
  last = first,
): { from: number; to: number; found?: string } {
  const token = tokens[first];
  if (!token) return { from: end, to: end };
  const { from, to, text } = token;
  return { from, to: tokens[last]?.to ?? to, found: text };
}
