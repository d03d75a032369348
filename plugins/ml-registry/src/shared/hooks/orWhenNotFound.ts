import { isError } from '@backstage/errors';

/** The answer, or `fallback` when the server says that the thing does not exist; every other error stays one. */
export async function orWhenNotFound<T, F>(
  answer: Promise<T>,
  fallback: F,
): Promise<T | F> {
  try {
    return await answer;
  } catch (error) {
    if (isError(error) && isNotFound(error)) return fallback;
    throw error;
  }
}

function isNotFound(error: { name: string; cause?: unknown }): boolean {
  if (error.name === 'NotFoundError') return true;
  return isError(error.cause) && error.cause.name === 'NotFoundError';
}
