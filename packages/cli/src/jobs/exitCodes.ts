import { ResponseError } from '@backstage/errors';

/** How a command of `downstage jobs` ends. Scripts depend on them: `docs/jobs-from-the-command-line.md` has the table. */
export const exitCodes = {
  /** The job failed, was cancelled or is blocked, or its state does not allow what was asked. */
  failed: 1,
  /** Wrong arguments, a wrong downstage.yaml, a request that the portal finds wrong. */
  wrongUse: 2,
  /** Not signed in, not allowed, or not there; the portal does not tell the last two apart. */
  notAllowed: 3,
  /** No portal answered, or it answers that it cannot. */
  unreachable: 4,
  /** Ctrl-C while waiting; the job goes on. */
  interrupted: 130,
} as const;

const nextSteps = new Map<number, string>([
  [
    exitCodes.notAllowed,
    'Which jobs you may see: downstage jobs list. Whose you may change: those of your groups',
  ],
  [
    exitCodes.unreachable,
    'Jobs that were submitted are not lost. Look when it answers: downstage jobs list',
  ],
]);

/** How a command ends that an error stopped, and what can be done about it. */
export function endingOf(error: unknown): { exitCode: number; next?: string } {
  const exitCode = exitCodeOf(error);
  return { exitCode, next: nextSteps.get(exitCode) };
}

function exitCodeOf(error: unknown): number {
  if (error instanceof ResponseError) return ofStatus(error.statusCode);
  switch (error instanceof Error ? error.name : '') {
    case 'InputError':
      return exitCodes.wrongUse;
    case 'AuthenticationError':
    case 'NotAllowedError':
    case 'NotFoundError':
      return exitCodes.notAllowed;
    // A ZodError is an answer that does not fit the contract.
    case 'ServiceUnavailableError':
    case 'ZodError':
      return exitCodes.unreachable;
    default:
      return exitCodes.failed;
  }
}

function ofStatus(status: number): number {
  if ([401, 403, 404].includes(status)) return exitCodes.notAllowed;
  if (status === 409) return exitCodes.failed;
  return status < 500 ? exitCodes.wrongUse : exitCodes.unreachable;
}
