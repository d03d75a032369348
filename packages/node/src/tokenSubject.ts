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
  /** The one group whose endpoints it may ask, where it is bound to one. */
  group?: string;
  /**
   * Permissions that the policy gave the token's maker for some things only. The policy cannot be asked about a
   * token, so with these the token reaches no further than what its groups own.
   */
  conditional?: string[];
};

const PREFIX = 'token:';

const parametersSchema = z.object({
  id: z.string().min(1),
  name: z.string().min(1),
  scopes: z.string().transform(words).pipe(z.array(tokenScopeSchema)),
  groups: z.string().default('').transform(words),
  model: z.string().optional(),
  group: z.string().optional(),
  conditional: z.string().transform(words).optional(),
});

/**
 * The subject of a token's service principal, readable in the audit trail:
 * `token:user:default/ann?id=k3v9&name=nightly&scopes=read,track&groups=user:default/ann,group:default/diagnostics`.
 *
 * @remarks
 * Backstage keeps nothing of an external token but its subject, so everything the authorizer needs stands there.
 */
export function formatTokenSubject(identity: TokenIdentity): string {
  const { actor, tokenId, tokenName, scopes, groups, model, group } = identity;
  const { conditional } = identity;
  return `${PREFIX}${actor}?${encodeSubject([
    ['id', tokenId],
    ['name', tokenName],
    ['scopes', scopes.join(',')],
    ['groups', groups.join(',')],
    ['model', model],
    ['group', group],
    ['conditional', conditional?.join(',')],
  ])}`;
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
  const { id, name, scopes, groups, model, group, conditional } = parsed.data;
  return {
    actor: rest.slice(0, mark),
    tokenId: id,
    tokenName: name,
    scopes,
    groups,
    ...(model && { model }),
    ...(group && { group }),
    ...(conditional?.length && { conditional }),
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

/** The texts between the commas. */
export function words(text: string): string[] {
  return text.split(',').filter(Boolean);
}

/** The query of a subject; what is undefined or empty is left out. */
export function encodeSubject(
  parameters: [key: string, value: string | undefined][],
): string {
  return parameters
    .filter(([, value]) => value)
    .map(([key, value]) => `${key}=${encode(value!)}`)
    .join('&');
}

// Colons, slashes and commas stay as they are, so that people can read the subject.
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|40)/g, escaped =>
    decodeURIComponent(escaped),
  );
}
