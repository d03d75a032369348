import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { tokenScopeSchema, type TokenScope } from '@downstage/common';
import { z } from 'zod';
import { formatRights, parseRights, type KeptRights } from './keptRights';
import { SubjectSpelling, subjectOf, words } from './subject';

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
   * Permissions that the policy gave the token's maker for some things only. The policy cannot be asked about a token.
   * With these permissions the token reaches no further than what its groups own.
   */
  conditional?: string[];
  /**
   * The permissions that the policy was asked about when the token was made, and allowed. The token has no others,
   * whatever its scopes allow by now. Absent for tokens that were made before these were kept.
   */
  permissions?: string[];
  /** What the catalog showed to the token's maker; absent for everything. */
  rights?: KeptRights;
};

/** Stands for a list without a name: an absent list takes nothing away. */
const noPermissions = 'none';

const permissionsSchema = z
  .string()
  .transform(text => (text === noPermissions ? [] : text.split(',')))
  .pipe(z.array(z.string().regex(/^[^:/]+:[^:/]+(?:\/[^:/]+)*$/)))
  .transform(readPermissions);

const spelling = new SubjectSpelling({
  prefix: 'token:',
  whose: 'a token',
  schema: z.object({
    id: z.string().min(1),
    name: z.string().min(1),
    scopes: z.string().transform(words).pipe(z.array(tokenScopeSchema)),
    groups: z.string().default('').transform(words),
    model: z.string().optional(),
    group: z.string().optional(),
    conditional: z.string().transform(words).optional(),
    permissions: permissionsSchema.optional(),
    rights: z.string().optional(),
  }),
});

/**
 * The subject of a token's service principal:
 * `token:user:default/ann?id=k3v9&name=nightly&scopes=read,track&groups=user:default/ann,group:default/diagnostics`.
 */
export function formatTokenSubject(identity: TokenIdentity): string {
  const { actor, tokenId, tokenName, scopes, groups } = identity;
  const { model, group, conditional, permissions, rights } = identity;
  return spelling.format(actor, {
    id: tokenId,
    name: tokenName,
    scopes,
    groups,
    model,
    group,
    conditional,
    permissions: permissions && writePermissions(permissions),
    rights: rights && formatRights(rights),
  });
}

/** @throws AuthenticationError for a subject that begins as a token's and is none */
export function parseTokenSubject(subject: string): TokenIdentity | undefined {
  const parsed = spelling.parse(subject);
  if (!parsed) return undefined;
  const { id, name, scopes, groups, model, group } = parsed.parameters;
  const { conditional, permissions, rights } = parsed.parameters;
  return {
    actor: parsed.actor,
    tokenId: id,
    tokenName: name,
    scopes,
    groups,
    ...(model && { model }),
    ...(group && { group }),
    ...(conditional?.length && { conditional }),
    ...(permissions && { permissions }),
    ...(rights && { rights: parseRights(rights) }),
  };
}

/** The token behind the credentials; `undefined` for people and for plugins. */
export function tokenOf(
  credentials: BackstageCredentials,
): TokenIdentity | undefined {
  const subject = subjectOf(credentials);
  return subject === undefined ? undefined : parseTokenSubject(subject);
}

/** Short, because a subject travels in a header: `ml.registry:read/track,ml.data:read`. */
function writePermissions(names: readonly string[]): string[] {
  const byPrefix = new Map<string, string[]>();
  for (const name of names) {
    const dot = name.lastIndexOf('.');
    const prefix = name.slice(0, dot);
    byPrefix.set(prefix, [
      ...(byPrefix.get(prefix) ?? []),
      name.slice(dot + 1),
    ]);
  }
  if (!byPrefix.size) return [noPermissions];
  return [...byPrefix].map(
    ([prefix, endings]) => `${prefix}:${endings.join('/')}`,
  );
}

function readPermissions(parts: readonly string[]): string[] {
  return parts.flatMap(part => {
    const [prefix, endings] = part.split(':');
    return endings.split('/').map(ending => `${prefix}.${ending}`);
  });
}
