import type { AuthService } from '@backstage/backend-plugin-api';
import { catalogEntityReadPermission } from '@backstage/plugin-catalog-common/alpha';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import type { DocumentCollatorFactory } from '@backstage/plugin-search-common';
import { Readable } from 'node:stream';
import { toDocuments } from './toDocuments';

/**
 * Lets a search find a single column or feature. A person who may not see the dataset does not find its columns.
 *
 * It is a type of its own. The catalog's collator takes one transformer for the whole portal, and that one is the
 * company's.
 */
export class MlFieldCollatorFactory implements DocumentCollatorFactory {
  readonly type = 'ml-field';
  readonly visibilityPermission = catalogEntityReadPermission;
  readonly #auth: AuthService;
  readonly #catalog: CatalogService;

  constructor(options: { auth: AuthService; catalog: CatalogService }) {
    this.#auth = options.auth;
    this.#catalog = options.catalog;
  }

  async getCollator() {
    return Readable.from(this.#documents());
  }

  async *#documents() {
    const credentials = await this.#auth.getOwnServiceCredentials();
    const entities = this.#catalog.streamEntities(
      { filter: { kind: ['Dataset', 'Feature'] } },
      { credentials },
    );
    for await (const page of entities) {
      for (const entity of page) yield* toDocuments(entity);
    }
  }
}
