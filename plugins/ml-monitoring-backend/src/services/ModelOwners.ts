import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
} from '@backstage/catalog-model';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { RegisteredOwners } from '@downstage/node';

/** Who owns a model: by the registry, and by the catalog what is not registered. */
export class ModelOwners {
  readonly #catalog: CatalogService;
  readonly #registered: RegisteredOwners;

  constructor(deps: {
    catalog: CatalogService;
    registeredOwners: RegisteredOwners;
  }) {
    this.#catalog = deps.catalog;
    this.#registered = deps.registeredOwners;
  }

  /**
   * The owner a change is checked against.
   *
   * @throws NotFoundError when the caller sees no such model, NotAllowedError when nobody owns it
   */
  async ownerOf(
    modelRef: string,
    options: { credentials: BackstageCredentials },
  ): Promise<string> {
    const entity = await this.#catalog.getEntityByRef(modelRef, options);
    if (!entity) {
      throw new NotFoundError(
        `The catalog has no ${modelRef}, or you may not see it`,
      );
    }
    const registered = await this.#registered.ownerOf(modelRef);
    if (registered) return registered;
    const related = entity.relations?.find(
      relation => relation.type === RELATION_OWNED_BY,
    )?.targetRef;
    if (related) return related;
    const declared = entity.spec?.owner;
    if (typeof declared !== 'string') {
      throw new NotAllowedError(
        `${modelRef} has no owner in the catalog, so nobody may change it; set spec.owner`,
      );
    }
    return stringifyEntityRef(
      parseEntityRef(declared, {
        defaultKind: 'group',
        defaultNamespace: entity.metadata.namespace ?? 'default',
      }),
    );
  }
}
