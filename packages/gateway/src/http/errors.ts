import { CustomErrorBase, isError, stringifyError } from '@backstage/errors';

/** A wrong verb on a right path. */
export class MethodNotAllowedError extends CustomErrorBase {
  override name = 'MethodNotAllowedError' as const;
}

/** A body above the limit. */
export class PayloadTooLargeError extends CustomErrorBase {
  override name = 'PayloadTooLargeError' as const;
}

const statuses: Record<string, number> = {
  InputError: 400,
  AuthenticationError: 401,
  NotAllowedError: 403,
  NotFoundError: 404,
  MethodNotAllowedError: 405,
  ConflictError: 409,
  PayloadTooLargeError: 413,
  UnsupportedMediaTypeError: 415,
  MisdirectedRequestError: 421,
  TooManyRequestsError: 429,
  NotImplementedError: 501,
  ServiceUnavailableError: 503,
  NotStartedError: 503,
  TimeoutError: 504,
};

/** The status of an error and the one shape every error of the Open Inference Protocol has. */
export function toErrorAnswer(error: unknown): {
  status: number;
  body: { error: string };
} {
  if (!isError(error)) {
    return { status: 500, body: { error: stringifyError(error) } };
  }
  return {
    status: statuses[error.name] ?? 500,
    body: { error: error.message },
  };
}
