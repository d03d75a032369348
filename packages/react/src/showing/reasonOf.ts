/**
 * Why something went wrong, for people. A server's reason for its refusal comes wrapped in a `ResponseError`
 * whose own message only repeats the status; the sentence somebody wrote is its cause's.
 *
 * @example
 * ```tsx
 * <Alert status="danger" title="Not deployed" description={reasonOf(error)} />
 * ```
 */
export function reasonOf(error: Error): string {
  // What browsers throw when nothing answered at all.
  if (error instanceof TypeError && /fetch|network/i.test(error.message))
    return `The portal does not answer (${error.message}).`;
  const { cause } = error;
  return error.name === 'ResponseError' &&
    cause instanceof Error &&
    cause.message
    ? cause.message
    : error.message;
}
