/** A word of a filter and where it stands. */
export type FilterToken = {
  kind: 'key' | 'operator' | 'number' | 'string' | 'list' | 'odd';
  text: string;
  from: number;
  to: number;
};

/** What is wrong, and where; `from` equals `to` where something is missing. */
export type FilterProblem = { from: number; to: number; message: string };

const NUMERIC = ['=', '!=', '>', '>=', '<', '<='];
const TEXT = ['=', '!=', 'LIKE', 'ILIKE'];
const PRESENCE = ['IS NULL', 'IS NOT NULL'];

/** Attributes of runs and whether they are numbers. */
export const filterAttributes: Readonly<Record<string, 'text' | 'number'>> = {
  run_id: 'text',
  run_name: 'text',
  status: 'text',
  user_id: 'text',
  artifact_uri: 'text',
  start_time: 'number',
  created: 'number',
  end_time: 'number',
  'Run name': 'text',
};
const PREFIXES = new Map(
  Object.entries({
    metric: ['metric', 'metrics'],
    param: ['param', 'params', 'parameter', 'parameters'],
    tag: ['tag', 'tags'],
    attribute: ['attribute', 'attributes', 'attr', 'run'],
    dataset: ['dataset', 'datasets'],
  }).flatMap(([kind, words]) => words.map(word => [word, kind] as const)),
);

const patterns: Array<[FilterToken['kind'], RegExp]> = [
  ['string', /^'(?:[^']|'')*'/],
  ['operator', /^(?:>=|<=|!=|<>|==|=|<|>)/],
  [
    'operator',
    /^(?:IS\s+NOT\s+NULL|IS\s+NULL|NOT\s+IN|ILIKE|LIKE|IN|AND)\b(?!\.)/i,
  ],
  ['list', /^\((?:'(?:[^']|'')*'|[^'()])*\)/],
  ['number', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}\p{N}_.])/u],
  [
    'key',
    // Letters of all languages, as the server reads them.
    /^(?:`[^`]+`|"[^"]*"|[\p{L}_][\p{L}\p{N}_-]*)(?:\.(?:`[^`]+`|"[^"]+"|[\p{L}\p{N}_][\p{L}\p{N}_./:-]*)?)?/u,
  ],
  ['odd', /^\S+/],
];

export function tokenizeFilter(text: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let at = 0;
  while (at < text.length) {
    const space = /^\s+/.exec(text.slice(at));
    if (space) {
      at += space[0].length;
      continue;
    }
    for (const [kind, pattern] of patterns) {
      const found = pattern.exec(text.slice(at))?.[0];
      if (!found) continue;
      tokens.push({ kind, text: found, from: at, to: at + found.length });
      at += found.length;
      break;
    }
  }
  return tokens;
}

/** What kind of thing a key names, or what is wrong with it. */
function readKey(text: string): { kind?: string; problem?: string } {
  const bare = (word: string) => word.replace(/^[`"]|[`"]$/g, '');
  const [, head, rest] =
    /^(`[^`]+`|"[^"]*"|[^.]+)(?:\.(.*))?$/s.exec(text) ?? [];
  if (rest === undefined) {
    if (Object.hasOwn(filterAttributes, bare(text)))
      return { kind: filterAttributes[bare(text)] };
    return {
      problem: `'${bare(text)}' is no attribute of runs. Write metrics.${bare(
        text,
      )}, params.${bare(text)} or tags.${bare(text)}, or one of ${Object.keys(
        filterAttributes,
      ).join(', ')}.`,
    };
  }
  const kind = PREFIXES.get(bare(head ?? ''));
  if (!kind) {
    return {
      problem: `'${bare(
        head ?? '',
      )}' is not known. Names begin with metrics., params., tags., attributes. or datasets.`,
    };
  }
  const name = bare(rest);
  if (!name) return { problem: `Say which one: ${head}.<name>` };
  if (kind === 'attribute') {
    return Object.hasOwn(filterAttributes, name)
      ? { kind: filterAttributes[name] }
      : {
          problem: `There is no attribute '${name}'; there are ${Object.keys(
            filterAttributes,
          ).join(', ')}.`,
        };
  }
  if (kind === 'dataset' && !['name', 'digest', 'context'].includes(name)) {
    return {
      problem: `Of a data set name, digest and context can be asked, not '${name}'.`,
    };
  }
  return { kind };
}

function operatorsFor(kind: string, name: string): string[] {
  if (kind === 'metric' || kind === 'number') return NUMERIC;
  if (kind === 'param' || kind === 'tag') return [...TEXT, ...PRESENCE];
  return kind === 'dataset' || /run_id/.test(name)
    ? [...TEXT, 'IN', 'NOT IN']
    : TEXT;
}

const tidy = (text: string) => text.toUpperCase().replace(/\s+/g, ' ');

type Position = {
  expects: 'key' | 'operator' | 'value' | 'and';
  key?: FilterToken;
  operator?: string;
};

/** Walks the filter; stops at the first thing that is wrong. */
function walk(
  text: string,
  tokens: FilterToken[],
): { problem?: FilterProblem; end: Position } {
  let position: Position = { expects: 'key' };
  for (const token of tokens) {
    const end = position;
    const wrong = (message: string) => ({
      problem: { from: token.from, to: token.to, message },
      end,
    });
    const { key } = position;
    switch (position.expects) {
      case 'key': {
        if (token.kind === 'list')
          return wrong(
            'Parentheses are only for lists after IN; comparisons are joined by AND alone.',
          );
        if (token.kind !== 'key')
          return wrong(
            `Here a name such as metrics.auc is expected, not ${token.text}`,
          );
        if (/^not$/i.test(token.text))
          return wrong(
            'NOT stands only before IN; turn the comparison round instead (!= or <=).',
          );
        const { problem } = readKey(token.text);
        if (problem) return wrong(problem);
        position = { expects: 'operator', key: token };
        break;
      }
      case 'operator': {
        const allowed = operatorsFor(
          readKey(key?.text ?? '').kind ?? '',
          key?.text ?? '',
        );
        const operator = token.text === '<>' ? '!=' : tidy(token.text);
        if (token.kind !== 'operator' || operator === 'AND')
          return wrong(
            `After ${key?.text} one of ${allowed.join(', ')} is expected, not ${
              token.text
            }`,
          );
        if (!allowed.includes(operator))
          return wrong(
            `${operator} does not work with ${key?.text}; ${allowed.join(
              ', ',
            )} do.`,
          );
        position = PRESENCE.includes(operator)
          ? { expects: 'and' }
          : { expects: 'value', key, operator };
        break;
      }
      case 'value': {
        const kind = readKey(key?.text ?? '').kind;
        const numeric = kind === 'metric' || kind === 'number';
        const isList =
          position.operator === 'IN' || position.operator === 'NOT IN';
        if (isList && token.kind !== 'list')
          return wrong(`A list is expected: ${position.operator} ('a', 'b')`);
        if (!isList && numeric && token.kind !== 'number')
          return wrong(
            `${key?.text} is compared with a number, not ${token.text}`,
          );
        if (
          !isList &&
          !numeric &&
          token.kind !== 'string' &&
          !/^".*"$/s.test(token.text)
        ) {
          return wrong(
            token.text.startsWith("'")
              ? 'The closing quote is missing.'
              : `Text stands in quotes: ${key?.text} ${position.operator} '${token.text}'`,
          );
        }
        position = { expects: 'and' };
        break;
      }
      default: {
        if (!/^and$/i.test(token.text)) {
          return wrong(
            /^or$/i.test(token.text)
              ? "OR is not part of MLflow's search language; comparisons are joined by AND alone."
              : `AND is expected before another comparison, not ${token.text}`,
          );
        }
        position = { expects: 'key' };
      }
    }
  }
  if (tokens.length === 0 || position.expects === 'and')
    return { end: position };
  const missing = {
    key: 'A comparison is missing after AND.',
    operator: `A comparison is missing after ${position.key?.text}`,
    value: `A value is missing after ${position.key?.text} ${position.operator}`,
  }[position.expects];
  return {
    problem: { from: text.length, to: text.length, message: missing },
    end: position,
  };
}

/**
 * The first thing in a filter that the server would refuse, in words and with its place; undefined when there is none.
 *
 * @remarks The server's own reading is what counts; this one is for saying it while somebody types.
 */
export function checkFilter(text: string): FilterProblem | undefined {
  return walk(text, tokenizeFilter(text)).problem;
}

/** What could stand at the cursor, and the part of the text it would replace. */
export type Completion = { from: number; to: number; options: string[] };

export function completeFilter(
  text: string,
  cursor: number,
  fields: {
    metrics: readonly string[];
    params: readonly string[];
    tags: readonly string[];
  },
): Completion {
  const tokens = tokenizeFilter(text.slice(0, cursor));
  const last = tokens.at(-1);
  // The word under the cursor is still being written.
  const typing =
    last && last.to === cursor && last.kind !== 'list' ? last : undefined;
  const before = typing ? tokens.slice(0, -1) : tokens;
  const { end, problem } = walk(text, before);
  const from = typing ? typing.from : cursor;
  if (problem && problem.from !== problem.to)
    return { from, to: cursor, options: [] };
  const words = optionsAt(end, fields);
  const typed = (typing?.text ?? '').toLowerCase().replace(/[`"]/g, '');
  const plain = (option: string) => option.toLowerCase().replace(/[`"]/g, '');
  const options = [
    ...words.filter(option => plain(option).startsWith(typed)),
    ...words.filter(
      option =>
        !plain(option).startsWith(typed) && plain(option).includes(typed),
    ),
  ].filter(option => plain(option) !== typed);
  return { from, to: cursor, options: options.slice(0, 12) };
}

function optionsAt(
  position: Position,
  fields: {
    metrics: readonly string[];
    params: readonly string[];
    tags: readonly string[];
  },
): string[] {
  const quoted = (name: string) =>
    /^[\p{L}\p{N}_][\p{L}\p{N}_./:-]*$/u.test(name) ? name : `\`${name}\``;
  switch (position.expects) {
    case 'key':
      return [
        ...fields.metrics.map(name => `metrics.${quoted(name)}`),
        ...fields.params.map(name => `params.${quoted(name)}`),
        ...[
          'status',
          'run_name',
          'start_time',
          'end_time',
          'user_id',
          'run_id',
        ].map(name => `attributes.${name}`),
        ...['name', 'digest', 'context'].map(name => `datasets.${name}`),
        ...fields.tags.map(name => `tags.${quoted(name)}`),
      ];
    case 'operator':
      return operatorsFor(
        readKey(position.key?.text ?? '').kind ?? '',
        position.key?.text ?? '',
      );
    case 'value':
      return /status/.test(position.key?.text ?? '')
        ? ["'FINISHED'", "'RUNNING'", "'FAILED'", "'KILLED'", "'SCHEDULED'"]
        : [];
    default:
      return ['AND'];
  }
}
