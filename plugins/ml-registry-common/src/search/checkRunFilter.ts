import { readFilter, type FilterProblem } from './readFilter';
import { runNames } from './runNames';
import { datasetKeys, type NameProblem } from './searchNames';
import { tokenize, type FilterToken } from './tokenize';

/** What is wrong, and where; `from` equals `to` where something is missing. */
export type FilterFault = { from: number; to: number; message: string };

/** The first thing in a filter of runs that the server would refuse, in words and with its place; undefined when there is none. */
export function checkRunFilter(text: string): FilterFault | undefined {
  const zero = text.indexOf('\0');
  if (zero >= 0) {
    return { from: zero, to: zero + 1, message: 'No zero byte can be stored.' };
  }
  const tokens = tokenize(text);
  const { problem } = readFilter({ tokens, names: runNames, end: text.length });
  if (!problem) return undefined;
  const { from } = problem;
  const to = problem.found === '(' ? endOfList(tokens, from) : problem.to;
  return { from, to, message: hintOf(problem) };
}

/** Where the parentheses that open at `from` close. */
function endOfList(tokens: readonly FilterToken[], from: number): number {
  const after = tokens.filter(token => token.from >= from);
  const close = after.find(({ text }) => text === ')');
  return (close ?? after[0])?.to ?? from;
}

function hintOf(problem: FilterProblem): string {
  const { found } = problem;
  switch (problem.kind) {
    case 'no-name':
      return hintOfNoName(found);
    case 'wrong-name':
      return hintOfName(problem.problem);
    case 'no-operator': {
      const { subject, allowed } = problem;
      if (found === undefined)
        return `A comparison is missing after ${subject.text}`;
      return `After ${subject.text} one of ${allowed.join(
        ', ',
      )} is expected, not ${found}`;
    }
    case 'unknown-operator':
    case 'wrong-operator': {
      const { subject, allowed } = problem;
      const operator =
        problem.kind === 'wrong-operator' ? problem.operator : found;
      return `${operator} does not work with ${subject.text}; ${allowed.join(
        ', ',
      )} do.`;
    }
    case 'no-and':
      return /^or$/i.test(found ?? '')
        ? "OR is not part of MLflow's search language; comparisons are joined by AND alone."
        : `AND is expected before another comparison, not ${found}`;
    default:
      return hintOfValue(problem);
  }
}

function hintOfNoName(found: string | undefined): string {
  if (found === undefined) return 'A comparison is missing after AND.';
  if (found === '(') {
    return 'Parentheses are only for lists after IN; comparisons are joined by AND alone.';
  }
  if (found.endsWith('.')) return `Say which one: ${found}<name>`;
  return `Here a name such as metrics.auc is expected, not ${found}`;
}

function hintOfName(problem: NameProblem): string {
  switch (problem.kind) {
    case 'unknown-entity':
      return `'${problem.prefix}' is not known. Names begin with metrics., params., tags., attributes. or datasets.`;
    case 'unknown-attribute': {
      const { prefix, key } = problem;
      const known = problem.known.join(', ');
      if (prefix !== undefined)
        return `There is no attribute '${key}'; there are ${known}.`;
      if (/^not$/i.test(key))
        return 'NOT stands only before IN; turn the comparison the other way instead (!= or <=).';
      return `'${key}' is no attribute of runs. Write metrics.${key}, params.${key} or tags.${key}, or one of ${known}.`;
    }
    default: {
      const key = 'key' in problem ? problem.key : problem.text;
      const [last, ...others] = [...datasetKeys].reverse();
      return `Of a data set ${others
        .reverse()
        .join(', ')} and ${last} can be asked, not '${key}'.`;
    }
  }
}

function hintOfValue(
  problem: Extract<FilterProblem, { operator: unknown }>,
): string {
  const { found, subject, operator } = problem;
  const name = subject.text;
  if (found === undefined)
    return `A value is missing after ${name} ${operator}`;
  if (problem.kind === 'no-number')
    return `${name} is compared with a number, not ${found}`;
  if (problem.kind !== 'no-text')
    return `A list is expected: ${operator} ('a', 'b')`;
  return found.startsWith("'")
    ? 'The closing quote is missing.'
    : `Text stands in quotes: ${name} ${operator} '${found}'`;
}
