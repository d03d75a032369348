import { operatorsOf, readFilter, type Expected } from './readFilter';
import { offeredRunAttributes, runNames } from './runNames';
import { datasetKeys, type SearchNames } from './searchNames';
import { quoteName, tokenize } from './tokenize';

/** What could stand at the cursor, and the part of the text it would replace. */
export type Completion = { from: number; to: number; options: string[] };

/** What the runs of an experiment have logged. */
export type LoggedNames = {
  metrics: readonly string[];
  params: readonly string[];
  tags: readonly string[];
};

/** Completes a filter of runs. It offers only what the server understands there. */
export function completeRunFilter(
  text: string,
  cursor: number,
  logged: LoggedNames,
): Completion {
  const tokens = tokenize(text.slice(0, cursor));
  const last = tokens.at(-1);
  // The word under the cursor is still being written.
  const typing =
    last && last.to === cursor && last.text !== ')' ? last : undefined;
  const before = typing ? tokens.slice(0, -1) : tokens;
  const from = typing ? typing.from : cursor;
  const { expected, problem } = readFilter({
    tokens: before,
    names: runNames,
    end: cursor,
  });
  // A missing part has no extent; it may come next.
  if (problem && problem.from !== problem.to) {
    return { from, to: cursor, options: [] };
  }
  const words = optionsFor(expected, logged);
  const plain = (option: string) => option.toLowerCase().replace(/[`"]/g, '');
  const typed = plain(typing?.text ?? '');
  const options = [
    ...words.filter(option => plain(option).startsWith(typed)),
    ...words.filter(
      option =>
        !plain(option).startsWith(typed) && plain(option).includes(typed),
    ),
  ].filter(option => plain(option) !== typed);
  return { from, to: cursor, options: options.slice(0, 12) };
}

function optionsFor(expected: Expected, logged: LoggedNames): string[] {
  switch (expected.what) {
    case 'name':
      return [
        ...logged.metrics.map(name => `metrics.${quoteName(name)}`),
        ...logged.params.map(name => `params.${quoteName(name)}`),
        ...offeredRunAttributes.map(name => `attributes.${name}`),
        ...datasetKeys.map(name => `datasets.${name}`),
        ...logged.tags.map(name => `tags.${quoteName(name)}`),
      ];
    case 'operator':
      return operatorsOf(expected.subject, runNames);
    case 'value': {
      const { entity, key } = expected.subject;
      const { values }: SearchNames = runNames;
      if (entity !== 'attribute' || !values || !Object.hasOwn(values, key)) {
        return [];
      }
      return values[key].map(value => `'${value}'`);
    }
    case 'and':
      return ['AND'];
    default:
      return [];
  }
}
