import { stripVTControlCharacters } from 'node:util';

/** Controls of a terminal but tab and newline, and the characters that turn the direction of a line. */
const unsafe =
  // eslint-disable-next-line no-control-regex -- those are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * Text from elsewhere, safe to show on a terminal: without colours, cursor moves, titles and turned lines.
 *
 * @remarks
 * A name, a message or a log may hold any character. None of them moves the cursor, writes over what stands there,
 * or makes a line read in another order. That holds for every piece alone: a sequence that is cut in two loses its escape.
 */
export function plainText(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/\r+\n/g, '\n')
    .replace(/\r/g, '\n')
    .replace(unsafe, '');
}

/** The same on one line, so that a value makes no rows of a table. */
export function plainLine(text: string): string {
  return plainText(text).replace(/\s+/g, ' ').trim();
}

/** JSON for programs: nothing is lost, and what a terminal would act on is written as `\uXXXX`. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value, undefined, 2).replace(
    unsafe,
    found => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
