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
import type { DatasetOwnerStore } from '../stores/DatasetOwnerStore';

/** On a data set whose file does not count: the owner that the catalog names. */
const ANNOTATION_CATALOG_OWNER = 'downstage.dev/catalog-owner';

/**
 * The datasets as the caller may see them: everything is asked with the caller's credentials.
 *
 * @remarks
 * The owner at the first version is the truth until they hand the data set over. A file of another owner takes nothing:
 * what this class gives has the owner that counts, and is restricted while the two differ, because a file that does not
 * count must not open data either.
 */
export class DatasetCatalog {
  readonly #catalog: CatalogService;
  readonly #owners: DatasetOwnerStore;

  constructor(deps: { catalog: CatalogService; owners: DatasetOwnerStore }) {
    this.#catalog = deps.catalog;
    this.#owners = deps.owners;
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
      entities: await this.#settle(items.filter(isDatasetEntity)),
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
    const [settled] = await this.#settle([entity]);
    return settled;
  }

  /** Whether there is such an entity that the caller may see. */
  async knows(
    ref: string,
    credentials: BackstageCredentials,
  ): Promise<boolean> {
    const entity = await this.#catalog.getEntityByRef(ref, { credentials });
    return entity !== undefined;
  }

  async #settle(entities: DatasetEntity[]): Promise<DatasetEntity[]> {
    const kept = await this.#owners.get(entities.map(keyOf));
    return entities.map(entity => {
      const owner = kept.get(keyOf(entity));
      const declared = ownerOf(entity);
      if (!owner || owner === declared) return entity;
      return {
        ...entity,
        metadata: {
          ...entity.metadata,
          annotations: {
            ...entity.metadata.annotations,
            [ANNOTATION_CATALOG_OWNER]: declared ?? 'nobody',
          },
        },
        relations: [
          { type: RELATION_OWNED_BY, targetRef: owner },
          ...(entity.relations ?? []).filter(
            ({ type }) => type !== RELATION_OWNED_BY,
          ),
        ],
        spec: { ...entity.spec, owner, classification: 'restricted' },
      };
    });
  }
}

/** `dataset:default/breast-masses`, lower case: what versions are stored under. */
export function keyOf(entity: Entity): string {
  return stringifyEntityRef(entity).toLowerCase();
}

/** The owner that the catalog names, where another one counts. */
export function catalogOwnerOf(entity: DatasetEntity): string | undefined {
  return entity.metadata.annotations?.[ANNOTATION_CATALOG_OWNER];
}

/** Who owns a dataset that {@link DatasetCatalog} gave. */
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
