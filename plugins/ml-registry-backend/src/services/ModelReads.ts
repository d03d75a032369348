import type { PermissionsService } from '@backstage/backend-plugin-api';
import { AuthorizeResult } from '@backstage/plugin-permission-common';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { Authorizer, Caller, FactCriteria } from '@downstage/node';
import { mlRegistryReadPermission } from '@downstage/plugin-ml-registry-common';
import { modelNamespace, modelRefOf } from '../domain/refs';
import type { ModelProfile, ModelProfiles } from './ModelProfiles';

/**
 * Decides which models a caller sees: the permission policy, with its conditions, and the catalog.
 *
 * @remarks
 * A model whose entity the catalog hides from a person is hidden here too, as if it did not exist. A model without an
 * entity is hidden by nobody but the policy.
 */
export class ModelReads {
  readonly #authorizer: Authorizer;
  readonly #permissions: PermissionsService;
  readonly #profiles: ModelProfiles;

  constructor(options: {
    authorizer: Authorizer;
    permissions: PermissionsService;
    profiles: ModelProfiles;
  }) {
    this.#authorizer = options.authorizer;
    this.#permissions = options.permissions;
    this.#profiles = options.profiles;
  }

  /**
   * What a list is narrowed to in SQL; `undefined` for everything.
   *
   * @throws NotAllowedError for callers who may read no model at all
   */
  filter(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#authorizer.filter({
      caller,
      permission: mlRegistryReadPermission,
    });
  }

  /** Refuses callers who may read no model at all: the first line where the model is not known yet. */
  requireAny(caller: Caller): Promise<void> {
    return this.#authorizer.requireAny({
      caller,
      permission: mlRegistryReadPermission,
    });
  }

  /** The profile of a model as the caller sees it; `undefined` where the policy or the catalog hides the model. */
  async profileOf(
    name: string,
    caller: Caller,
    fallbackOwner?: string,
  ): Promise<ModelProfile | undefined> {
    const profile = await this.#profiles.get(name, caller.credentials);
    if (
      caller.kind === 'person' &&
      !profile.hasEntity &&
      (await this.#profiles.get(name)).hasEntity
    ) {
      return undefined;
    }
    const allowed = await this.#authorizer.allows({
      caller,
      permission: mlRegistryReadPermission,
      facts: {
        owner: profile.owner ?? fallbackOwner,
        namespace: modelNamespace,
        model: modelRefOf(name),
        risk: profile.risk,
      },
    });
    return allowed ? profile : undefined;
  }

  /** Of models with an entity, those that the catalog hides from the caller. One question for all of them. */
  async hiddenAmong(names: string[], caller: Caller): Promise<Set<string>> {
    if (!names.length || !(await this.#catalogMayHide(caller))) {
      return new Set();
    }
    const seen = await this.#profiles.getAll(names, caller.credentials);
    const unseen = names.filter(name => !seen.get(name)?.hasEntity);
    const existing = await this.#profiles.getAll(unseen);
    return new Set(unseen.filter(name => existing.get(name)?.hasEntity));
  }

  /** Most policies let everybody see every entity; then the catalog need not be asked. */
  async #catalogMayHide(caller: Caller): Promise<boolean> {
    if (caller.kind !== 'person') return false;
    const [{ result }] = await this.#permissions.authorizeConditional(
      [{ permission: catalogEntityReadPermission }],
      { credentials: caller.credentials },
    );
    return result !== AuthorizeResult.ALLOW;
  }
}
