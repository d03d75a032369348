import { InputError } from '@backstage/errors';
import { type Entity, identify, type Vocabulary } from './vocabulary';
import { tokenize, type Token } from './tokenize';

const WORD_OPERATORS: [Operator, number][] = [
  ['IS NOT NULL', 3],
  ['IS NULL', 2],
  ['NOT IN', 2],
  ['ILIKE', 1],
  ['LIKE', 1],
  ['IN', 1],
];

export type Operator =
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
export type Comparison = {
  entity: Entity;
  key: string;
  operator: Operator;
  /** Numbers for numeric things, a list for IN, nothing for IS (NOT) NULL. */
  value?: number | string | string[];
};

const NUMERIC: Operator[] = ['=', '!=', '>', '>=', '<', '<='];
const TEXT: Operator[] = ['=', '!=', 'LIKE', 'ILIKE'];
const ORDERED: Operator[] = ['>', '>=', '<', '<='];

/**
 * Reads MLflow's filter language: comparisons joined by AND, in any case.
 *
 * @example
 * parseFilter("metrics.auc > 0.9 AND params.model = 'tree'", runVocabulary)
 *
 * Anything else (OR, NOT, parentheses, unknown attributes) is an `InputError`
 * that says what was found and what is allowed.
 */
export function parseFilter(
  filter: string | undefined,
  vocabulary: Vocabulary,
): Comparison[] {
  if (!filter?.trim()) return [];
  const tokens = tokenize(filter);
  const comparisons: Comparison[] = [];
  let at = 0;
  while (at < tokens.length) {
    if (comparisons.length > 0) {
      if (!isWord(tokens[at], 'AND')) throw invalidClause(tokens[at]);
      at += 1;
    }
    const read = readComparison(tokens, at, vocabulary);
    comparisons.push(read.comparison);
    at = read.next;
  }
  return comparisons;
}

function readComparison(
  tokens: Token[],
  start: number,
  vocabulary: Vocabulary,
) {
  const left = tokens[start];
  if (left?.kind !== 'path') throw invalidClause(left);
  const { entity, key } = identify(left, vocabulary);
  const { operator, next } = readOperator(tokens, start + 1);
  const numeric = isNumeric(entity, key, vocabulary);
  allow({ entity, key, operator, numeric, vocabulary });

  if (operator === 'IS NULL' || operator === 'IS NOT NULL') {
    return { comparison: { entity, key, operator }, next };
  }
  if (operator === 'IN' || operator === 'NOT IN') {
    const list = readList(tokens, next);
    return {
      comparison: { entity, key, operator, value: list.values },
      next: list.next,
    };
  }
  const value = readValue(tokens[next], {
    entity,
    key,
    // Values of assessments are of any kind; what is ordered is a number.
    numeric:
      numeric ||
      (isAssessed(entity) &&
        (ORDERED.includes(operator) || tokens[next]?.kind === 'number')),
  });
  return { comparison: { entity, key, operator, value }, next: next + 1 };
}

function isAssessed(entity: Entity): boolean {
  return entity === 'feedback' || entity === 'expectation';
}

function isNumeric(entity: Entity, key: string, vocabulary: Vocabulary) {
  if (entity === 'metric') return true;
  return entity === 'attribute' && vocabulary.numbers.includes(key);
}

function allow(options: {
  entity: Entity;
  key: string;
  operator: Operator;
  numeric: boolean;
  vocabulary: Vocabulary;
}) {
  const { entity, key, operator, numeric, vocabulary } = options;
  const isText =
    (entity === 'attribute' && vocabulary.texts?.includes(key)) ||
    (entity === 'span' && key === 'content');
  const isAssessment = isAssessed(entity);
  const allowed: Operator[] = isText ? ['LIKE', 'ILIKE'] : [];
  if (!isText) allowed.push(...(numeric ? NUMERIC : TEXT));
  if (isAssessment) allowed.push(...ORDERED);
  if (entity === 'param' || entity === 'tag' || isAssessment) {
    allowed.push('IS NULL', 'IS NOT NULL');
  }
  if (
    entity === 'dataset' ||
    (entity === 'span' && !isText) ||
    (entity === 'attribute' && vocabulary.lists.includes(key))
  ) {
    allowed.push('IN', 'NOT IN');
  }
  if (!allowed.includes(operator)) {
    throw new InputError(
      `Invalid comparator '${operator}' for ${entity} '${key}', not one of '${allowed.join(
        "', '",
      )}'`,
    );
  }
}

function readOperator(tokens: Token[], at: number) {
  const token = tokens[at];
  if (token?.kind === 'operator') {
    const value = token.value;
    const known = NUMERIC.find(operator => operator === value);
    if (!known) {
      throw new InputError(
        `Invalid comparator '${token.text}', not one of '${NUMERIC.join(
          "', '",
        )}'`,
      );
    }
    return { operator: known, next: at + 1 };
  }
  const words = [0, 1, 2].map(offset => word(tokens[at + offset]));
  for (const [operator, length] of WORD_OPERATORS) {
    const wanted = operator.split(' ');
    if (wanted.every((part, index) => words[index] === part)) {
      return { operator, next: at + length };
    }
  }
  throw new InputError(
    `Invalid comparison clause. Expected a comparator after '${
      tokens[at - 1].text
    }', found '${token?.text ?? 'the end'}'`,
  );
}

function readList(tokens: Token[], start: number) {
  const values: string[] = [];
  let at = start;
  if (!isPunctuation(tokens[at], '(')) {
    throw new InputError('Expected a list of quoted strings in parentheses');
  }
  do {
    at += 1;
    const value = text(tokens[at]);
    if (value === undefined) {
      throw new InputError(
        `Expected a list of quoted strings in parentheses, found '${
          tokens[at]?.text ?? 'the end'
        }'`,
      );
    }
    values.push(value);
    at += 1;
  } while (isPunctuation(tokens[at], ','));
  if (!isPunctuation(tokens[at], ')')) {
    throw new InputError('Expected a list of quoted strings to end with )');
  }
  return { values, next: at + 1 };
}

function readValue(
  token: Token | undefined,
  of: { entity: Entity; key: string; numeric: boolean },
) {
  if (of.numeric) {
    if (token?.kind === 'number') return token.value;
    throw new InputError(
      of.entity === 'metric'
        ? `Expected numeric value type for metric. Found ${
            token?.text ?? 'nothing'
          }`
        : `Expected numeric value type for numeric attribute: ${
            of.key
          }. Found ${token?.text ?? 'nothing'}`,
    );
  }
  const value = text(token);
  if (value !== undefined) return value;
  throw new InputError(
    `Expected a quoted string value for ${of.entity} '${
      of.key
    }' (e.g. 'my-value'). Got value ${token?.text ?? 'nothing'}`,
  );
}

/** Both kinds of quotes make a string where a value is expected. */
function text(token: Token | undefined): string | undefined {
  if (token?.kind === 'string') return token.value;
  if (token?.kind === 'path' && !token.prefix && token.text.startsWith('"')) {
    return token.key;
  }
  // "a.b" is one quoted path; `"a"."b"` is not a value.
  return undefined;
}

function word(token: Token | undefined): string | undefined {
  if (token?.kind !== 'path' || token.prefix || token.quoted) return undefined;
  return token.key.toUpperCase();
}

function isWord(token: Token, wanted: string): boolean {
  return word(token) === wanted;
}

function isPunctuation(token: Token | undefined, value: string): boolean {
  return token?.kind === 'punctuation' && token.value === value;
}

function invalidClause(token: Token | undefined): InputError {
  return new InputError(
    `Invalid clause(s) in filter string: '${
      token?.text ?? 'the end'
    }'. Only comparisons joined by AND are understood`,
  );
}
