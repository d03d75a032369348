/** Preparing an attempt failed for a reason a person can act on. */
export class AttemptFailure extends Error {
  readonly reason: string;

  constructor(reason: string, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'AttemptFailure';
    this.reason = reason;
  }
}
