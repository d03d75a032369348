import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { stringifyEntityRef } from '@backstage/catalog-model';
import { NotAllowedError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { Authorizer, RegisteredOwners } from '@downstage/node';
import { readDeclarations } from './readDeclarations';
import { requireFreeName } from './requireFreeName';

export type ProjectChecks = {
  authorizer: Pick<Authorizer, 'actor' | 'groupsOf'>;
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
    /** Where it may have been published already. */
    repository: string;
  },
): Promise<void> {
  const { authorizer } = checks;
  const { credentials, owner, entityRef, folder, repository } = options;
  const actor = authorizer.actor(credentials);
  const groups = actor.startsWith('service:')
    ? undefined
    : await authorizer.groupsOf(credentials);
  // A file that names an owner grants nothing; that is why the requester must be one before it is written.
  if (groups && !groups.includes(owner)) {
    throw new NotAllowedError(
      `${actor} cannot make a project for ${owner}; allowed owners: ${
        groups.join(', ') || 'none, as the catalog knows no group of theirs'
      }`,
    );
  }
  const free = { ...checks, credentials, groups, repository };
  if (entityRef) await requireFreeName({ ...free, entityRef });
  const entities = await readDeclarations({ folder, owner, entityRef });
  for (const entity of entities) {
    await requireFreeName({ ...free, entityRef: stringifyEntityRef(entity) });
  }
}
