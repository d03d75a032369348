/** What a cluster answered instead of what was asked, or why it did not answer. */
export class KubeError extends Error {
  readonly status?: number;
  /** As Kubernetes says it: `AlreadyExists`, `Forbidden`, `Expired`. */
  readonly reason?: string;

  constructor(
    message: string,
    options: { status?: number; reason?: string; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'KubeError';
    this.status = options.status;
    this.reason = options.reason;
  }
}

/** True of an answer of the cluster with this status. */
export function isStatus(error: unknown, ...statuses: number[]): boolean {
  return (
    error instanceof KubeError &&
    error.status !== undefined &&
    statuses.includes(error.status)
  );
}
