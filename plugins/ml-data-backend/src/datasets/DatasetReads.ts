import {
  meets,
  type Authorizer,
  type Caller,
  type FactCriteria,
  type HiddenEntities,
} from '@downstage/node';
import type { DatasetEntity } from '@downstage/plugin-ml-catalog-common';
import { mlDataReadPermission } from '@downstage/plugin-ml-data-common';
import { factsOf } from './factsOf';
import { keyOf, notADataset, type DatasetCatalog } from './DatasetCatalog';

/**
 * Decides which data sets a caller sees: the permission policy, with its conditions, and the catalog. Who reads the
 * content of one is decided by `DataAccessService`.
 */
export class DatasetReads {
  readonly #authorizer: Authorizer;
  readonly #catalog: DatasetCatalog;
  readonly #hidden: Pick<HiddenEntities, 'mayHide' | 'visible'>;

  constructor(deps: {
    authorizer: Authorizer;
    catalog: DatasetCatalog;
    hidden: Pick<HiddenEntities, 'mayHide' | 'visible'>;
  }) {
    this.#authorizer = deps.authorizer;
    this.#catalog = deps.catalog;
    this.#hidden = deps.hidden;
  }

  /** @throws NotFoundError for a data set that the policy or the catalog hides, as for one that does not exist */
  async get(
    path: { namespace: string; name: string },
    caller: Caller,
  ): Promise<DatasetEntity> {
    const criteria = await this.#criteria(caller);
    const entity = await this.#catalog.get(path, caller.credentials);
    const allowed = !criteria || meets(factsOf(entity), criteria);
    if (allowed && (await this.#shown([entity], caller)).length) return entity;
    throw notADataset(path);
  }

  /** Those that the caller sees, by `dataset:namespace/name`; two questions however many there are. */
  async getAll(
    refs: string[],
    caller: Caller,
  ): Promise<Map<string, DatasetEntity>> {
    const criteria = await this.#criteria(caller);
    const found = await this.#catalog.getAll(refs, caller.credentials);
    const allowed = [...found.values()].filter(
      entity => !criteria || meets(factsOf(entity), criteria),
    );
    const shown = new Set(await this.#shown(allowed, caller));
    return new Map([...found].filter(([, entity]) => shown.has(entity)));
  }

  /** A page by name of those that the caller sees. */
  async page(
    request: { owner?: string; text?: string; limit: number; cursor?: string },
    caller: Caller,
  ): Promise<{ entities: DatasetEntity[]; nextCursor?: string }> {
    const criteria = await this.#criteria(caller);
    const hides =
      caller.kind !== 'person' && (await this.#hidden.mayHide(caller));
    return this.#catalog.page(
      {
        ...request,
        criteria,
        ...(hides && { shown: entities => this.#shown(entities, caller) }),
      },
      caller.credentials,
    );
  }

  /** The catalog leaves out by itself what a person may not see; to tokens and jobs it shows everything. */
  async #shown(
    entities: DatasetEntity[],
    caller: Caller,
  ): Promise<DatasetEntity[]> {
    if (caller.kind === 'person') return entities;
    return this.#hidden.visible(entities, keyOf, caller);
  }

  /** What the policy narrows reads to; refuses callers who may see no data set at all. */
  #criteria(caller: Caller): Promise<FactCriteria | undefined> {
    return this.#authorizer.filter({
      caller,
      permission: mlDataReadPermission,
    });
  }
}
