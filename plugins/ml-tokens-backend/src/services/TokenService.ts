import type {
  AuditorService,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  listed,
  type Clock,
  type NewId,
  type TokenScope,
  type TokenScopes,
} from '@downstage/common';
import {
  audited,
  makerOf,
  rightsForToken,
  type Authorizer,
  type Call,
  type Caller,
} from '@downstage/node';
import {
  mlTokensCreatePermission,
  mlTokensReadPermission,
  mlTokensRevokePermission,
  type AccessToken,
  type CreatedToken,
  type CreateToken,
  type CurrentToken,
  type OfferedScope,
  type TokenState,
} from '@downstage/plugin-ml-tokens-common';
import { hashOf, newSecret } from '@downstage/plugin-ml-tokens-node';
import { actorOf } from '../domain/actorOf';
import { expiryOf, type Lifetimes } from '../domain/lifetime';
import { stateOf } from '../domain/tokenState';
import type { TokenRecord, TokenStore } from '../stores/TokenStore';
import type { Ownership } from './Ownership';

const hintLength = 8;

/** What people do with tokens: look, make, revoke. */
export class TokenService {
  readonly #deps: TokenServiceDeps;

  constructor(deps: TokenServiceDeps) {
    this.#deps = deps;
  }

  async list(
    query: {
      owner?: string;
      state?: TokenState;
      cursor?: string;
      limit?: number;
    },
    { caller }: Call,
  ): Promise<{
    items: AccessToken[];
    nextCursor?: string;
    options: Lifetimes;
  }> {
    const { authorizer, store, lifetimes } = this.#deps;
    const criteria = await authorizer.filter({
      caller,
      permission: mlTokensReadPermission,
    });
    const mine = await authorizer.groupsOf(caller);
    const owner = query.owner && canonical(query.owner);
    if (owner && !mine.includes(owner)) {
      if (!(await authorizer.isAdministrator(caller))) {
        throw new NotAllowedError(
          `The tokens of ${owner} are for them and for administrators to see; ${caller.actor} is neither`,
        );
      }
    }
    const { tokens, nextCursor } = await store.list({
      owners: owner ? [owner] : mine,
      criteria,
      state: query.state,
      now: this.#deps.clock().toISOString(),
      cursor: query.cursor,
      limit: query.limit ?? 500,
    });
    return {
      items: tokens.map(record => this.#view(record)),
      nextCursor,
      options: lifetimes,
    };
  }

  /** What tokens can be made for, by the plugins that are installed. */
  async listScopes(
    _request: {},
    { caller }: Call,
  ): Promise<{ items: OfferedScope[] }> {
    const { authorizer } = this.#deps;
    await authorizer.requireAny({ caller, permission: mlTokensReadPermission });
    const { tokenScopes } = authorizer;
    return {
      items: tokenScopes.names.map(name => ({
        name,
        permissions: tokenScopes
          .permissionsOf([name])
          .map(permission => permission.name),
        personal: tokenScopes.personalReason(name) !== undefined,
      })),
    };
  }

  /**
   * Makes a token. Nobody sees its secret again.
   *
   * @throws NotAllowedError when the caller is not a person, or lacks what the scopes allow
   * @throws NotAllowedError when the caller does not belong to the group or the model's owner
   */
  async create(asked: CreateToken, { caller }: Call): Promise<CreatedToken> {
    const { authorizer, store, clock, newId, lifetimes } = this.#deps;
    const permission = mlTokensCreatePermission;
    await authorizer.requireAny({ caller, permission });
    authorizer.requirePerson(caller, 'make tokens');
    const now = clock();
    const secret = newSecret();
    const createdBy = makerOf(caller);
    const group = asked.group && canonicalOf('group', asked.group);
    const identity = {
      name: asked.name,
      kind: group ? ('service' as const) : ('personal' as const),
      owner: group ?? createdBy,
    };
    const record: TokenRecord = {
      ...identity,
      id: newId(),
      actor: actorOf(identity),
      scopes: [...new Set(asked.scopes)],
      binding: {
        ...(asked.binding?.group && {
          group: canonicalOf('group', asked.binding.group),
        }),
        ...(asked.binding?.model && {
          model: canonicalOf('model', asked.binding.model),
        }),
      },
      hint: secret.slice(0, hintLength),
      createdBy,
      createdAt: now.toISOString(),
      expiresAt: expiryOf(now, asked.expiresInDays, lifetimes).toISOString(),
    };
    return this.#audited('token-create', record, caller, async () => {
      requireOffered(record, authorizer.tokenScopes);
      requirePersonal(record, authorizer.tokenScopes);
      await this.#requireReach(record, caller);
      await authorizer.require({
        caller,
        permission,
        facts: { owner: record.owner },
      });
      const granted = await this.#requireScopes(record.scopes, caller);
      const rights = await rightsForToken(this.#deps.permissions, caller);
      const token = { ...record, ...granted };
      await store.insert({ ...token, rights }, hashOf(secret));
      return { token: this.#view(token), secret };
    });
  }

  /** Ends a token at once on this replica, and within two seconds on others. */
  async revoke(id: string, { caller }: Call): Promise<AccessToken> {
    const { authorizer, store, clock } = this.#deps;
    const permission = mlTokensRevokePermission;
    await authorizer.requireAny({ caller, permission });
    authorizer.requirePerson(caller, 'revoke tokens');
    const record = await this.#find(id);
    const visible = await authorizer.allows({
      caller,
      permission: mlTokensReadPermission,
      facts: { owner: record.owner },
    });
    if (!visible) throw notFound(id);
    await authorizer.require({ caller, permission, owner: record.owner });
    await this.#audited('token-revoke', record, caller, () =>
      store.revoke(id, {
        at: clock().toISOString(),
        by: caller.actor,
      }),
    );
    this.#deps.onRevoked();
    return this.#view(await this.#find(id));
  }

  /** For a token only: it may always ask what it is. */
  async current(_request: {}, { caller }: Call): Promise<CurrentToken> {
    if (caller.kind !== 'token') {
      throw new NotAllowedError(
        `Only an access token may ask what it is; ${caller.actor} did not come with one`,
      );
    }
    const { token, credentials } = caller;
    const { subject } = credentials.principal as { subject: string };
    return {
      id: token.tokenId,
      name: token.tokenName,
      actor: token.actor,
      scopes: token.scopes,
      owns: token.groups,
      ...(token.model && { model: token.model }),
      subject,
    };
  }

  /** A group has to be the caller's own, a model one that the token's owner owns. */
  async #requireReach(
    { kind, owner, binding, createdBy }: TokenRecord,
    caller: Caller,
  ) {
    const { authorizer, ownership } = this.#deps;
    const mine = await authorizer.groupsOf(caller);
    for (const ref of [owner, binding.group]) {
      if (ref && !mine.includes(ref)) {
        throw new NotAllowedError(
          `${createdBy} is not a member of ${ref}, and makes tokens only for groups of their own (${
            listed(mine) || 'none'
          })`,
        );
      }
    }
    if (kind === 'service' && binding.group && binding.group !== owner) {
      throw new InputError(
        `A token of ${owner} acts for that group only; it cannot be bound to ${binding.group}`,
      );
    }
    if (!binding.model) return;
    const modelOwner = await ownership.ownerOfModel(binding.model);
    const reach = binding.group ?? (kind === 'service' ? owner : undefined);
    const owned = modelOwner && (reach ? [reach] : mine).includes(modelOwner);
    if (!owned) {
      throw new NotAllowedError(
        modelOwner
          ? `${binding.model} belongs to ${modelOwner}, and this token would not`
          : `The catalog knows no owner of ${binding.model}, so no token can be bound to it`,
      );
    }
  }

  /**
   * Nobody gives away what they may not do themselves. The policy is asked here, because it cannot be asked about a
   * token later. Gives back what it allows at all, and what for some things only. A plugin that is still starting, or
   * runs in another backend, is not among these: the token does not get its permissions later.
   */
  async #requireScopes(
    scopes: readonly TokenScope[],
    { actor, credentials }: Caller,
  ): Promise<Pick<TokenRecord, 'permissions' | 'conditional'>> {
    const granted = this.#deps.authorizer.tokenScopes.permissionsOf(scopes);
    const decisions = await this.#deps.permissions.authorizeConditional(
      granted.map(permission => ({ permission })),
      { credentials },
    );
    const named = (...results: AuthorizeResult[]) =>
      granted
        .filter((_, index) => results.includes(decisions[index]?.result))
        .map(({ name }) => name);
    const allowed = named(AuthorizeResult.ALLOW, AuthorizeResult.CONDITIONAL);
    const missing = granted.filter(({ name }) => !allowed.includes(name));
    if (missing.length) {
      throw new NotAllowedError(
        `The scopes ${scopes.join(', ')} need ${missing
          .map(({ name }) => name)
          .join(', ')}, which ${actor} may not do`,
      );
    }
    const conditional = named(AuthorizeResult.CONDITIONAL);
    return {
      permissions: allowed,
      ...(conditional.length && { conditional }),
    };
  }

  async #find(id: string): Promise<TokenRecord> {
    const record = await this.#deps.store.find(id);
    if (record) return record;
    throw notFound(id);
  }

  #view(record: TokenRecord): AccessToken {
    return { ...record, state: stateOf(record, this.#deps.clock()) };
  }

  #audited<T>(
    eventId: string,
    record: TokenRecord,
    caller: Caller,
    work: () => Promise<T>,
  ): Promise<T> {
    const { id, name, kind, owner, scopes, binding, expiresAt } = record;
    return audited(
      this.#deps.auditor,
      {
        eventId,
        caller,
        meta: {
          tokenId: id,
          name,
          kind,
          owner,
          scopes,
          binding,
          expiresAt,
        },
      },
      work,
    );
  }
}

function requireOffered({ scopes }: TokenRecord, tokenScopes: TokenScopes) {
  const { names } = tokenScopes;
  const unknown = scopes.filter(scope => !names.includes(scope));
  if (unknown.length === 0) return;
  throw new InputError(
    `Invalid scopes: no plugin of this portal defines ${unknown.join(
      ', ',
    )}; expected ${names.join(', ')}`,
  );
}

function requirePersonal(
  { kind, owner, scopes }: TokenRecord,
  tokenScopes: TokenScopes,
) {
  if (kind === 'personal') return;
  for (const scope of scopes) {
    const reason = tokenScopes.personalReason(scope);
    if (reason) {
      throw new InputError(
        `A service token cannot have the scope ${scope}: ${reason}, and behind ${owner} that could be one person. Use a personal token`,
      );
    }
  }
}

function notFound(id: string) {
  return new NotFoundError(
    `There is no token with the id '${id}'; list-tokens shows yours`,
  );
}

function canonical(ref: string): string {
  return stringifyEntityRef(parseEntityRef(ref));
}

function canonicalOf(kind: 'group' | 'model', ref: string): string {
  const full = canonical(ref);
  if (full.startsWith(`${kind}:`)) return full;
  throw new InputError(
    `Expected a ${kind} such as ${kind}:default/x; got ${ref}`,
  );
}

export type TokenServiceDeps = {
  authorizer: Authorizer;
  auditor: AuditorService;
  permissions: PermissionsService;
  ownership: Ownership;
  store: TokenStore;
  lifetimes: Lifetimes;
  clock: Clock;
  newId: NewId;
  /** Called after a token was revoked: answers that were remembered count no more. */
  onRevoked: () => void;
};
