import { ConflictError, InputError } from '@backstage/errors';
import { tokenScopeSchema } from '@downstage/common';
import {
  formatRights,
  parseRights,
  whereFacts,
  type FactCriteria,
  type KeptRights,
} from '@downstage/node';
import type {
  AccessToken,
  TokenState,
} from '@downstage/plugin-ml-tokens-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import { actorOf } from '../domain/actorOf';

const absent = z
  .string()
  .nullable()
  .transform(value => value ?? undefined);

function readNames(text: string | undefined): string[] | undefined {
  return text === undefined
    ? undefined
    : z.array(z.string()).parse(JSON.parse(text));
}

const rowSchema = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(['personal', 'service']),
  owner: z.string(),
  hint: z.string(),
  scopes: z
    .string()
    .transform(text => z.array(tokenScopeSchema).parse(JSON.parse(text))),
  bound_group: absent,
  bound_model: absent,
  conditional: absent.transform(readNames),
  permissions: absent.transform(readNames),
  rights: absent,
  created_by: z.string(),
  created_at: z.string(),
  expires_at: z.string(),
  last_used_at: absent,
  revoked_at: absent,
  revoked_by: absent,
});

/** A token as it is kept; whether it is still good depends on the time. */
export type TokenRecord = Omit<AccessToken, 'state'>;

/** Tokens. Secrets are kept as hashes, and hashes never come out. */
export class TokenStore {
  readonly #knex: Knex;

  constructor(knex: Knex) {
    this.#knex = knex;
  }

  /** @throws ConflictError when the owner has a token of that name which is neither revoked nor expired */
  async insert(
    token: Omit<
      TokenRecord,
      'actor' | 'lastUsedAt' | 'revokedAt' | 'revokedBy'
    > & { rights?: KeptRights },
    hash: string,
  ): Promise<void> {
    const liveName = `${token.owner} ${token.name}`;
    await this.#knex.transaction(async tx => {
      await tx('tokens')
        .where({ live_name: liveName })
        .where('expires_at', '<=', token.createdAt)
        .update({ live_name: null });
      const inserted = await tx('tokens')
        .insert({
          id: token.id,
          name: token.name,
          kind: token.kind,
          owner: token.owner,
          hash,
          hint: token.hint,
          scopes: JSON.stringify(token.scopes),
          bound_group: token.binding.group ?? null,
          bound_model: token.binding.model ?? null,
          conditional: token.conditional
            ? JSON.stringify(token.conditional)
            : null,
          permissions: token.permissions
            ? JSON.stringify(token.permissions)
            : null,
          rights: token.rights ? formatRights(token.rights) : null,
          live_name: liveName,
          created_by: token.createdBy,
          created_at: token.createdAt,
          expires_at: token.expiresAt,
        })
        .onConflict('live_name')
        .ignore()
        .returning('id');
      if (inserted.length === 0) {
        throw new ConflictError(
          `${token.owner} has a token called '${token.name}' already; revoke it first, or choose another name`,
        );
      }
    });
  }

  /** The token, and what its maker could read: that is for who verifies it only. */
  async findByHash(
    hash: string,
  ): Promise<(TokenRecord & { rights?: KeptRights }) | undefined> {
    const row = await this.#knex('tokens').where({ hash }).first();
    if (!row) return undefined;
    const { rights } = rowSchema.parse(row);
    return {
      ...toRecord(row),
      ...(rights && { rights: parseRights(rights) }),
    };
  }

  async find(id: string): Promise<TokenRecord | undefined> {
    const row = await this.#knex('tokens').where({ id }).first();
    return row && toRecord(row);
  }

  /** Newest first. States are those of `stateOf` at the moment. */
  async list(options: {
    owners: readonly string[];
    /** What the caller's permission allows. */
    criteria?: FactCriteria;
    state?: TokenState;
    now: string;
    cursor?: string;
    limit: number;
  }): Promise<{ tokens: TokenRecord[]; nextCursor?: string }> {
    const { owners, criteria, state, now, cursor, limit } = options;
    const query = this.#knex('tokens').whereIn('owner', owners);
    if (state === 'revoked') query.whereNotNull('revoked_at');
    else if (state) query.whereNull('revoked_at');
    if (state === 'active') query.where('expires_at', '>', now);
    if (state === 'expired') query.where('expires_at', '<=', now);
    if (cursor) {
      const [createdAt, id] = readCursor(cursor);
      query.where(older =>
        older
          .where('created_at', '<', createdAt)
          .orWhere(same =>
            same.where('created_at', createdAt).where('id', '<', id),
          ),
      );
    }
    const rows = await whereFacts(query, criteria, { owner: 'owner' })
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(limit + 1);
    const tokens = rows.slice(0, limit).map(toRecord);
    const last = tokens.at(-1);
    return {
      tokens,
      ...(last &&
        rows.length > limit && {
          nextCursor: writeCursor([last.createdAt, last.id]),
        }),
    };
  }

  /** Whether it was this call that ended it. */
  async revoke(
    id: string,
    options: { at: string; by: string },
  ): Promise<boolean> {
    const changed = await this.#knex('tokens')
      .where({ id })
      .whereNull('revoked_at')
      .update({
        revoked_at: options.at,
        revoked_by: options.by,
        live_name: null,
      });
    return changed === 1;
  }

  /** Moves the last use forward, never back. */
  async used(id: string, at: string): Promise<void> {
    await this.#knex('tokens')
      .where({ id })
      .where(query =>
        query.whereNull('last_used_at').orWhere('last_used_at', '<', at),
      )
      .update({ last_used_at: at });
  }
}

const cursorSchema = z.tuple([z.string(), z.string()]);

/** A place in the list as text that callers hand back and do not read. */
function writeCursor(place: z.infer<typeof cursorSchema>): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

function readCursor(text: string): z.infer<typeof cursorSchema> {
  try {
    const json = Buffer.from(text, 'base64url').toString('utf8');
    return cursorSchema.parse(JSON.parse(json));
  } catch (error) {
    throw new InputError(
      `Not a cursor: '${text}'; expected the nextCursor of the page before`,
      error,
    );
  }
}

function toRecord(row: unknown): TokenRecord {
  const parsed = rowSchema.parse(row);
  const { id, name, kind, owner, hint, scopes } = parsed;
  return {
    id,
    name,
    kind,
    owner,
    actor: actorOf(parsed),
    scopes,
    binding: {
      ...(parsed.bound_group && { group: parsed.bound_group }),
      ...(parsed.bound_model && { model: parsed.bound_model }),
    },
    ...(parsed.conditional && { conditional: parsed.conditional }),
    ...(parsed.permissions && { permissions: parsed.permissions }),
    hint,
    createdBy: parsed.created_by,
    createdAt: parsed.created_at,
    expiresAt: parsed.expires_at,
    ...(parsed.last_used_at && { lastUsedAt: parsed.last_used_at }),
    ...(parsed.revoked_at && { revokedAt: parsed.revoked_at }),
    ...(parsed.revoked_by && { revokedBy: parsed.revoked_by }),
  };
}
