import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { DEFAULT_NAMESPACE } from '@backstage/catalog-model';
import type { Authorizer } from '@downstage/node';
import {
  mlDataReadPermission,
  type Dataset,
} from '@downstage/plugin-ml-data-common';
import type { DatasetVersionStore } from '../stores/DatasetVersionStore';
import { keyOf, ownerOf, type DatasetCatalog } from './DatasetCatalog';

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

  async list(options: {
    credentials: BackstageCredentials;
  }): Promise<Dataset[]> {
    const { credentials } = options;
    await this.#authorizer.require({
      credentials,
      permission: mlDataReadPermission,
    });
    const entities = await this.#catalog.list(credentials);
    const latest = await this.#store.latestOfAll();
    return entities
      .map(entity => {
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
          type,
          classification,
          maxAge: freshness?.maxAge,
          latest: latest.get(keyOf(entity)),
        };
      })
      .sort((a, b) => (a.ref < b.ref ? -1 : 1));
  }
}
