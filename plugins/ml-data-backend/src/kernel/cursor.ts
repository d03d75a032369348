import { InputError } from '@backstage/errors';

/** A place in a list as text that callers hand back and do not read. */
export function writeCursor(place: string[]): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

export function readCursor(text: string, parts: number): string[] {
  try {
    const place: unknown = JSON.parse(
      Buffer.from(text, 'base64url').toString('utf8'),
    );
    if (
      Array.isArray(place) &&
      place.length === parts &&
      place.every(part => typeof part === 'string')
    ) {
      return place;
    }
  } catch {
    // Falls through to the same answer.
  }
  throw new InputError(
    `Not a cursor: '${text}'; expected the nextCursor of the page before`,
  );
}
