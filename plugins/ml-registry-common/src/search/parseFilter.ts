import { InputError } from '@backstage/errors';
import {
  numericOperators,
  readFilter,
  type Comparison,
  type FilterProblem,
} from './readFilter';
import { refusalOfName, type SearchNames } from './searchNames';
import { tokenizeStrictly } from './tokenize';

/**
 * The comparisons of a filter, which are joined by AND.
 *
 * @example
 * parseFilter("metrics.auc > 0.9 AND params.model = 'tree'", runNames)
 *
 * Anything else (OR, NOT, parentheses, unknown attributes) is an `InputError`
 * that says what was found and what is allowed.
 */
export function parseFilter(
  filter: string | undefined,
  names: SearchNames,
): Comparison[] {
  if (!filter?.trim()) return [];
  const { comparisons, problem } = readFilter({
    tokens: tokenizeStrictly(filter),
    names,
    end: filter.length,
  });
  if (problem) throw new InputError(refusalOf(problem));
  return comparisons;
}

/** What is wrong with a filter, in the words of MLflow's server. */
function refusalOf(problem: FilterProblem): string {
  const { found } = problem;
  const foundOrEnd = found ?? 'the end';
  const foundOrNothing = found ?? 'nothing';
  switch (problem.kind) {
    case 'wrong-name':
      return refusalOfName(problem.problem);
    case 'no-operator':
      return `Invalid comparison clause. Expected a comparator after '${problem.subject.text}', found '${foundOrEnd}'`;
    case 'unknown-operator':
      return `Invalid comparator '${found}', not one of '${numericOperators.join(
        "', '",
      )}'`;
    case 'wrong-operator': {
      const { entity, key } = problem.subject;
      return `Invalid comparator '${
        problem.operator
      }' for ${entity} '${key}', not one of '${problem.allowed.join("', '")}'`;
    }
    case 'no-list':
      return 'Expected a list of quoted strings in parentheses';
    case 'no-item':
      return `Expected a list of quoted strings in parentheses, found '${foundOrEnd}'`;
    case 'open-list':
      return 'Expected a list of quoted strings to end with )';
    case 'no-number':
      return problem.subject.entity === 'metric'
        ? `Expected numeric value type for metric. Found ${foundOrNothing}`
        : `Expected numeric value type for numeric attribute: ${problem.subject.key}. Found ${foundOrNothing}`;
    case 'no-text': {
      const { entity, key } = problem.subject;
      return `Expected a quoted string value for ${entity} '${key}' (e.g. 'my-value'). Got value ${foundOrNothing}`;
    }
    default:
      return `Invalid clause(s) in filter string: '${foundOrEnd}'. Only comparisons joined by AND are understood`;
  }
}
