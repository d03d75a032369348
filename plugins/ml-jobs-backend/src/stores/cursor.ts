import { InputError } from '@backstage/errors';

/** The place of a row in a list by time. */
export type Cursor = { at: string; id: string };

export function writeCursor(cursor: Cursor): string {
  return Buffer.from(`${cursor.at} ${cursor.id}`).toString('base64url');
}

/** @throws InputError when the text was not written by {@link writeCursor} */
export function readCursor(text: string, ids = /^\S+$/): Cursor {
  const [at, id, ...rest] = Buffer.from(text, 'base64url')
    .toString('utf8')
    .split(' ');
  if (!at || !id || rest.length || !ids.test(id)) {
    throw new InputError(
      `Not a cursor: '${text}'; expected the nextCursor of the page before`,
    );
  }
  return { at, id };
}
