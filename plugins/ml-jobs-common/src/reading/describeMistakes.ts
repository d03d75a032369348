import type { z } from 'zod';
import { closest } from './closest';
import { allowedKeys, otherPlaceOf, valueAt } from './schemaKeys';

type Path = readonly PropertyKey[];

/** A mistake and the key that it is about. */
export type DescribedMistake = { path: Path; message: string };

/** Values of files may be long, and the page of a portal is not. */
const shownChars = 80;

/**
 * What is wrong with a document, in words: what was found, what is allowed, what was meant.
 *
 * @param value - the document in plain values
 * @param most - how many are put into words; the others are counted by the caller
 */
export function describeMistakes(
  issues: readonly z.core.$ZodIssue[],
  value: unknown,
  most: number,
): DescribedMistake[] {
  const meant = new Set<string>();
  const described = flat(issues)
    .slice(0, most)
    .map(issue => {
      if (issue.code !== 'unrecognized_keys')
        return { path: issue.path, message: describeIssue(issue, value) };
      const [key] = issue.keys;
      const { message, suggestion } = describeKey(key, issue.path, value);
      if (suggestion) meant.add([...issue.path, suggestion].join('.'));
      return { path: [...issue.path, key], message };
    });
  // A key that is misspelt is not missing.
  return described.filter(
    ({ path }) =>
      !(meant.has(path.join('.')) && valueAt(value, path) === undefined),
  );
}

/** One issue a key. */
function flat(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  return issues.flatMap((issue): z.core.$ZodIssue[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map(key => ({ ...issue, keys: [key] }))
      : [issue],
  );
}

function describeKey(key: string, path: Path, value: unknown) {
  const allowed = allowedKeys(path, value);
  const suggestion = allowed && closest(key, allowed);
  const elsewhere = suggestion === undefined ? otherPlaceOf(key) : undefined;
  const hint = suggestion ?? elsewhere;
  return {
    suggestion,
    message: [
      `unknown key '${short(key)}'`,
      ...(hint ? [`did you mean ${hint}?`] : []),
      ...(allowed ? [`allowed: ${allowed.join(', ')}`] : []),
    ].join('; '),
  };
}

function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  const name = short(issue.path.join('.')) || 'the definition';
  const found = valueAt(value, issue.path);
  if (found === undefined) return `${name} is missing${wantedBy(issue)}`;
  const seen =
    typeof found === 'object' && found !== null
      ? ''
      : `, found ${short(JSON.stringify(found))}`;
  return `${name}: ${textOf(issue)}${seen}${meantBy(issue, found)}`;
}

/** A closed set in words; any other message as the schema has it. */
function textOf(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_key' && issue.issues[0])
    return issue.issues[0].message;
  if (issue.code === 'invalid_value' && issue.values.length > 1)
    return `expected one of ${issue.values.join(', ')}`;
  return issue.message.replace(/^Invalid input: /, '');
}

function meantBy(issue: z.core.$ZodIssue, found: unknown): string {
  if (issue.code !== 'invalid_value' || typeof found !== 'string') return '';
  const meant = closest(found, issue.values.map(String));
  return meant === undefined ? '' : `; did you mean ${meant}?`;
}

function wantedBy(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_value') {
    return `; expected ${issue.values
      .map(value => JSON.stringify(value))
      .join(' or ')}`;
  }
  return issue.code === 'invalid_type' ? `; expected a ${issue.expected}` : '';
}

function short(text: string): string {
  return text.length > shownChars ? `${text.slice(0, shownChars)}…` : text;
}
