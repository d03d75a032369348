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
import { subjectOf } from './subject';
import { parseTokenSubject, tokenOf } from './tokenSubject';

const HEADER = 'x-downstage-on-behalf-of';
/** Before the subject of a service that is no plugin, such as a static token of the configuration. */
const SERVICE = 'service:';

type CallerCredentials = BackstageCredentials<
  BackstageUserPrincipal | BackstageServicePrincipal
>;

/**
 * The header of a call to another of our plugins. It says for which token, job or service the call is made.
 *
 * @remarks
 * Backstage carries people across a hop, but not services. Without the header, a request of a token or a job would
 * arrive as the plugin's own. It would be allowed everything. The same holds for a static token of the configuration.
 * The header is empty for people and for plugins.
 */
export function onBehalfOfHeaders(
  credentials: BackstageCredentials,
): Record<string, string> {
  const subject = subjectOf(credentials);
  if (!subject || subject.startsWith('plugin:')) return {};
  const ours = tokenOf(credentials) ?? jobOf(credentials);
  return {
    [HEADER]: encodeURIComponent(ours ? subject : `${SERVICE}${subject}`),
  };
}

/**
 * Who calls, as `httpAuth` says. The caller behind a plugin that passes on a request is the token, job or service that
 * asked.
 *
 * @remarks
 * Only a plugin of this portal, proven by its signed token, is believed; from anybody else the header says nothing.
 * It can only narrow: a plugin speaks with all rights when it speaks for itself.
 *
 * @throws AuthenticationError for anonymous callers
 * @throws AuthenticationError when a plugin's header is not the subject of a token, a job or a service
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
  const subject = subjectIn(typeof header === 'string' ? decode(header) : '');
  if (!subject) {
    throw new AuthenticationError(
      `The header ${HEADER} names nobody; expected the subject of a token, of a job or of a service`,
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

/** The subject that a header names; `undefined` for none, and for a plugin: the header can only narrow. */
function subjectIn(text = ''): string | undefined {
  if (!text.startsWith(SERVICE)) {
    return parseTokenSubject(text) ?? parseJobSubject(text) ? text : undefined;
  }
  const subject = text.slice(SERVICE.length);
  return subject.startsWith('plugin:') ? undefined : subject || undefined;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
