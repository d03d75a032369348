import { InputError } from '@backstage/errors';
import { pythonSpace as SPACE, pythonWord as WORD } from './pythonClasses';

/**
 * One token of a filter and where it stands. `path` is an identifier such as
 * `metrics.acc` or `` tags.`my key` ``, split at its first dot with the quotes
 * removed. `odd` is what the language does not know.
 */
export type FilterToken = { text: string; from: number; to: number } & Kind;

type Kind =
  | { kind: 'path'; prefix?: string; key: string; quoted: boolean }
  | { kind: 'string'; value: string }
  | { kind: 'number'; value: number }
  | { kind: 'operator'; value: string }
  | { kind: 'punctuation'; value: '(' | ')' | ',' }
  | { kind: 'odd' };

const OPERATOR = /^(?:>=|<=|!=|<>|==|=|<|>)/;
const NUMBER = new RegExp(
  `^[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![${WORD}.])`,
  'u',
);
const STRING = /^'((?:[^']|'')*)'/;
const SEGMENT = new RegExp(
  `^(?:\`([^\`]+)\`|"([^"]*)"|([\\p{L}_][${WORD}-]*))`,
  'u',
);
const REST = new RegExp(
  `^(?:\`([^\`]+)\`|"([^"]+)"|([${WORD}][${WORD}./:-]*))`,
  'u',
);
const SPACES = new RegExp(`^[${SPACE}]+`, 'u');
const ODD = new RegExp(`^[^${SPACE}]+`, 'u');
const PLAIN = new RegExp(`^[${WORD}][${WORD}./:-]*$`, 'u');

/** Splits a filter or an order clause. Unknown text becomes a token of kind `odd`, up to the next space. */
export function tokenize(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = SPACES.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = next(rest) ?? odd(rest);
    tokens.push({ ...token, from: at, to: at + token.text.length });
    at += token.text.length;
  }
  return tokens;
}

/** The same; what it does not know is an `InputError`. It never guesses. */
export function tokenizeStrictly(text: string): FilterToken[] {
  if (text.includes('\0')) {
    throw new InputError(
      'Invalid clause(s) in filter string: no database keeps a zero byte',
    );
  }
  const tokens = tokenize(text);
  const unknown = tokens.find(({ kind }) => kind === 'odd');
  if (unknown) {
    throw new InputError(
      `Invalid clause(s) in filter string: cannot read '${text.slice(
        unknown.from,
        unknown.from + 40,
      )}'`,
    );
  }
  return tokens;
}

/** A name as a filter spells it: in backticks where it needs them. */
export function quoteName(name: string): string {
  return PLAIN.test(name) ? name : `\`${name}\``;
}

type Unplaced = { text: string } & Kind;

function odd(rest: string): Unplaced {
  const [text] = ODD.exec(rest) ?? [rest];
  return { kind: 'odd', text };
}

function next(rest: string): Unplaced | undefined {
  const string = STRING.exec(rest);
  if (string) {
    const value = string[1].replace(/''/g, "'");
    return { kind: 'string', value, text: string[0] };
  }
  const operator = OPERATOR.exec(rest);
  if (operator) {
    const value = operator[0] === '<>' ? '!=' : operator[0];
    return { kind: 'operator', value, text: operator[0] };
  }
  if (rest[0] === '(' || rest[0] === ')' || rest[0] === ',') {
    return { kind: 'punctuation', value: rest[0], text: rest[0] };
  }
  const number = NUMBER.exec(rest);
  if (number) {
    return { kind: 'number', value: Number(number[0]), text: number[0] };
  }
  return path(rest);
}

function path(rest: string): Unplaced | undefined {
  const first = SEGMENT.exec(rest);
  if (!first) return undefined;
  const quoted = first[3] === undefined;
  const head = first[1] ?? first[2] ?? first[3];
  if (rest[first[0].length] !== '.') {
    return { kind: 'path', key: head, text: first[0], quoted };
  }
  const second = REST.exec(rest.slice(first[0].length + 1));
  if (!second) return undefined;
  return {
    kind: 'path',
    prefix: head,
    key: second[1] ?? second[2] ?? second[3],
    text: `${first[0]}.${second[0]}`,
    quoted: true,
  };
}
