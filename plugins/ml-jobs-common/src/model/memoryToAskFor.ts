import type { Job } from './job';

/** How the message of a job that was ended for its memory says what to ask for: `ask for memory: 3Gi`. */
export function askForMemory(amount: string): string {
  return `ask for memory: ${amount}`;
}

/** The amount to run a job with that was ended for its memory; nothing where its message names none. */
export function memoryToAskFor({
  state,
  reason,
  message = '',
}: Pick<Job, 'state' | 'reason' | 'message'>): string | undefined {
  if (state !== 'failed' || reason !== 'OutOfMemory') return undefined;
  return /\bask for memory: (\d+(?:\.\d+)?(?:Ki|Mi|Gi|Ti))\b/.exec(
    message,
  )?.[1];
}
