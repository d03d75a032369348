import type { LoggerService } from '@backstage/backend-plugin-api';
import { refusalOf } from '@downstage/node';
import type { ErrorRequestHandler, Response } from 'express';

/** MLflow's name and HTTP status of a failure. */
type Failure = { code: string; status: number };

const FAILURES: Record<string, Failure> = {
  InputError: { code: 'INVALID_PARAMETER_VALUE', status: 400 },
  NotFoundError: { code: 'RESOURCE_DOES_NOT_EXIST', status: 404 },
  NotAllowedError: { code: 'PERMISSION_DENIED', status: 403 },
  AuthenticationError: { code: 'UNAUTHENTICATED', status: 401 },
  ConflictError: { code: 'RESOURCE_CONFLICT', status: 409 },
  NotImplementedError: { code: 'NOT_IMPLEMENTED', status: 501 },
  ServiceUnavailableError: { code: 'TEMPORARILY_UNAVAILABLE', status: 503 },
  // The client does not repeat a 507, and shows its message.
  StorageFullError: { code: 'RESOURCE_EXHAUSTED', status: 507 },
};

const BY_CODE: Record<string, Failure> = {
  'ml-registry.already-exists': {
    code: 'RESOURCE_ALREADY_EXISTS',
    status: 400,
  },
  'ml-registry.stage-refused': {
    code: 'INVALID_STATE_TRANSITION',
    status: 409,
  },
  'ml-registry.stage-transition': {
    code: 'INVALID_STATE_TRANSITION',
    status: 409,
  },
  'ml-registry.promotion-blocked': {
    code: 'INVALID_STATE_TRANSITION',
    status: 409,
  },
  'ml-registry.promotion-pending': {
    code: 'INVALID_STATE_TRANSITION',
    status: 409,
  },
  'ml-registry.model-owned': {
    code: 'RESOURCE_CONFLICT',
    status: 409,
  },
  'ml-registry.model-unowned': {
    code: 'INVALID_STATE_TRANSITION',
    status: 409,
  },
};

/** Names and values are repeated in messages; a client that sent a megabyte need not read it again. */
const longestMessage = 4000;

/** Answers in MLflow's shape. Its client shows `message` to the user. */
export function sendFailure(
  response: Response,
  failure: { code: string; status: number; message: string; reason?: string },
): void {
  response.status(failure.status).json({
    error_code: failure.code,
    message: shorten(failure.message),
    // MLflow's client passes over fields that it does not know; scripts can tell one refusal from another by it.
    ...(failure.reason && { code: failure.reason }),
  });
}

/** The middle goes: the end often says what is allowed. */
function shorten(message: string): string {
  if (message.length <= longestMessage) return message;
  const half = longestMessage / 2;
  return `${message.slice(0, half)} … ${message.slice(-half)}`;
}

/**
 * Every failure under `/mlflow` ends here. A user's mistake is never a 5xx: the
 * client would repeat it for minutes. An unforeseen error is logged and
 * answered without details.
 */
export function mlflowErrorHandler(logger: LoggerService): ErrorRequestHandler {
  return (raised, request, response, _next) => {
    if (response.headersSent) {
      // A download that broke half way: the client must notice.
      response.destroy();
      return;
    }
    const error = refusalOf(raised) ?? raised;
    const failure = failureOf(error);
    if (failure) {
      if (failure.status === 401) {
        response.setHeader('WWW-Authenticate', 'Bearer realm="mlflow"');
      }
      // Of the platform's making: its log says so too.
      if (failure.status === 507) logger.error(messageOf(error), raised);
      sendFailure(response, {
        ...failure,
        message: messageOf(error),
        reason: reasonOf(error),
      });
      return;
    }
    logger.error(
      `MLflow request ${request.method} ${request.path} failed`,
      error instanceof Error ? error : new Error(String(error)),
    );
    sendFailure(response, {
      code: 'INTERNAL_ERROR',
      status: 500,
      message: 'The tracking server failed; its log says why',
    });
  };
}

function failureOf(error: unknown): Failure | undefined {
  if (!(error instanceof Error)) return undefined;
  if (
    'code' in error &&
    typeof error.code === 'string' &&
    Object.hasOwn(BY_CODE, error.code)
  ) {
    return BY_CODE[error.code];
  }
  if (Object.hasOwn(FAILURES, error.name)) return FAILURES[error.name];
  // body-parser and express speak in statuses: too large, bad encoding, bad escape.
  if (
    'status' in error &&
    typeof error.status === 'number' &&
    error.status < 500
  ) {
    return { code: 'BAD_REQUEST', status: error.status };
  }
  return undefined;
}

/** Our code of a refusal that another plugin decided. */
function reasonOf(error: unknown): string | undefined {
  if (!(error instanceof Error && 'code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && code.startsWith('ml-data.')
    ? code
    : undefined;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
