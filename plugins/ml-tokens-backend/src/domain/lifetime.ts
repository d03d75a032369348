import { InputError } from '@backstage/errors';

/** In days: what a token gets that asks for nothing, and the most it may ask for. */
export type Lifetimes = { defaultDays: number; maxDays: number };

const dayMs = 86_400_000;

/** When a token ends that is made now. */
export function expiryOf(
  now: Date,
  asked: number | undefined,
  { defaultDays, maxDays }: Lifetimes,
): Date {
  const days = asked ?? defaultDays;
  if (days > maxDays) {
    throw new InputError(
      `The token was to live ${days} days; this portal allows ${maxDays} at most (mlTokens.maxDays)`,
    );
  }
  return new Date(now.getTime() + days * dayMs);
}
