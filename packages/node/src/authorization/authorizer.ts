import type {
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
import { listed, TokenScopes, type PluginTokenScopes } from '@downstage/common';
import type { Caller, JobCaller } from '../caller/caller';
import { meets, type FactCriteria, type FactQuery, type Facts } from './facts';
import type { JobIdentity } from '../caller/jobSubject';
import { keptRead, type KeptConditions } from '../caller/keptRights';
import { refusalOfJob } from './refusalOfJob';
import { refusalOfToken } from './refusalOfToken';

/** The part of the permissions registry that turns conditions into criteria. */
type Rulesets = Pick<PermissionsRegistryService, 'getPermissionRuleset'>;

/**
 * Answers "may this caller do this": the permission policy first, then ownership.
 *
 * @remarks
 * Ownership is the caller's own: a user, and the groups the catalog says they belong to. Members of
 * `downstage.administrators` may change what others own. They never count as owners where somebody of the owning group
 * has to approve. Tokens and jobs are held to their scopes, their binding and the ownership of whom they act for. They
 * are never administrators. Services (other plugins, restricted external tokens) are judged by the permission framework
 * alone.
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
  /** What the scopes of tokens allow, by the plugins that are installed. */
  readonly tokenScopes: TokenScopes;

  constructor(options: {
    permissions: PermissionsService;
    userInfo: UserInfoService;
    administrators?: string[];
    /** What tokens and jobs may do; without it, nothing. */
    tokenScopes?: TokenScopes;
    /** What a conditional decision is read with; without it, such a decision refuses. */
    rulesets?: Rulesets;
    resourceRef?: PermissionResourceRef<Facts, FactQuery>;
  }) {
    this.#permissions = options.permissions;
    this.#userInfo = options.userInfo;
    this.#administrators = new Set(options.administrators ?? []);
    this.#rulesets = options.rulesets;
    this.#resourceRef = options.resourceRef;
    this.tokenScopes = options.tokenScopes ?? new TokenScopes();
  }

  /**
   * The first line of every public service method that is about one thing.
   *
   * @remarks
   * Where a change is about one model, `model` (its ref) stands beside `owner`: a token that is bound to a model
   * may change that one only. `facts` are what a conditional policy is asked about; `owner` and `model` belong to
   * them by themselves. A conditional policy refuses where no fact is given: nothing is allowed by accident.
   *
   * @throws NotAllowedError when the policy denies, or when `owner` is given for a change and is not the caller's
   * @throws NotAllowedError when the caller is a token or a job that does not reach this far
   */
  async require(request: {
    caller: Caller;
    permission: Permission;
    owner?: string;
    model?: string;
    facts?: Facts;
  }): Promise<void> {
    const { caller, permission, owner, model } = request;
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
    await this.requireOwner({ caller, permission, owner, model });
  }

  /**
   * The half of {@link Authorizer.require} that is about ownership, and the reach of tokens and jobs. For where not all
   * facts are known yet, after {@link Authorizer.requireAny}; the policy has to be asked about the thing later.
   *
   * @throws NotAllowedError
   */
  async requireOwner(request: {
    caller: Caller;
    permission: Permission;
    owner?: string;
    model?: string;
  }): Promise<void> {
    const { caller, permission, owner } = request;
    this.#requireReach(request);
    if (!owner || permission.attributes.action === 'read') return;
    if (caller.kind !== 'person') return;
    const groups = await this.groupsOf(caller);
    if (groups.includes(owner)) return;
    if (groups.some(group => this.#administrators.has(group))) return;
    throw new NotAllowedError(
      `This belongs to ${owner}, and ${
        caller.actor
      } is not one of its owners (${listed(groups) || 'no groups'})`,
    );
  }

  /**
   * Refuses callers who may do this to nothing at all. The first line where the thing has to be loaded before
   * {@link Authorizer.require} can be asked about it.
   *
   * @throws NotAllowedError
   */
  async requireAny(request: {
    caller: Caller;
    permission: Permission;
  }): Promise<void> {
    await this.filter(request);
  }

  /**
   * Whether the policy allows this for one thing: for reads, where "no" is answered as if the thing did not exist.
   *
   * @throws NotAllowedError for callers who may do this to nothing at all
   */
  async allows(request: {
    caller: Caller;
    permission: Permission;
    facts: Facts;
  }): Promise<boolean> {
    const criteria = await this.filter(request);
    return !criteria || meets(request.facts, criteria);
  }

  /**
   * What a list is narrowed to, for `whereFacts`; `undefined` where the caller may see everything.
   *
   * @throws NotAllowedError for callers who may do this to nothing at all
   */
  async filter(request: {
    caller: Caller;
    permission: Permission;
  }): Promise<FactCriteria | undefined> {
    const { caller, permission } = request;
    const criteria = await this.#criteria(caller, permission);
    // Which model it is about is not known yet; the one that a token or a job is bound to may be meant.
    this.#requireReach({ caller, permission, model: boundModelOf(caller) });
    return criteria;
  }

  /**
   * For what only a person in the portal may do: approving, breaking glass, making tokens.
   *
   * @throws NotAllowedError for tokens, for jobs, and for services
   */
  requirePerson(caller: Caller, what: string): void {
    if (caller.kind === 'person') return;
    throw new NotAllowedError(
      caller.kind === 'token'
        ? `The token '${caller.token.tokenName}' of ${caller.actor} may not ${what}: no token may; sign in to the portal`
        : `${
            caller.kind === 'job' ? caller.job.subject : caller.actor
          } may not ${what}: that is for a person who is signed in`,
    );
  }

  /** Whether the caller is the owner or belongs to it; never true for administrators as such, nor for services. */
  async owns(caller: Caller, owner: string): Promise<boolean> {
    return (await this.groupsOf(caller)).includes(owner);
  }

  /** Whether the caller is a person of `downstage.administrators`. */
  async isAdministrator(caller: Caller): Promise<boolean> {
    if (caller.kind !== 'person') return false;
    const groups = await this.groupsOf(caller);
    return groups.some(group => this.#administrators.has(group));
  }

  /** The refs the caller owns things through: themselves and their groups, a token's or a job's as far as it reaches. Empty for services. */
  async groupsOf(caller: Caller): Promise<string[]> {
    if (caller.kind === 'token') return caller.token.groups;
    if (caller.kind === 'job') return caller.job.groups ?? [caller.job.owner];
    if (caller.kind === 'service' || caller.actor === 'anonymous') return [];
    return (await this.#userInfo.getUserInfo(caller.credentials))
      .ownershipEntityRefs;
  }

  /**
   * Tokens and jobs reach only so far, whatever the policy says.
   *
   * @throws NotAllowedError
   */
  #requireReach(request: {
    caller: Caller;
    permission: Permission;
    owner?: string;
    model?: string;
  }): void {
    const { caller, permission, owner, model } = request;
    const asked = { permission, owner, model };
    const refusal =
      (caller.kind === 'token' &&
        refusalOfToken(caller.token, this.tokenScopes, asked)) ||
      (caller.kind === 'job' &&
        refusalOfJob(caller.job, this.tokenScopes, asked));
    if (refusal) throw new NotAllowedError(refusal);
  }

  /** `undefined` for "yes, to everything"; throws for "no, to nothing". */
  async #criteria(
    caller: Caller,
    permission: Permission,
  ): Promise<FactCriteria | undefined> {
    // The policy is about people. `refusalOfJob` says what a job may do, and its rights to read are kept with it.
    if (caller.kind === 'job') return this.#criteriaOfJob(caller, permission);
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
    const criteria =
      decision.result === AuthorizeResult.CONDITIONAL &&
      this.#toCriteria(decision.conditions);
    if (criteria) return criteria;
    throw new NotAllowedError(
      `${caller.actor} lacks the permission ${permission.name}`,
    );
  }

  /** A job reads its own model, and for the rest what its submitter could read. */
  #criteriaOfJob(
    caller: JobCaller,
    permission: Permission,
  ): FactCriteria | undefined {
    const kept = keptRead(caller, permission);
    if (kept === undefined) return undefined;
    const { model } = caller.job.attributes;
    const own: FactCriteria = { fact: 'model', values: model ? [model] : [] };
    if (kept === 'none') return own;
    const others: FactCriteria | undefined =
      kept === 'own'
        ? { fact: 'owner', values: ownersOf(caller.job) }
        : this.#toCriteria(kept);
    return others ? { anyOf: [own, others] } : own;
  }

  /** `undefined` where nobody has said what the conditions mean. */
  #toCriteria(conditions: KeptConditions): FactCriteria | undefined {
    if (!this.#rulesets || !this.#resourceRef) return undefined;
    const ruleset = this.#rulesets.getPermissionRuleset(this.#resourceRef);
    return createConditionTransformer(ruleset)(conditions);
  }
}

/** The one model that a token or a job may change, where it is bound to one. */
function boundModelOf(caller: Caller): string | undefined {
  if (caller.kind === 'token') return caller.token.model;
  return caller.kind === 'job' ? caller.job.attributes.model : undefined;
}

/** What a job owns things through: its owner, and its submitter with their groups. */
function ownersOf({ owner, groups = [] }: JobIdentity): string[] {
  return [...new Set([owner, ...groups])];
}

/** The authorizer of a plugin, with the administrators of the configuration. */
export function createAuthorizer(deps: {
  permissions: PermissionsService;
  userInfo: UserInfoService;
  config: RootConfigService;
  /** Of `tokenScopesServiceRef`; without it, no token and no job may do anything. */
  tokenScopes?: TokenScopes;
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
    /** What tokens and jobs may do with these permissions. */
    scopes?: PluginTokenScopes;
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
    if (resource.scopes) deps.tokenScopes?.add(resource.scopes);
    if (basic.length) permissionsRegistry.addPermissions(basic);
  }
  return new Authorizer({
    permissions: deps.permissions,
    userInfo: deps.userInfo,
    tokenScopes: deps.tokenScopes,
    administrators:
      deps.config.getOptionalStringArray('downstage.administrators') ?? [],
    ...(resource && {
      rulesets: resource.permissionsRegistry,
      resourceRef: resource.definition.resourceRef,
    }),
  });
}
