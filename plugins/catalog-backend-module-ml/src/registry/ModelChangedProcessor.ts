import { stringifyEntityRef, type Entity } from '@backstage/catalog-model';
import type {
  CatalogProcessor,
  CatalogProcessorCache,
} from '@backstage/plugin-catalog-node';

/**
 * Tells when a Model entity is new or was changed, so that copies of it are brought up to date.
 *
 * @remarks
 * The last message is kept in the catalog's cache of the entity. It goes out a little later: the catalog
 * publishes an entity only after it was processed. It may be lost; receivers compare their copies now and then.
 */
export class ModelChangedProcessor implements CatalogProcessor {
  readonly #tell: (modelRef: string) => void;

  constructor(options: { tell: (modelRef: string) => void }) {
    this.#tell = options.tell;
  }

  getProcessorName() {
    return 'downstage-model-changed';
  }

  async postProcessEntity(
    entity: Entity,
    _location: unknown,
    _emit: unknown,
    cache: CatalogProcessorCache,
  ): Promise<Entity> {
    if (entity.kind !== 'Model') return entity;
    const { title, description, annotations } = entity.metadata;
    const now = JSON.stringify([title, description, annotations, entity.spec]);
    if ((await cache.get<string>('told')) !== now) {
      await cache.set('told', now);
      this.#tell(stringifyEntityRef(entity));
    }
    return entity;
  }
}
