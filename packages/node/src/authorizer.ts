import type {
  BackstageCredentials,
  PermissionsService,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  type BasicPermission,
} from '@backstage/plugin-permission-common';
import { refusalOfToken } from './refusalOfToken';
import { tokenOf } from './tokenSubject';

/**
 * Answers "may this caller do this": the permission policy first, then ownership from the catalog.
 *
 * @remarks
 * Ownership is the caller's own: a user, and the groups the catalog says they belong to. Members of
 * `downstage.administrators` may change what others own, but never count as owners where somebody of the
 * owning group has to approve. Tokens are held to their scopes, their binding and the ownership of whom they
 * act for, and are never administrators. Services (other plugins, restricted external tokens) are judged by the
 * permission framework alone.
 */
export class Authorizer {
  readonly #permissions: PermissionsService;
  readonly #userInfo: UserInfoService;
  readonly #administrators: ReadonlySet<string>;

  constructor(options: {
    permissions: PermissionsService;
    userInfo: UserInfoService;
    administrators?: string[];
  }) {
    this.#permissions = options.permissions;
    this.#userInfo = options.userInfo;
    this.#administrators = new Set(options.administrators ?? []);
  }

  /**
   * The first line of every public service method.
   *
   * @remarks
   * Where a change is about one model, `model` (its ref) stands beside `owner`: a token that is bound to a model
   * may change that one only.
   *
   * @throws NotAllowedError when the policy denies, when `owner` is given for a change and is not the caller's,
   *   or when the caller is a token that does not reach this far
   */
  async require(request: {
    credentials: BackstageCredentials;
    permission: BasicPermission;
    owner?: string;
    model?: string;
  }): Promise<void> {
    const { credentials, permission, owner, model } = request;
    const [decision] = await this.#permissions.authorize([{ permission }], {
      credentials,
    });
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `${this.actor(credentials)} lacks the permission ${permission.name}`,
      );
    }
    const token = tokenOf(credentials);
    if (token) {
      const refusal = refusalOfToken(token, { permission, owner, model });
      if (refusal) throw new NotAllowedError(refusal);
      return;
    }
    if (!owner || permission.attributes.action === 'read') return;
    if (principalOf(credentials).type === 'service') return;
    const groups = await this.groupsOf(credentials);
    if (groups.includes(owner)) return;
    if (groups.some(group => this.#administrators.has(group))) return;
    throw new NotAllowedError(
      `This belongs to ${owner}, and ${this.actor(
        credentials,
      )} is not one of its owners (${groups.join(', ') || 'no groups'})`,
    );
  }

  /**
   * For what only a person in the portal may do: approving, breaking glass, making tokens.
   *
   * @throws NotAllowedError for tokens, and for services
   */
  requirePerson(credentials: BackstageCredentials, what: string): void {
    if (principalOf(credentials).type === 'user') return;
    const token = tokenOf(credentials);
    throw new NotAllowedError(
      token
        ? `The token '${token.tokenName}' of ${token.actor} may not ${what}: no token may; sign in to the portal`
        : `${this.actor(
            credentials,
          )} may not ${what}: that is for a person who is signed in`,
    );
  }

  /** Whether the caller is another plugin or a static token of the configuration: neither a person nor a token of one. */
  isService(credentials: BackstageCredentials): boolean {
    return principalOf(credentials).type === 'service' && !tokenOf(credentials);
  }

  /** Whether the caller is the owner or belongs to it; never true for administrators as such, nor for services. */
  async owns(
    credentials: BackstageCredentials,
    owner: string,
  ): Promise<boolean> {
    return (await this.groupsOf(credentials)).includes(owner);
  }

  /** Whether the caller is a person of `downstage.administrators`. */
  async isAdministrator(credentials: BackstageCredentials): Promise<boolean> {
    if (principalOf(credentials).type !== 'user') return false;
    const groups = await this.groupsOf(credentials);
    return groups.some(group => this.#administrators.has(group));
  }

  /** The refs the caller owns things through: themselves and their groups, a token's as far as it reaches. Empty for services. */
  async groupsOf(credentials: BackstageCredentials): Promise<string[]> {
    const token = tokenOf(credentials);
    if (token) return token.groups;
    if (principalOf(credentials).type !== 'user') return [];
    return (await this.#userInfo.getUserInfo(credentials)).ownershipEntityRefs;
  }

  /**
   * How the caller is written into rows and the audit trail: `user:default/ann` (also for her tokens),
   * `service:diagnostics/nightly` (a group's token) or `service:ml-jobs` (a plugin).
   */
  actor(credentials: BackstageCredentials): string {
    const principal = principalOf(credentials);
    if (principal.type === 'user' && principal.userEntityRef) {
      return principal.userEntityRef;
    }
    if (principal.type === 'service') {
      const token = tokenOf(credentials);
      if (token) return token.actor;
      return `service:${(principal.subject ?? 'unknown').replace(
        /^plugin:/,
        '',
      )}`;
    }
    return 'anonymous';
  }

  /** Who did it, for the audit trail: the actor, and the token that was used. */
  who(credentials: BackstageCredentials): {
    actor: string;
    token?: { id: string; name: string };
  } {
    const token = tokenOf(credentials);
    return {
      actor: this.actor(credentials),
      ...(token && { token: { id: token.tokenId, name: token.tokenName } }),
    };
  }
}

/** The authorizer of a plugin, with the administrators of the configuration. */
export function createAuthorizer(deps: {
  permissions: PermissionsService;
  userInfo: UserInfoService;
  config: RootConfigService;
}): Authorizer {
  return new Authorizer({
    permissions: deps.permissions,
    userInfo: deps.userInfo,
    administrators:
      deps.config.getOptionalStringArray('downstage.administrators') ?? [],
  });
}

function principalOf(credentials: BackstageCredentials) {
  return credentials.principal as {
    type: string;
    userEntityRef?: string;
    subject?: string;
  };
}
