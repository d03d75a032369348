import type {
  AuthService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { callerOf, callerOfJob, type Caller } from '@downstage/node';
import type { TokenVerifier } from '@downstage/plugin-ml-registry-node';
import type { Request } from 'express';

const HELP =
  'Set MLFLOW_TRACKING_TOKEN (or the password of MLFLOW_TRACKING_USERNAME/PASSWORD) to an access token of yours (Settings, Access tokens), a Backstage token or the token of a job';

/** How access tokens begin. The service of tokens says what is wrong with one. */
const ACCESS_TOKEN = 'dst_';

/**
 * Finds out who calls: the token stands after `Bearer`, or is the password of
 * Basic. Installed verifiers are asked first (tokens of jobs), then Backstage.
 */
export function createAuthenticate(options: {
  httpAuth: HttpAuthService;
  auth: AuthService;
  verifiers: readonly TokenVerifier[];
}): (request: Request) => Promise<Caller> {
  const { httpAuth, auth, verifiers } = options;
  return async request => {
    const token = readToken(request.headers.authorization);
    if (!token) {
      throw new AuthenticationError(
        `The tracking server needs a token. ${HELP}`,
      );
    }
    // Access tokens are known by their beginning; nobody else has to be asked whether they are theirs.
    const asked = token.startsWith(ACCESS_TOKEN) ? [] : verifiers;
    for (const verifier of asked) {
      const job = await verifier.verify(token);
      if (job) {
        return callerOfJob(job, await auth.getOwnServiceCredentials(), request);
      }
    }
    request.headers.authorization = `Bearer ${token}`;
    const credentials = await httpAuth
      .credentials(request, { allow: ['user', 'service'] })
      .catch((error: unknown) => {
        if (token.startsWith(ACCESS_TOKEN)) throw error;
        throw new AuthenticationError(
          `The token is not valid (any more). ${HELP}`,
          error,
        );
      });
    return callerOf(credentials, request);
  };
}

function readToken(header: string | undefined): string | undefined {
  const [scheme, value] = (header ?? '').split(/\s+/, 2);
  if (!value) return undefined;
  if (scheme.toLowerCase() === 'bearer') return value;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const pair = Buffer.from(value, 'base64').toString('utf8');
  return pair.slice(pair.indexOf(':') + 1) || undefined;
}
