import {
  entityRefSchema,
  timestampSchema,
  tokenScopeSchema,
} from '@downstage/common';
import { z } from 'zod';

/** `personal` acts for the person who made it, `service` for a group. */
const tokenKindSchema = z.enum(['personal', 'service']);
export type TokenKind = z.infer<typeof tokenKindSchema>;

export const tokenStateSchema = z.enum(['active', 'expired', 'revoked']);
export type TokenState = z.infer<typeof tokenStateSchema>;

/** What a token is called: lower case, so that it reads the same in rows, logs and commands. */
export const tokenNameSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9._-]{0,61}[a-z0-9])?$/,
    'Expected up to 63 lower-case letters, digits, dots, dashes and underscores, such as nightly-training',
  );

/** What a token may change: everything of its owner, of one group, or one model. */
const tokenBindingSchema = z.object({
  group: entityRefSchema.optional(),
  model: entityRefSchema.optional(),
});
export type TokenBinding = z.infer<typeof tokenBindingSchema>;

/** A token as lists show it. The secret is nowhere in it. */
export const accessTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: tokenKindSchema,
  /** The person, or the group of a service token. */
  owner: z.string(),
  /** How rows and the audit trail name it. */
  actor: z.string(),
  scopes: z.array(tokenScopeSchema),
  binding: tokenBindingSchema,
  /** Permissions that the policy gave its maker for some things only: with these it reaches what its groups own. */
  conditional: z.array(z.string()).optional(),
  /** Permissions that the policy allowed when it was made: it has no others. Absent for tokens from before these were kept. */
  permissions: z.array(z.string()).optional(),
  state: tokenStateSchema,
  /** How the secret begins, to tell which one is in a file. */
  hint: z.string(),
  createdBy: z.string(),
  createdAt: timestampSchema,
  expiresAt: timestampSchema,
  /** Right to the minute. */
  lastUsedAt: timestampSchema.optional(),
  revokedAt: timestampSchema.optional(),
  revokedBy: z.string().optional(),
});
export type AccessToken = z.infer<typeof accessTokenSchema>;

/**
 * Strict: a limit under a name that is none, such as `model`, would be dropped. The token would then reach further than
 * asked.
 */
export const createTokenSchema = z.strictObject({
  name: tokenNameSchema,
  scopes: z.array(tokenScopeSchema).min(1),
  /** Makes a service token of this group. */
  group: entityRefSchema.optional(),
  binding: tokenBindingSchema.strict().optional(),
  /** In whole days; the portal's default unless given. */
  expiresInDays: z.number().int().min(1).max(3650).optional(),
});
export type CreateToken = z.infer<typeof createTokenSchema>;

/** The answer to making one: the only time that the secret is shown. */
export const createdTokenSchema = z.object({
  token: accessTokenSchema,
  secret: z.string(),
});
export type CreatedToken = z.infer<typeof createdTokenSchema>;

/** Whom a token speaks for at this moment, told to the token itself. */
export const currentTokenSchema = z.object({
  id: z.string(),
  name: z.string(),
  actor: z.string(),
  scopes: z.array(tokenScopeSchema),
  owns: z.array(z.string()),
  model: z.string().optional(),
  /** The subject of its service principal, as other backends of the portal use it. */
  subject: z.string(),
});
export type CurrentToken = z.infer<typeof currentTokenSchema>;

/** What the page of tokens has to know before one is made. */
export const tokenOptionsSchema = z.object({
  defaultDays: z.number(),
  maxDays: z.number(),
});

/** A scope that tokens of this portal can have. */
export const offeredScopeSchema = z.object({
  name: tokenScopeSchema,
  /** The names of the permissions that it allows. */
  permissions: z.array(z.string()),
  /** Whether personal tokens alone may have it. */
  personal: z.boolean(),
});
export type OfferedScope = z.infer<typeof offeredScopeSchema>;
