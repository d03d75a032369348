import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  parseEntityRef,
  RELATION_OWNED_BY,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { InputError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  isDatasetEntity,
  type DatasetEntity,
} from '@downstage/plugin-ml-catalog-common';

/** The datasets as the caller may see them: everything is asked with the caller's credentials. */
export class DatasetCatalog {
  readonly #catalog: CatalogService;

  constructor(catalog: CatalogService) {
    this.#catalog = catalog;
  }

  /** A page by name. The cursor is the catalog's. */
  async page(
    request: { owner?: string; text?: string; limit: number; cursor?: string },
    credentials: BackstageCredentials,
  ): Promise<{ entities: DatasetEntity[]; nextCursor?: string }> {
    const { owner, text, limit, cursor } = request;
    const { items, pageInfo } = await this.#catalog.queryEntities(
      cursor
        ? { cursor, limit }
        : {
            filter: {
              kind: 'Dataset',
              ...(owner && { 'relations.ownedBy': owner }),
            },
            orderFields: [
              { field: 'metadata.name', order: 'asc' },
              { field: 'metadata.namespace', order: 'asc' },
            ],
            ...(text && {
              fullTextFilter: {
                term: text,
                fields: ['metadata.name', 'metadata.title'],
              },
            }),
            limit,
          },
      { credentials },
    );
    return {
      entities: items.filter(isDatasetEntity),
      nextCursor: pageInfo.nextCursor,
    };
  }

  async get(
    path: { namespace: string; name: string },
    credentials: BackstageCredentials,
  ): Promise<DatasetEntity> {
    const ref = `dataset:${path.namespace}/${path.name}`.toLowerCase();
    const entity = await this.#catalog.getEntityByRef(ref, { credentials });
    if (!entity) {
      throw new NotFoundError(
        `No dataset ${ref} in the catalog that you may see; a dataset is declared by an entity of kind Dataset`,
      );
    }
    if (!isDatasetEntity(entity)) {
      throw new InputError(
        `${ref} is not a Dataset of downstage.dev, but of ${entity.apiVersion}`,
      );
    }
    return entity;
  }
}

/** `dataset:default/breast-masses`, lower case: what versions are stored under. */
export function keyOf(entity: Entity): string {
  return stringifyEntityRef(entity).toLowerCase();
}

/** Who owns it, as the catalog resolved it. */
export function ownerOf(entity: DatasetEntity): string | undefined {
  const related = entity.relations?.find(
    relation => relation.type === RELATION_OWNED_BY,
  )?.targetRef;
  if (related) return related;
  const { owner } = entity.spec;
  if (!owner) return undefined;
  return stringifyEntityRef(
    parseEntityRef(owner, {
      defaultKind: 'group',
      defaultNamespace: entity.metadata.namespace ?? 'default',
    }),
  );
}
