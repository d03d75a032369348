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

/**
 * Answers "may this caller do this": the permission policy first, then ownership from the catalog.
 *
 * @remarks
 * Ownership is the caller's own: a user, and the groups the catalog says they belong to. Members of
 * `downstage.administrators` may change what others own, but never count as owners where somebody of the
 * owning group has to approve. Services (other plugins, restricted external tokens) are judged by the
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
   * @throws NotAllowedError when the policy denies, or when `owner` is given for a change and is not the caller's
   */
  async require(request: {
    credentials: BackstageCredentials;
    permission: BasicPermission;
    owner?: string;
  }): Promise<void> {
    const { credentials, permission, owner } = request;
    const [decision] = await this.#permissions.authorize([{ permission }], {
      credentials,
    });
    if (decision.result !== AuthorizeResult.ALLOW) {
      throw new NotAllowedError(
        `${this.actor(credentials)} lacks the permission ${permission.name}`,
      );
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

  /** Whether the caller is the owner or belongs to it; never true for administrators as such, nor for services. */
  async owns(
    credentials: BackstageCredentials,
    owner: string,
  ): Promise<boolean> {
    return (await this.groupsOf(credentials)).includes(owner);
  }

  /** The refs the caller owns things through: themselves and their groups. Empty for services. */
  async groupsOf(credentials: BackstageCredentials): Promise<string[]> {
    if (principalOf(credentials).type !== 'user') return [];
    return (await this.#userInfo.getUserInfo(credentials)).ownershipEntityRefs;
  }

  /** How the caller is written into rows and the audit trail: `user:default/ann` or `service:ml-jobs`. */
  actor(credentials: BackstageCredentials): string {
    const principal = principalOf(credentials);
    if (principal.type === 'user' && principal.userEntityRef) {
      return principal.userEntityRef;
    }
    if (principal.type === 'service') {
      return `service:${(principal.subject ?? 'unknown').replace(
        /^plugin:/,
        '',
      )}`;
    }
    return 'anonymous';
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
