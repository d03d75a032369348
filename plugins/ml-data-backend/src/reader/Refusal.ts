import { InputError } from '@backstage/errors';

/** The place of what was refused. */
export type RefusedAt = { file: string; line?: number; column?: number };

/**
 * A file that cannot be taken as it is: which one, where in it, what was found and what is allowed.
 *
 * @remarks
 * The name of the file is the one within the version; the place on this machine is nobody's business.
 */
export function refusal(options: {
  file: string;
  line?: number;
  /** Where in the line, in characters from one; for a page that points to it. */
  column?: number;
  found: string;
  allowed: string;
}): InputError & { at: RefusedAt } {
  const { file, line, column, found, allowed } = options;
  const where = line === undefined ? file : `${file}, line ${line}`;
  return Object.assign(new InputError(`${where}: ${found}. ${allowed}`), {
    code: 'ml-data.unreadable',
    at: {
      file,
      ...(line !== undefined && { line }),
      ...(column !== undefined && { column }),
    },
  });
}

/** The place that an error of {@link refusal} names, also after it crossed from one process to another. */
export function placeOf(error: Error): RefusedAt | undefined {
  if (!('at' in error) || typeof error.at !== 'object' || !error.at) {
    return undefined;
  }
  const { file, line, column } = error.at as Record<string, unknown>;
  if (typeof file !== 'string') return undefined;
  return {
    file,
    ...(typeof line === 'number' && { line }),
    ...(typeof column === 'number' && { column }),
  };
}

/** Text from a file as a message can hold it. */
export function excerpt(text: string): string {
  const shown = JSON.stringify(text.slice(0, 60)).slice(1, -1);
  return `'${shown}${text.length > 60 ? '…' : ''}'`;
}
