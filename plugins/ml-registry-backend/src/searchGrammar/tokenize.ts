import { InputError } from '@backstage/errors';
import { SPACE, WORD } from '../domain/pythonText';

/**
 * One token of a filter. `path` is an identifier such as `metrics.acc` or
 * `` tags.`my key` ``, split at its first dot with the quotes removed.
 */
export type Token =
  | {
      kind: 'path';
      prefix?: string;
      key: string;
      text: string;
      quoted: boolean;
    }
  | { kind: 'string'; value: string; text: string }
  | { kind: 'number'; value: number; text: string }
  | { kind: 'operator'; value: string; text: string }
  | { kind: 'punctuation'; value: '(' | ')' | ','; text: string };

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

/** Splits a filter or an order clause; never guesses: what it does not know is an `InputError`. */
export function tokenize(text: string): Token[] {
  if (text.includes('\0')) {
    throw new InputError(
      'Invalid clause(s) in filter string: no database keeps a zero byte',
    );
  }
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const rest = text.slice(at);
    const space = SPACES.exec(rest);
    if (space) {
      at += space[0].length;
      continue;
    }
    const token = next(rest);
    if (!token) {
      throw new InputError(
        `Invalid clause(s) in filter string: cannot read '${rest.slice(
          0,
          40,
        )}'`,
      );
    }
    tokens.push(token);
    at += token.text.length;
  }
  return tokens;
}

function next(rest: string): Token | undefined {
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

function path(rest: string): Token | undefined {
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
