import { InputError } from '@backstage/errors';

/**
 * A file that cannot be taken as it is: which one, where in it, what was found and what is allowed.
 *
 * @remarks
 * The name of the file is the one within the version; the place on this machine is nobody's business.
 */
export function refusal(options: {
  file: string;
  line?: number;
  found: string;
  allowed: string;
}): InputError {
  const { file, line, found, allowed } = options;
  const where = line === undefined ? file : `${file}, line ${line}`;
  return Object.assign(new InputError(`${where}: ${found}. ${allowed}`), {
    code: 'ml-data.unreadable',
  });
}

/** Text from a file as a message can hold it. */
export function excerpt(text: string): string {
  const shown = JSON.stringify(text.slice(0, 60)).slice(1, -1);
  return `'${shown}${text.length > 60 ? '…' : ''}'`;
}

/** At most five of many. */
export function some(items: readonly string[]): string {
  return items.length > 5
    ? `${items.slice(0, 5).join(', ')} and ${items.length - 5} more`
    : items.join(', ');
}
