import type { AuditorService } from '@backstage/backend-plugin-api';
import {
  ConflictError,
  NotAllowedError,
  NotFoundError,
} from '@backstage/errors';
import type { Clock } from '@downstage/common';
import { audited, ownerOf, type Authorizer, type Call } from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import { mlDataWritePermission } from '@downstage/plugin-ml-data-common';
import type { DatasetOwnerStore } from './DatasetOwnerStore';
import { factsOf } from './factsOf';
import { keyOf, type DatasetCatalog } from './DatasetCatalog';
import type { DatasetReads } from './DatasetReads';

type Path = { namespace: string; name: string };

/** Keeps the owner at the first version of a data set, and hands it over; {@link DatasetCatalog} goes by it. */
export class DatasetOwners {
  readonly #deps: {
    auditor: AuditorService;
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    reads: DatasetReads;
    clock: Clock;
    store: DatasetOwnerStore;
  };

  constructor(deps: {
    auditor: AuditorService;
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    reads: DatasetReads;
    clock: Clock;
    store: DatasetOwnerStore;
  }) {
    this.#deps = deps;
  }

  /** Keeps the owner who has just been let register a version. */
  async remember(entity: DatasetEntity, call: Call): Promise<void> {
    const { store, clock } = this.#deps;
    const owner = ownerOf(entity);
    if (!owner) return;
    await store.remember({
      ref: keyOf(entity),
      owner,
      by: call.caller.actor,
      at: clock().toISOString(),
    });
  }

  /**
   * Hands a data set over to another group or user of the catalog.
   *
   * @throws NotAllowedError for all but its owners and administrators, who are signed in
   * @throws ConflictError when it has no versions, and so no owner but the catalog's
   */
  async handOver(
    request: Path & { owner: string },
    call: Call,
  ): Promise<{ owner: string }> {
    const { auditor, authorizer, catalog, clock, reads, store } = this.#deps;
    const { caller } = call;
    const { owner, ...path } = request;
    return audited(
      auditor,
      {
        eventId: 'dataset-hand-over',
        severityLevel: 'medium',
        caller,
        meta: { dataset: `dataset:${path.namespace}/${path.name}`, owner },
      },
      async () => {
        const permission = mlDataWritePermission;
        await authorizer.requireAny({ caller, permission });
        const entity = await reads.get(path, caller);
        const ref = keyOf(entity);
        const present = (await store.get([ref])).get(ref);
        if (!present) {
          throw new ConflictError(
            `${ref} has no versions, so the catalog says who owns it; change spec.owner`,
          );
        }
        const mayHandOver =
          (await authorizer.owns(caller, present)) ||
          (await authorizer.isAdministrator(caller));
        if (!mayHandOver) {
          throw new NotAllowedError(
            `${ref} belongs to ${present}; only its owners or an administrator can hand it over`,
          );
        }
        await authorizer.require({
          caller,
          permission,
          facts: factsOf(entity),
        });
        authorizer.requirePerson(caller, `hand ${ref} over`);
        if (!(await catalog.knows(owner, caller.credentials))) {
          throw new NotFoundError(
            `The catalog has no ${owner}; a data set is handed over to a group or user of the catalog`,
          );
        }
        const at = clock().toISOString();
        const change = { ref, owner, by: caller.actor, at };
        if (!(await store.change(change, present))) {
          throw new ConflictError(
            `${ref} was handed over by somebody else at this moment; look again`,
          );
        }
        return { owner };
      },
    );
  }
}
