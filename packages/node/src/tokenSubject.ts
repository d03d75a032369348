import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { AuthenticationError } from '@backstage/errors';
import { tokenScopeSchema, type TokenScope } from '@downstage/common';
import { z } from 'zod';

/** Whom a token speaks for, and how far it reaches, at the moment of the request. */
export type TokenIdentity = {
  /** Who acts: `user:default/ann`, or `service:diagnostics/nightly` for a group's token. */
  actor: string;
  tokenId: string;
  tokenName: string;
  scopes: TokenScope[];
  /** What the token owns things through, after its binding and by the catalog of this moment. */
  groups: string[];
  /** The one model it may change, where it is bound to one. */
  model?: string;
};

const PREFIX = 'token:';

const parametersSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  scopes: z.string().transform(words).pipe(z.array(tokenScopeSchema)),
  groups: z.string().transform(words),
  model: z.string().optional(),
});

/**
 * The subject of a token's service principal, readable in the audit trail:
 * `token:user:default/ann?id=k3v9&name=nightly&scopes=read,track&groups=user:default/ann,group:default/diagnostics`.
 *
 * @remarks
 * Backstage keeps nothing of an external token but its subject, so everything the authorizer needs stands there.
 */
export function formatTokenSubject(identity: TokenIdentity): string {
  const { actor, tokenId, tokenName, scopes, groups, model } = identity;
  const parameters: [string, string][] = [
    ['id', tokenId],
    ['name', tokenName],
    ['scopes', scopes.join(',')],
    ['groups', groups.join(',')],
    ...(model ? [['model', model] as [string, string]] : []),
  ];
  const query = parameters
    .map(([key, value]) => `${key}=${encode(value)}`)
    .join('&');
  return `${PREFIX}${actor}?${query}`;
}

/**
 * Whom a token speaks for; `undefined` for every other subject.
 *
 * @throws AuthenticationError for a subject that begins as a token's and is none: it must not pass for a service
 */
export function parseTokenSubject(subject: string): TokenIdentity | undefined {
  if (!subject.startsWith(PREFIX)) return undefined;
  const rest = subject.slice(PREFIX.length);
  const mark = rest.indexOf('?');
  const parsed = parametersSchema.safeParse(
    Object.fromEntries(new URLSearchParams(rest.slice(mark + 1))),
  );
  if (mark < 1 || !parsed.success) {
    throw new AuthenticationError(
      `The subject '${subject}' is not that of a token, although it begins like one`,
    );
  }
  const { id, name, scopes, groups, model } = parsed.data;
  return {
    actor: rest.slice(0, mark),
    tokenId: id,
    tokenName: name,
    scopes,
    groups,
    ...(model && { model }),
  };
}

/** The token behind the credentials; `undefined` for people and for plugins. */
export function tokenOf(
  credentials: BackstageCredentials,
): TokenIdentity | undefined {
  const subject = subjectOf(credentials);
  return subject === undefined ? undefined : parseTokenSubject(subject);
}

/** The subject of a service principal. */
export function subjectOf(
  credentials: BackstageCredentials,
): string | undefined {
  const { principal } = credentials;
  return typeof principal === 'object' &&
    principal !== null &&
    'subject' in principal &&
    typeof principal.subject === 'string'
    ? principal.subject
    : undefined;
}

function words(text: string): string[] {
  return text.split(',').filter(Boolean);
}

// Colons, slashes and commas stay as they are, so that people can read the subject.
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|40)/g, escaped =>
    decodeURIComponent(escaped),
  );
}
