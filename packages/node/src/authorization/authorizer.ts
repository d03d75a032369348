import type {
  BackstageCredentials,
  PermissionsRegistryService,
  PermissionsService,
  RootConfigService,
  UserInfoService,
} from '@backstage/backend-plugin-api';
import { NotAllowedError } from '@backstage/errors';
import {
  AuthorizeResult,
  isResourcePermission,
  type Permission,
  type ResourcePermission,
} from '@backstage/plugin-permission-common';
import {
  createConditionTransformer,
  type PermissionResourceRef,
} from '@backstage/plugin-permission-node';
import { callerOf, whoOf, type Caller } from './caller';
import { meets, type FactCriteria, type FactQuery, type Facts } from './facts';
import { refusalOfJob } from './refusalOfJob';
import { refusalOfToken } from './refusalOfToken';

/** Whom a question is about. `credentials` is for code that has not been moved to {@link Caller} yet. */
type Asker = { caller: Caller } | { credentials: BackstageCredentials };

/** The part of the permissions registry that turns conditions into criteria. */
type Rulesets = Pick<PermissionsRegistryService, 'getPermissionRuleset'>;

/**
 * Answers "may this caller do this": the permission policy first, then ownership.
 *
 * @remarks
 * Ownership is the caller's own: a user, and the groups the catalog says they belong to. Members of
 * `downstage.administrators` may change what others own, but never count as owners where somebody of the
 * owning group has to approve. Tokens and jobs are held to their scopes, their binding and the ownership of whom
 * they act for, and are never administrators. Services (other plugins, restricted external tokens) are judged by
 * the permission framework alone.
 *
 * A policy may answer with conditions. They are asked of the {@link Facts} of the thing: in memory for one thing
 * ({@link Authorizer.require}, {@link Authorizer.allows}), in SQL for lists ({@link Authorizer.filter}).
 */
export class Authorizer {
  readonly #permissions: PermissionsService;
  readonly #userInfo: UserInfoService;
  readonly #administrators: ReadonlySet<string>;
  readonly #rulesets?: Rulesets;
  readonly #resourceRef?: PermissionResourceRef<Facts, FactQuery>;

  constructor(options: {
    permissions: PermissionsService;
    userInfo: UserInfoService;
    administrators?: string[];
    /** What a conditional decision is read with; without it, such a decision refuses. */
    rulesets?: Rulesets;
    resourceRef?: PermissionResourceRef<Facts, FactQuery>;
  }) {
    this.#permissions = options.permissions;
    this.#userInfo = options.userInfo;
    this.#administrators = new Set(options.administrators ?? []);
    this.#rulesets = options.rulesets;
    this.#resourceRef = options.resourceRef;
  }

  /**
   * The first line of every public service method that is about one thing.
   *
   * @remarks
   * Where a change is about one model, `model` (its ref) stands beside `owner`: a token that is bound to a model
   * may change that one only. `facts` are what a conditional policy is asked about; `owner` and `model` belong to
   * them by themselves. A conditional policy refuses where no fact is given: nothing is allowed by accident.
   *
   * @throws NotAllowedError when the policy denies, when `owner` is given for a change and is not the caller's,
   *   or when the caller is a token or a job that does not reach this far
   */
  async require(
    request: Asker & {
      permission: Permission;
      owner?: string;
      model?: string;
      facts?: Facts;
    },
  ): Promise<void> {
    const { permission, owner, model } = request;
    const caller = callerIn(request);
    const facts =
      owner || model || request.facts
        ? { ...request.facts, ...(owner && { owner }), ...(model && { model }) }
        : undefined;
    const criteria = await this.#criteria(caller, permission);
    if (criteria && !(facts && meets(facts, criteria))) {
      throw new NotAllowedError(
        facts
          ? `${caller.actor} lacks the permission ${permission.name} for this: the policy allows it for other things only`
          : `${caller.actor} lacks the permission ${permission.name} in general: the policy allows it for some things only`,
      );
    }
    if (caller.kind === 'token') {
      const refusal = refusalOfToken(caller.token, {
        permission,
        owner,
        model,
      });
      if (refusal) throw new NotAllowedError(refusal);
      return;
    }
    if (caller.kind === 'job') {
      const refusal = refusalOfJob(caller.job, { permission, owner, model });
      if (refusal) throw new NotAllowedError(refusal);
      return;
    }
    if (!owner || permission.attributes.action === 'read') return;
    if (caller.kind === 'service') return;
    const groups = await this.groupsOf(caller);
    if (groups.includes(owner)) return;
    if (groups.some(group => this.#administrators.has(group))) return;
    throw new NotAllowedError(
      `This belongs to ${owner}, and ${
        caller.actor
      } is not one of its owners (${groups.join(', ') || 'no groups'})`,
    );
  }

  /**
   * Refuses callers who may do this to nothing at all. The first line where the thing has to be loaded before
   * {@link Authorizer.require} can be asked about it.
   *
   * @throws NotAllowedError
   */
  async requireAny(request: Asker & { permission: Permission }): Promise<void> {
    const { permission } = request;
    const caller = callerIn(request);
    await this.#criteria(caller, permission);
    // Which model it is about is not known yet; the one that a token or a job is bound to may be meant.
    const refusal =
      (caller.kind === 'token' &&
        refusalOfToken(caller.token, {
          permission,
          model: caller.token.model,
        })) ||
      (caller.kind === 'job' &&
        refusalOfJob(caller.job, {
          permission,
          model: caller.job.attributes.model,
        }));
    if (refusal) throw new NotAllowedError(refusal);
  }

  /**
   * Whether the policy allows this for one thing: for reads, where "no" is answered as if the thing did not exist.
   *
   * @throws NotAllowedError for callers who may do this to nothing at all
   */
  async allows(
    request: Asker & { permission: Permission; facts: Facts },
  ): Promise<boolean> {
    const criteria = await this.filter(request);
    return !criteria || meets(request.facts, criteria);
  }

  /**
   * What a list is narrowed to, for `whereFacts`; `undefined` where the caller may see everything.
   *
   * @throws NotAllowedError for callers who may do this to nothing at all
   */
  async filter(
    request: Asker & { permission: Permission },
  ): Promise<FactCriteria | undefined> {
    const caller = callerIn(request);
    await this.requireAny({ caller, permission: request.permission });
    return this.#criteria(caller, request.permission);
  }

  /**
   * For what only a person in the portal may do: approving, breaking glass, making tokens.
   *
   * @throws NotAllowedError for tokens, for jobs, and for services
   */
  requirePerson(asker: Caller | BackstageCredentials, what: string): void {
    const caller = asCaller(asker);
    if (caller.kind === 'person') return;
    throw new NotAllowedError(
      caller.kind === 'token'
        ? `The token '${caller.token.tokenName}' of ${caller.actor} may not ${what}: no token may; sign in to the portal`
        : `${
            caller.kind === 'job' ? caller.job.subject : caller.actor
          } may not ${what}: that is for a person who is signed in`,
    );
  }

  /** Whether the caller is another plugin or a static token of the configuration. */
  isService(asker: Caller | BackstageCredentials): boolean {
    return asCaller(asker).kind === 'service';
  }

  /** Whether the caller is the owner or belongs to it; never true for administrators as such, nor for services. */
  async owns(
    asker: Caller | BackstageCredentials,
    owner: string,
  ): Promise<boolean> {
    return (await this.groupsOf(asker)).includes(owner);
  }

  /** Whether the caller is a person of `downstage.administrators`. */
  async isAdministrator(
    asker: Caller | BackstageCredentials,
  ): Promise<boolean> {
    const caller = asCaller(asker);
    if (caller.kind !== 'person') return false;
    const groups = await this.groupsOf(caller);
    return groups.some(group => this.#administrators.has(group));
  }

  /** The refs the caller owns things through: themselves and their groups, a token's or a job's as far as it reaches. Empty for services. */
  async groupsOf(asker: Caller | BackstageCredentials): Promise<string[]> {
    const caller = asCaller(asker);
    if (caller.kind === 'token') return caller.token.groups;
    if (caller.kind === 'job') return caller.job.groups ?? [caller.job.owner];
    if (caller.kind === 'service' || caller.actor === 'anonymous') return [];
    return (await this.#userInfo.getUserInfo(caller.credentials))
      .ownershipEntityRefs;
  }

  /** How the caller is written into rows and the audit trail; see {@link Caller}. */
  actor(asker: Caller | BackstageCredentials): string {
    return asCaller(asker).actor;
  }

  /** Who did it, for the audit trail: the actor, and the token or the job that was used. */
  who(asker: Caller | BackstageCredentials) {
    return whoOf(asCaller(asker));
  }

  /** `undefined` for "yes, to everything"; throws for "no, to nothing". */
  async #criteria(
    caller: Caller,
    permission: Permission,
  ): Promise<FactCriteria | undefined> {
    // The policy is about people. What a job may do stands in `refusalOfJob`.
    if (caller.kind === 'job') return undefined;
    if (
      caller.kind === 'token' &&
      caller.token.conditional?.includes(permission.name)
    ) {
      return { fact: 'owner', values: caller.token.groups };
    }
    const { credentials } = caller;
    const [decision] = isResourcePermission(permission)
      ? await this.#permissions.authorizeConditional([{ permission }], {
          credentials,
        })
      : await this.#permissions.authorize([{ permission }], { credentials });
    if (decision.result === AuthorizeResult.ALLOW) return undefined;
    if (
      decision.result === AuthorizeResult.CONDITIONAL &&
      this.#rulesets &&
      this.#resourceRef
    ) {
      const toCriteria = createConditionTransformer(
        this.#rulesets.getPermissionRuleset(this.#resourceRef),
      );
      return toCriteria(decision.conditions);
    }
    throw new NotAllowedError(
      `${caller.actor} lacks the permission ${permission.name}`,
    );
  }
}

/** The authorizer of a plugin, with the administrators of the configuration. */
export function createAuthorizer(deps: {
  permissions: PermissionsService;
  userInfo: UserInfoService;
  config: RootConfigService;
  /** Registers the domain's resource type and its permissions, so that policies can answer with conditions. */
  resource?: {
    permissionsRegistry: PermissionsRegistryService;
    definition: {
      resourceRef: PermissionResourceRef<Facts, FactQuery>;
      rules: Parameters<
        PermissionsRegistryService['addResourceType']
      >[0]['rules'];
    };
    permissions: readonly Permission[];
    /** The facts of things by what `authorize` calls their resource ref. */
    getResources?: (refs: string[]) => Promise<(Facts | undefined)[]>;
  };
}): Authorizer {
  const { resource } = deps;
  if (resource) {
    const { permissionsRegistry, definition, getResources } = resource;
    const { resourceRef } = definition;
    const [conditional, basic] = [true, false].map(wanted =>
      resource.permissions.filter(
        permission => isResourcePermission(permission) === wanted,
      ),
    );
    permissionsRegistry.addResourceType({
      resourceRef,
      permissions: conditional as ResourcePermission[],
      rules: definition.rules as never,
      ...(getResources && { getResources }),
    });
    if (basic.length) permissionsRegistry.addPermissions(basic);
  }
  return new Authorizer({
    permissions: deps.permissions,
    userInfo: deps.userInfo,
    administrators:
      deps.config.getOptionalStringArray('downstage.administrators') ?? [],
    ...(resource && {
      rulesets: resource.permissionsRegistry,
      resourceRef: resource.definition.resourceRef,
    }),
  });
}

function callerIn(request: Asker): Caller {
  return 'caller' in request ? request.caller : callerOf(request.credentials);
}

function asCaller(asker: Caller | BackstageCredentials): Caller {
  return 'kind' in asker ? asker : callerOf(asker);
}
