import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { NotAllowedError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import { catalogRef, ownerOf, type RegisteredOwners } from '@downstage/node';

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
    const entity = await this.#catalog.getEntityByRef(
      catalogRef(modelRef),
      options,
    );
    if (!entity) {
      throw new NotFoundError(
        `The catalog has no ${modelRef}, or you may not see it`,
      );
    }
    const registered = await this.#registered.ownerOf(modelRef);
    if (registered) return registered;
    const owner = ownerOf(entity);
    if (owner) return owner;
    throw new NotAllowedError(
      `${modelRef} has no owner in the catalog, so nobody may change it; set spec.owner`,
    );
  }
}
