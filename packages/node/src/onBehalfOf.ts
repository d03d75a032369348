import type {
  BackstageCredentials,
  BackstageServicePrincipal,
  BackstageUserPrincipal,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import type { Request } from 'express';
import { callerOf, type Caller } from './caller';
import { jobOf, parseJobSubject } from './jobSubject';
import { parseTokenSubject, subjectOf, tokenOf } from './tokenSubject';

const HEADER = 'x-downstage-on-behalf-of';

type CallerCredentials = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

/**
 * The header by which a call to another of our plugins says for which token or job it is made.
 *
 * @remarks
 * Backstage carries people across a hop, not services: without this, what a token or a job asked for would arrive as the
 * plugin's own wish and be allowed everything. Empty for people and for plugins.
 */
export function onBehalfOfHeaders(
  credentials: BackstageCredentials,
): Record<string, string> {
  const subject = subjectOf(credentials);
  return subject && (tokenOf(credentials) || jobOf(credentials))
    ? { [HEADER]: encodeURIComponent(subject) }
    : {};
}

/**
 * Who calls, as `httpAuth` says, seen through the plugin that passes on the request of a token or a job.
 *
 * @remarks
 * Only a plugin of this portal, proven by its signed token, is believed; from anybody else the header says nothing.
 * It can only narrow: a plugin speaks with all rights when it speaks for itself.
 *
 * @throws AuthenticationError for anonymous callers
 * @throws AuthenticationError when a plugin's header is not the subject of a token or a job
 */
export async function requestCredentials(
  httpAuth: HttpAuthService,
  request: Request,
): Promise<CallerCredentials> {
  const credentials = await httpAuth.credentials(request, {
    allow: ['user', 'service'],
  });
  const header = request.headers[HEADER];
  if (header === undefined) return credentials;
  if (!subjectOf(credentials)?.startsWith('plugin:')) return credentials;
  const subject = typeof header === 'string' ? decode(header) : undefined;
  if (!subject || !(parseTokenSubject(subject) ?? parseJobSubject(subject))) {
    throw new AuthenticationError(
      `The header ${HEADER} names nobody; expected the subject of a token or of a job`,
    );
  }
  return { ...credentials, principal: { type: 'service', subject } };
}

/**
 * Who calls, for routes that no contract describes.
 *
 * @throws AuthenticationError for anonymous callers
 */
export async function requestCaller(
  httpAuth: HttpAuthService,
  request: Request,
): Promise<Caller> {
  return callerOf(await requestCredentials(httpAuth, request), request);
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
