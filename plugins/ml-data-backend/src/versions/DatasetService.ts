import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import { ownerOf, type Call } from '@downstage/node';
import type { Dataset } from '@downstage/plugin-ml-data-common';
import type { DatasetVersionStore } from './DatasetVersionStore';
import { catalogOwnerOf, keyOf } from '../datasets/DatasetCatalog';
import type { DatasetReads } from '../datasets/DatasetReads';

/** The datasets of the catalog with what ml-data knows of them. */
export class DatasetService {
  readonly #reads: DatasetReads;
  readonly #store: DatasetVersionStore;

  constructor(deps: { reads: DatasetReads; store: DatasetVersionStore }) {
    this.#reads = deps.reads;
    this.#store = deps.store;
  }

  /** By name, a page at a time. */
  async list(
    request: { owner?: string; text?: string; limit: number; cursor?: string },
    { caller }: Call,
  ): Promise<{ items: Dataset[]; nextCursor?: string }> {
    const { entities, nextCursor } = await this.#reads.page(request, caller);
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
