import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { Authorizer, Call } from '@downstage/node';
import {
  mlDataReadPermission,
  type Dataset,
} from '@downstage/plugin-ml-data-common';
import type { DatasetVersionStore } from '../stores/DatasetVersionStore';
import {
  catalogOwnerOf,
  keyOf,
  ownerOf,
  type DatasetCatalog,
} from './DatasetCatalog';

/** The datasets of the catalog with what ml-data knows of them. */
export class DatasetService {
  readonly #authorizer: Authorizer;
  readonly #catalog: DatasetCatalog;
  readonly #store: DatasetVersionStore;

  constructor(deps: {
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    store: DatasetVersionStore;
  }) {
    this.#authorizer = deps.authorizer;
    this.#catalog = deps.catalog;
    this.#store = deps.store;
  }

  /** By name, a page at a time; the catalog is asked for that page alone. */
  async list(
    request: { owner?: string; text?: string; limit: number; cursor?: string },
    { caller }: Call,
  ): Promise<{ items: Dataset[]; nextCursor?: string }> {
    await this.#authorizer.require({
      caller,
      permission: mlDataReadPermission,
    });
    const { entities, nextCursor } = await this.#catalog.page(
      request,
      caller.credentials,
    );
    const latest = await this.#store.latestOf(entities.map(keyOf));
    const items = entities.map(entity => {
      const { namespace = DEFAULT_NAMESPACE, name } = entity.metadata;
      const { title, description } = entity.metadata;
      const { type, classification, freshness } = entity.spec;
      return {
        ref: keyOf(entity),
        namespace,
        name,
        title,
        description,
        owner: ownerOf(entity),
        catalogOwner: catalogOwnerOf(entity),
        type,
        classification,
        maxAge: freshness?.maxAge,
        latest: latest.get(keyOf(entity)),
      };
    });
    return { items, ...(nextCursor && { nextCursor }) };
  }
}
