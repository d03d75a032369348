import { CustomErrorBase, NotAllowedError } from '@backstage/errors';

/** What a refusal adds to the answer's headers. */
type WithHeaders = { headers: Record<string, string> };

/** Nobody is known, or the token is none of this portal's. */
export class UnauthenticatedError
  extends CustomErrorBase
  implements WithHeaders
{
  override name = 'AuthenticationError' as const;
  readonly headers: Record<string, string>;
  constructor(message: string, options: { invalidToken?: boolean } = {}) {
    super(message);
    this.headers = {
      'www-authenticate': `Bearer realm="downstage"${
        options.invalidToken ? ', error="invalid_token"' : ''
      }`,
    };
  }
}

/** Somebody is known, and may not ask this. */
export class RefusedError extends NotAllowedError implements WithHeaders {
  readonly headers = {
    'www-authenticate':
      'Bearer realm="downstage", error="insufficient_scope", scope="predict"',
  };
}

/** More than a limit of the configuration allows; says when to come again. */
export class TooManyRequestsError
  extends CustomErrorBase
  implements WithHeaders
{
  override name = 'TooManyRequestsError' as const;
  readonly headers: Record<string, string>;
  constructor(message: string, retryAfterSeconds: number) {
    super(message);
    this.headers = {
      'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))),
    };
  }
}

/** A content type that a web page may send without being asked first. */
export class UnsupportedMediaTypeError extends CustomErrorBase {
  override name = 'UnsupportedMediaTypeError' as const;
}

/** The request was sent to a name that is not this gateway's. */
export class MisdirectedRequestError extends CustomErrorBase {
  override name = 'MisdirectedRequestError' as const;
}

/** The headers that an error brings; none for most. */
export function headersOf(error: unknown): Record<string, string> {
  return error instanceof Error && 'headers' in error
    ? (error as WithHeaders).headers
    : {};
}
