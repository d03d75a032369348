import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import {
  RELATION_OWNED_BY,
  stringifyEntityRef,
  type Entity,
} from '@backstage/catalog-model';
import { InputError, NotFoundError } from '@backstage/errors';
import type { CatalogService } from '@backstage/plugin-catalog-node';
import {
  catalogRef,
  entitiesByRef,
  meets,
  ownerOf,
  type FactCriteria,
} from '@downstage/node';
import {
  isDatasetEntity,
  type DatasetEntity,
} from '@downstage/plugin-ml-catalog-common';
import { catalogBound, ownersIn } from './catalogBound';
import { factsOf } from './factsOf';
import type { DatasetOwnerStore } from './DatasetOwnerStore';

/** On a data set whose file does not count: the owner that the catalog names. */
const ANNOTATION_CATALOG_OWNER = 'downstage.dev/catalog-owner';

const mostRounds = 20;
/** How many data sets the catalog is asked for by name. */
const mostNamed = 500;

/**
 * The datasets as the caller may see them: everything is asked with the caller's credentials.
 *
 * @remarks
 * The owner at the first version is the truth until they hand the data set over. A file of another owner takes nothing.
 * This class gives the owner that counts. The data set is restricted while the two differ: a file that does not count
 * must not open data either.
 */
export class DatasetCatalog {
  readonly #catalog: CatalogService;
  readonly #owners: DatasetOwnerStore;

  constructor(deps: { catalog: CatalogService; owners: DatasetOwnerStore }) {
    this.#catalog = deps.catalog;
    this.#owners = deps.owners;
  }

  /**
   * A page by name of what meets the criteria. The cursor is the catalog's.
   *
   * @remarks
   * The catalog is asked on until the page is full, at most twenty times: a page may be short although another follows.
   */
  async page(
    request: {
      owner?: string;
      text?: string;
      limit: number;
      cursor?: string;
      criteria?: FactCriteria;
      /** Leaves out what the caller may not see, where the catalog does not. */
      shown?: (entities: DatasetEntity[]) => Promise<DatasetEntity[]>;
    },
    credentials: BackstageCredentials,
  ): Promise<{ entities: DatasetEntity[]; nextCursor?: string }> {
    const { owner, text, limit, criteria, shown } = request;
    const bound = criteria && (await this.#boundOf(criteria));
    if (bound?.length === 0) return { entities: [] };
    const filter = (bound ?? [{}]).map(alternative => ({
      kind: 'Dataset',
      ...alternative,
      ...(owner && { 'relations.ownedBy': owner }),
    }));
    const entities: DatasetEntity[] = [];
    let { cursor } = request;
    for (let round = 0; round < mostRounds; round++) {
      const missing = limit - entities.length;
      const { items, pageInfo } = await this.#catalog.queryEntities(
        cursor
          ? { cursor, limit: missing }
          : {
              filter,
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
              limit: missing,
            },
        { credentials },
      );
      const settled = await this.#settle(items.filter(isDatasetEntity));
      const met = settled.filter(
        entity => !criteria || meets(factsOf(entity), criteria),
      );
      entities.push(...(shown ? await shown(met) : met));
      cursor = pageInfo.nextCursor;
      const whole = !criteria && !shown;
      if (!cursor || whole || entities.length === limit) break;
    }
    return { entities, nextCursor: cursor };
  }

  async #boundOf(criteria: FactCriteria) {
    const owners = ownersIn(criteria);
    const kept = owners.length
      ? await this.#owners.keptBy(owners, mostNamed + 1)
      : [];
    return catalogBound(criteria, asked =>
      kept.length > mostNamed
        ? undefined
        : kept
            .filter(({ owner }) => asked.includes(owner))
            .map(({ ref }) => ref),
    );
  }

  async get(
    path: { namespace: string; name: string },
    credentials: BackstageCredentials,
  ): Promise<DatasetEntity> {
    const ref = `dataset:${path.namespace}/${path.name}`.toLowerCase();
    const entity = await this.#catalog.getEntityByRef(ref, { credentials });
    if (!entity) throw notADataset(path);
    if (!isDatasetEntity(entity)) {
      throw new InputError(
        `${ref} is not a Dataset of downstage.dev, but of ${entity.apiVersion}`,
      );
    }
    const [settled] = await this.#settle([entity]);
    return settled;
  }

  /** Those that the caller may see, by `dataset:namespace/name`; two questions however many there are. */
  async getAll(
    refs: string[],
    credentials: BackstageCredentials,
  ): Promise<Map<string, DatasetEntity>> {
    const found = await entitiesByRef(this.#catalog, { refs }, { credentials });
    const settled = await this.#settle(
      [...found.values()].filter(isDatasetEntity),
    );
    return new Map(settled.map(entity => [keyOf(entity), entity]));
  }

  /** Whether there is such an entity that the caller may see. */
  async knows(
    ref: string,
    credentials: BackstageCredentials,
  ): Promise<boolean> {
    const entity = await this.#catalog.getEntityByRef(catalogRef(ref), {
      credentials,
    });
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

export function notADataset(path: { namespace: string; name: string }) {
  const ref = `dataset:${path.namespace}/${path.name}`.toLowerCase();
  return new NotFoundError(
    `No dataset ${ref} in the catalog that you may see; a dataset is declared by an entity of kind Dataset`,
  );
}
