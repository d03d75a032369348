import { ServiceUnavailableError } from '@backstage/errors';
import { unlessAborted } from '@downstage/common';

/** Makes the signal that comes after some milliseconds. */
export type TimeLimit = (ms: number) => AbortSignal;

/**
 * What somebody else's code answers, unless it takes too long. It may go on then, and nobody waits for it.
 *
 * @throws ServiceUnavailableError where the answer does not come in time
 */
export async function inTime<T>(
  question: (signal: AbortSignal) => Promise<T>,
  options: {
    ms: number;
    /** Who is asked, as the error names it. */
    whose: string;
    timeLimit?: TimeLimit;
  },
): Promise<T> {
  const { ms, whose, timeLimit = AbortSignal.timeout } = options;
  const signal = timeLimit(ms);
  try {
    return await unlessAborted(question(signal), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new ServiceUnavailableError(
      `${whose} did not answer within ${ms / 1_000} seconds`,
    );
  }
}
