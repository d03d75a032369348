import type {
  AuditorService,
  BackstageCredentials,
  PermissionsService,
} from '@backstage/backend-plugin-api';
import { parseEntityRef, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError, NotAllowedError, NotFoundError } from '@backstage/errors';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import {
  permissionsOfScopes,
  personalScopes,
  type Clock,
  type NewId,
  type TokenScope,
} from '@downstage/common';
import { audited, tokenOf, type Authorizer } from '@downstage/node';
import {
  mlTokensCreatePermission,
  mlTokensReadPermission,
  mlTokensRevokePermission,
  type AccessToken,
  type CreatedToken,
  type CreateToken,
  type CurrentToken,
  type TokenState,
} from '@downstage/plugin-ml-tokens-common';
import { hashOf, newSecret } from '@downstage/plugin-ml-tokens-node';
import type { Request } from 'express';
import { actorOf } from '../domain/actorOf';
import { expiryOf, type Lifetimes } from '../domain/lifetime';
import { stateOf } from '../domain/tokenState';
import type { TokenRecord, TokenStore } from '../stores/TokenStore';
import type { Ownership } from './Ownership';

export type Call = { credentials: BackstageCredentials; request?: Request };

const hintLength = 8;

/** What people do with tokens: look, make, revoke. */
export class TokenService {
  readonly #deps: TokenServiceDeps;

  constructor(deps: TokenServiceDeps) {
    this.#deps = deps;
  }

  async list(
    query: { owner?: string; state?: TokenState },
    { credentials }: Call,
  ): Promise<{ items: AccessToken[]; options: Lifetimes }> {
    const { authorizer, store, lifetimes } = this.#deps;
    await authorizer.require({
      credentials,
      permission: mlTokensReadPermission,
    });
    const mine = await authorizer.groupsOf(credentials);
    const owner = query.owner && canonical(query.owner);
    if (owner && !mine.includes(owner)) {
      if (!(await authorizer.isAdministrator(credentials))) {
        throw new NotAllowedError(
          `The tokens of ${owner} are for them and for administrators to see; ${authorizer.actor(
            credentials,
          )} is neither`,
        );
      }
    }
    const records = await store.list(owner ? [owner] : mine);
    const items = records.map(record => this.#view(record));
    return {
      items: items.filter(
        ({ state }) => query.state === undefined || state === query.state,
      ),
      options: lifetimes,
    };
  }

  /**
   * Makes a token. Nobody sees its secret again.
   *
   * @throws NotAllowedError when the caller is not a person, lacks what the scopes allow, or does not belong to the group or the model's owner
   */
  async create(asked: CreateToken, call: Call): Promise<CreatedToken> {
    const { authorizer, store, clock, newId, lifetimes } = this.#deps;
    const { credentials } = call;
    await authorizer.require({
      credentials,
      permission: mlTokensCreatePermission,
    });
    authorizer.requirePerson(credentials, 'make tokens');
    const now = clock();
    const secret = newSecret();
    const createdBy = authorizer.actor(credentials);
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
    return this.#audited('token-create', record, call, async () => {
      requirePersonal(record);
      await this.#requireReach(record, credentials);
      await this.#requireScopes(record.scopes, credentials);
      await store.insert(record, hashOf(secret));
      return { token: this.#view(record), secret };
    });
  }

  /** Ends a token at once on this replica, and within two seconds on others. */
  async revoke(id: string, call: Call): Promise<AccessToken> {
    const { authorizer, store, clock } = this.#deps;
    const { credentials } = call;
    const permission = mlTokensRevokePermission;
    await authorizer.require({ credentials, permission });
    authorizer.requirePerson(credentials, 'revoke tokens');
    const record = await this.#find(id);
    await authorizer.require({ credentials, permission, owner: record.owner });
    await this.#audited('token-revoke', record, call, () =>
      store.revoke(id, {
        at: clock().toISOString(),
        by: authorizer.actor(credentials),
      }),
    );
    this.#deps.onRevoked();
    return this.#view(await this.#find(id));
  }

  /** For a token only: it may always ask what it is. */
  current({ credentials }: Call): CurrentToken {
    const token = tokenOf(credentials);
    const { principal } = credentials;
    if (
      !token ||
      typeof principal !== 'object' ||
      principal === null ||
      !('subject' in principal)
    ) {
      throw new NotAllowedError(
        `Only an access token may ask what it is; ${this.#deps.authorizer.actor(
          credentials,
        )} did not come with one`,
      );
    }
    return {
      id: token.tokenId,
      name: token.tokenName,
      actor: token.actor,
      scopes: token.scopes,
      owns: token.groups,
      ...(token.model && { model: token.model }),
      subject: String(principal.subject),
    };
  }

  /** A group has to be the caller's own, a model one that the token's owner owns. */
  async #requireReach(
    { kind, owner, binding, createdBy }: TokenRecord,
    credentials: BackstageCredentials,
  ) {
    const { authorizer, ownership } = this.#deps;
    const mine = await authorizer.groupsOf(credentials);
    for (const ref of [owner, binding.group]) {
      if (ref && !mine.includes(ref)) {
        throw new NotAllowedError(
          `${createdBy} is not a member of ${ref}, and makes tokens only for groups of their own (${
            mine.join(', ') || 'none'
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

  /** Nobody gives away what they may not do themselves. The policy is asked here, because it cannot be asked about a token later. */
  async #requireScopes(
    scopes: readonly TokenScope[],
    credentials: BackstageCredentials,
  ) {
    const granted = permissionsOfScopes(scopes);
    const decisions = await this.#deps.permissions.authorize(
      granted.map(({ name, action }) => ({
        permission: {
          type: 'basic' as const,
          name,
          attributes: action ? { action } : {},
        },
      })),
      { credentials },
    );
    const missing = granted.filter(
      (_, index) => decisions[index]?.result !== AuthorizeResult.ALLOW,
    );
    if (missing.length) {
      throw new NotAllowedError(
        `The scopes ${scopes.join(', ')} need ${missing
          .map(({ name }) => name)
          .join(', ')}, which ${this.#deps.authorizer.actor(
          credentials,
        )} may not do`,
      );
    }
  }

  async #find(id: string): Promise<TokenRecord> {
    const record = await this.#deps.store.find(id);
    if (record) return record;
    throw new NotFoundError(
      `There is no token with the id '${id}'; list-tokens shows yours`,
    );
  }

  #view(record: TokenRecord): AccessToken {
    return { ...record, state: stateOf(record, this.#deps.clock()) };
  }

  #audited<T>(
    eventId: string,
    record: TokenRecord,
    { credentials, request }: Call,
    work: () => Promise<T>,
  ): Promise<T> {
    const { id, name, kind, owner, scopes, binding, expiresAt } = record;
    return audited(
      this.#deps.auditor,
      {
        eventId,
        request,
        meta: {
          ...this.#deps.authorizer.who(credentials),
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

function requirePersonal({ kind, owner, scopes }: TokenRecord) {
  const refused = scopes.filter(scope => personalScopes.includes(scope));
  if (kind === 'personal' || refused.length === 0) return;
  throw new InputError(
    `A service token cannot have the scope ${refused.join(
      ', ',
    )}: whoever asks for a promotion may not approve it, and behind ${owner} that could be one person. Use a personal token`,
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
