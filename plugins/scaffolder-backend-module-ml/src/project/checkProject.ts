import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  callerOf,
  type Authorizer,
  type RegisteredOwners,
} from '@downstage/node';
import { listed } from '@downstage/common';
import { readDeclarations } from './readDeclarations';
import { requireFreeName } from './requireFreeName';

export type ProjectChecks = {
  authorizer: Pick<Authorizer, 'groupsOf'>;
  catalog: CatalogService;
  registeredOwners: RegisteredOwners;
};

/**
 * Whether the written project may be published and registered by this caller.
 *
 * @throws NotAllowedError when the caller does not belong to the owner
 * @throws ConflictError when a name is taken, InputError for what a project may not declare
 */
export async function checkProject(
  checks: ProjectChecks,
  options: {
    credentials: BackstageCredentials;
    folder: string;
    owner: string;
    entityRef?: string;
    /** That of `entityRef` unless given. */
    namespace?: string;
    /** Where it may have been published already. */
    repository: string;
  },
): Promise<void> {
  const { authorizer } = checks;
  const { credentials, owner, entityRef, folder, repository, namespace } =
    options;
  const caller = callerOf(credentials);
  const { actor } = caller;
  const groups = actor.startsWith('service:')
    ? undefined
    : await authorizer.groupsOf(caller);
  // A file that names an owner grants nothing; that is why the requester must be one before it is written.
  if (groups && !groups.includes(owner)) {
    throw new NotAllowedError(
      `${actor} cannot make a project for ${owner}; allowed owners: ${
        listed(groups) || 'none, as the catalog knows no group of theirs'
      }`,
    );
  }
  const free = { ...checks, credentials, groups, repository };
  if (entityRef) await requireFreeName({ ...free, entityRef });
  const entities = await readDeclarations({
    folder,
    owner,
    entityRef,
    namespace,
  });
  for (const entity of entities) {
    await requireFreeName({ ...free, entityRef: stringifyEntityRef(entity) });
  }
}
