import { InputError } from '@backstage/errors';
import type { ParameterValue } from '@downstage/plugin-ml-jobs-common';

/**
 * `--param C=0.5 --param solver=saga`: numbers and truths as such, everything else as text. A number that would change
 * by being read, such as one of twenty digits, stays the text that was given.
 */
export function readParameters(
  given: readonly string[],
): Record<string, ParameterValue> | undefined {
  if (!given.length) return undefined;
  const values = new Map<string, ParameterValue>();
  for (const text of given) {
    const at = text.indexOf('=');
    const name = text.slice(0, at);
    if (at < 1)
      throw new InputError(
        `'${text}' is not a parameter: expected a name and a value such as C=0.5`,
      );
    if (values.has(name))
      throw new InputError(`The parameter '${name}' is given twice`);
    values.set(name, valueOf(text.slice(at + 1)));
  }
  return Object.fromEntries(values);
}

function valueOf(text: string): ParameterValue {
  if (text === 'true' || text === 'false') return text === 'true';
  const number = Number(text);
  const isKept = !Number.isInteger(number) || Number.isSafeInteger(number);
  return Number.isFinite(number) && isKept && String(number) === text
    ? number
    : text;
}
