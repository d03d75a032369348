import { ConflictError, InputError, isError } from '@backstage/errors';
import type { ErrorRequestHandler } from 'express';

const wrongValues: Record<string, string> = {
  '22001': 'A name or a value is longer than this server keeps',
  '22003': 'A number is larger than this server keeps',
  '22021': 'A text holds a zero character, which no database keeps',
  '22P02': 'A value or a page token is not of the kind that is kept here',
  '22P05': 'A text holds a zero character, which no database keeps',
};

/** PostgreSQL and SQLite about a second row of the same key. */
const taken = new Set([
  '23505',
  'SQLITE_CONSTRAINT_UNIQUE',
  'SQLITE_CONSTRAINT_PRIMARYKEY',
]);

/** PostgreSQL, SQLite and the file system about a full disk, or a full share of it. */
const full = new Set(['53100', 'SQLITE_FULL', 'ENOSPC', 'EDQUOT']);

/** Nothing more can be stored until somebody makes room; HTTP status 507. */
export class StorageFullError extends Error {
  override readonly name = 'StorageFullError';
  readonly statusCode = 507;
}

/**
 * What a database or a disk refused, in words and without its own: those hold SQL and paths and belong in no answer.
 * `undefined` for anything else.
 *
 * @remarks
 * A caller's values that the database does not keep are the caller's mistake. SQLite takes some that PostgreSQL
 * refuses, so not all of this is seen in development.
 */
export function refusalOf(error: unknown): Error | undefined {
  if (!isError(error) || !('code' in error)) return undefined;
  const code = String(error.code);
  if (Object.hasOwn(wrongValues, code))
    return new InputError(wrongValues[code]);
  if (taken.has(code)) {
    return new ConflictError(
      'Somebody else made the same at the same moment; look at what is there, then ask again',
    );
  }
  if (full.has(code)) {
    return new StorageFullError(
      'The portal has no room left on its disk, and nothing of this was stored. Ask the platform team to make room, then send it again',
    );
  }
  if ('path' in error && 'syscall' in error) {
    // The cause stays for the log; answers know only the message.
    return new Error(
      `The portal could not use one of its own files (${code}); its log says which`,
      { cause: error },
    );
  }
  return undefined;
}

/** Passes errors on to the portal's own handler, refusals in words. Stands behind all routes of a plugin. */
export const refuseInWords: ErrorRequestHandler = (
  error,
  _request,
  _response,
  next,
) => next(refusalOf(error) ?? error);
