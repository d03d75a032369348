/**
 * How a server said no: it may not be seen, or there is no such thing. Asking again brings the same answer, so nobody does;
 * `undefined` is anything else, which another attempt may mend.
 *
 * @example
 * ```tsx
 * if (refusalOf(loaded.error) === 'not-found') return <NotDeployedYet />;
 * ```
 */
export function refusalOf(
  error: Error | undefined,
): 'not-allowed' | 'not-found' | undefined {
  if (!error) return undefined;
  const { cause } = error;
  const names = [error.name, cause instanceof Error ? cause.name : ''];
  // What a `ResponseError` says; its cause is whatever the server wrote.
  const status = 'statusCode' in error ? error.statusCode : undefined;
  if (status === 403 || names.includes('NotAllowedError')) return 'not-allowed';
  if (status === 404 || names.includes('NotFoundError')) return 'not-found';
  return undefined;
}
