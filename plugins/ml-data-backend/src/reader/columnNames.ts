import { listed } from '@downstage/common';
import type { CsvRecord } from './CsvScanner';
import { excerpt, refusal } from './Refusal';

const longestName = 1000;
const numeric = /^\s*[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d+)?\s*$/;

/**
 * The names of the columns of a file, by its first record.
 *
 * @remarks
 * A column without a name, as pandas and R write their row names, is called by its place: `unnamed_1`. A first line
 * of nothing but numbers is no header unless somebody says so: a row would be lost.
 */
export function nameColumns(
  first: CsvRecord,
  options: { file: string; header?: boolean; fields: string[] },
): string[] {
  const { file, header, fields } = options;
  if (header === false) {
    return fields.length === first.length
      ? fields
      : first.map((_, i) => `column_${i + 1}`);
  }
  if (
    header === undefined &&
    first.some(value => value !== null) &&
    first.every(value => value === null || numeric.test(value))
  ) {
    throw refusal({
      file,
      line: 1,
      found: `the first line holds numbers and no names: ${listed(
        first.map(value => value ?? ''),
      )}`,
      allowed:
        'Put the names of the columns first, or declare spec.location.header: false (or true, when these are the names)',
    });
  }
  return first.map((value, i) => {
    const name = value?.trim() ? value : `unnamed_${i + 1}`;
    if (name.length > longestName) {
      throw refusal({
        file,
        line: 1,
        found: `the name of column ${i + 1} has ${
          name.length
        } characters: ${excerpt(name)}`,
        allowed: `A name has at most ${longestName}`,
      });
    }
    return name;
  });
}

/** @throws InputError when two names are the same, or differ in nothing but case: a query would take one for the other */
export function checkNames(names: string[], file: string): void {
  const seen = new Map<string, number>();
  names.forEach((name, i) => {
    const before = seen.get(name.toLowerCase());
    if (before !== undefined) {
      throw refusal({
        file,
        found: `columns ${before + 1} and ${i + 1} are called ${excerpt(
          names[before],
        )} and ${excerpt(name)}`,
        allowed:
          'Every column has a name of its own; upper and lower case make no difference',
      });
    }
    seen.set(name.toLowerCase(), i);
  });
}
