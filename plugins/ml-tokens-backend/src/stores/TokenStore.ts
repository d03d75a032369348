import { ConflictError } from '@backstage/errors';
import { tokenScopeSchema } from '@downstage/common';
import type { AccessToken } from '@downstage/plugin-ml-tokens-common';
import type { Knex } from 'knex';
import { z } from 'zod';
import { actorOf } from '../domain/actorOf';

const absent = z
  .string()
  .nullable()
  .transform(value => value ?? undefined);

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
    >,
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

  async findByHash(hash: string): Promise<TokenRecord | undefined> {
    const row = await this.#knex('tokens').where({ hash }).first();
    return row && toRecord(row);
  }

  async find(id: string): Promise<TokenRecord | undefined> {
    const row = await this.#knex('tokens').where({ id }).first();
    return row && toRecord(row);
  }

  /** Newest first. */
  async list(owners: readonly string[]): Promise<TokenRecord[]> {
    const rows = await this.#knex('tokens')
      .whereIn('owner', owners)
      .orderBy([
        { column: 'created_at', order: 'desc' },
        { column: 'id', order: 'desc' },
      ])
      .limit(1_000);
    return rows.map(toRecord);
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
    hint,
    createdBy: parsed.created_by,
    createdAt: parsed.created_at,
    expiresAt: parsed.expires_at,
    ...(parsed.last_used_at && { lastUsedAt: parsed.last_used_at }),
    ...(parsed.revoked_at && { revokedAt: parsed.revoked_at }),
    ...(parsed.revoked_by && { revokedBy: parsed.revoked_by }),
  };
}
