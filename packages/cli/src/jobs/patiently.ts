import { ResponseError } from '@backstage/errors';

/** What is needed to wait: for a job, and for a portal that is started again. */
export type Waiting = {
  pause: (ms: number) => Promise<unknown>;
  say: (text: string) => void;
};

const lookAgainMs = 5_000;
const looks = 60;

/**
 * Asks again while no portal answers, for five minutes: a portal that is started again is back by then.
 *
 * @throws what the last try said, after that; anything else at once
 */
export async function patiently<T>(
  ask: () => Promise<T>,
  { pause, say }: Waiting,
): Promise<T> {
  for (let look = 0; ; look++) {
    try {
      const answer = await ask();
      if (look > 0) say('The portal answers again');
      return answer;
    } catch (error) {
      if (!isAway(error)) throw error;
      if (look === looks) {
        say('The portal has not come back in 5 minutes');
        throw error;
      }
      if (look === 0) say(`${error.message}. Asking again for up to 5 minutes`);
      await pause(lookAgainMs);
    }
  }
}

function isAway(error: unknown): error is Error {
  if (error instanceof ResponseError)
    return [502, 503, 504].includes(error.statusCode);
  return (
    error instanceof Error &&
    (error.name === 'ServiceUnavailableError' ||
      // An answer that breaks off: the portal ended in the middle of it.
      error.message === 'terminated')
  );
}
