import {
  coreServices,
  createBackendModule,
} from '@backstage/backend-plugin-api';
import {
  AuthorizeResult,
  isPermission,
  isResourcePermission,
  type PolicyDecision,
} from '@backstage/plugin-permission-common';
import {
  catalogConditions,
  createCatalogConditionalDecision,
} from '@backstage/plugin-catalog-backend/alpha';
import { catalogEntityDeletePermission } from '@backstage/plugin-catalog-common/alpha';
import {
  createScaffolderTaskConditionalDecision,
  scaffolderTaskConditions,
} from '@backstage/plugin-scaffolder-backend/alpha';
import type {
  PermissionPolicy,
  PolicyQuery,
  PolicyQueryUser,
} from '@backstage/plugin-permission-node';
import { policyExtensionPoint } from '@backstage/plugin-permission-node/alpha';

/**
 * The policy of the example portal: everyone who is signed in reads, and may ask for anything; who owns a thing
 * may change it. The second half is held by the services themselves, from the catalog's owners
 * (see `Authorizer` in `@downstage/node`), so that it holds under any policy.
 *
 * A run of a template shows what somebody typed: people see and cancel their own, administrators all.
 */
export class PortalPolicy implements PermissionPolicy {
  readonly #administrators: ReadonlySet<string>;

  constructor(options: { administrators: string[] }) {
    this.#administrators = new Set(options.administrators);
  }

  async handle(
    request: PolicyQuery,
    user?: PolicyQueryUser,
  ): Promise<PolicyDecision> {
    if (!user) return { result: AuthorizeResult.DENY };
    if (isPermission(request.permission, catalogEntityDeletePermission)) {
      return createCatalogConditionalDecision(
        request.permission,
        catalogConditions.isEntityOwner({
          claims: user.info.ownershipEntityRefs,
        }),
      );
    }
    if (
      isResourcePermission(request.permission, 'scaffolder-task') &&
      !this.#isAdministrator(user)
    ) {
      return createScaffolderTaskConditionalDecision(
        request.permission,
        scaffolderTaskConditions.isTaskOwner({
          createdBy: [user.info.userEntityRef],
        }),
      );
    }
    return { result: AuthorizeResult.ALLOW };
  }

  #isAdministrator({ info }: PolicyQueryUser): boolean {
    return info.ownershipEntityRefs.some(ref => this.#administrators.has(ref));
  }
}

export const portalPermissions = createBackendModule({
  pluginId: 'permission',
  moduleId: 'portal-policy',
  register(registration) {
    registration.registerInit({
      deps: { config: coreServices.rootConfig, policy: policyExtensionPoint },
      async init({ config, policy }) {
        policy.setPolicy(
          new PortalPolicy({
            administrators:
              config.getOptionalStringArray('downstage.administrators') ?? [],
          }),
        );
      },
    });
  },
});
