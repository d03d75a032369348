import { ENTITY_STATUS_CATALOG_PROCESSING_TYPE } from '@backstage/catalog-client';
import type { Entity } from '@backstage/catalog-model';
import type {
  AlphaEntity,
  EntityStatusItem,
} from '@backstage/catalog-model/alpha';
import type {
  CatalogProcessor,
  CatalogProcessorCache,
  CatalogProcessorEmit,
  LocationSpec,
} from '@backstage/plugin-catalog-node';
import {
  ANNOTATION_INVALID,
  ML_API_VERSION,
} from '@downstage/plugin-ml-catalog-common';
import { findMistakes, standInFor } from './standIn';

const lastGoodSpec = 'lastGoodSpec';

/**
 * Makes a wrong file visible.
 *
 * Left alone, the catalog keeps an entity that was wrong from the start to itself: it never appears, and only the log
 * of processing errors knows. Here it appears with the mistakes on its page. A file that was right before goes on with
 * its last good spec. So a typo takes no model from anybody. Its mistakes are shown all the same.
 */
export class WrongFileProcessor implements CatalogProcessor {
  getProcessorName() {
    return 'DownstageWrongFileProcessor';
  }

  async preProcessEntity(
    entity: Entity,
    location: LocationSpec,
    _emit: CatalogProcessorEmit,
    _originLocation: LocationSpec,
    cache: CatalogProcessorCache,
  ): Promise<Entity> {
    if (entity.apiVersion !== ML_API_VERSION) return entity;
    const mistakes = findMistakes(entity);
    if (mistakes.length === 0) {
      if (entity.spec) await cache.set(lastGoodSpec, entity.spec);
      return entity;
    }
    const spec = await cache.get<NonNullable<Entity['spec']>>(lastGoodSpec);
    // The cache holds what the processor wrote in the round before only.
    if (spec) await cache.set(lastGoodSpec, spec);
    const usable = spec ? { ...entity, spec } : standInFor(entity);
    return {
      ...usable,
      metadata: {
        ...entity.metadata,
        annotations: {
          ...entity.metadata.annotations,
          [ANNOTATION_INVALID]: describe(entity, location, mistakes, !!spec),
        },
      },
    };
  }

  async postProcessEntity(entity: Entity): Promise<Entity> {
    const message = entity.metadata.annotations?.[ANNOTATION_INVALID];
    if (entity.apiVersion !== ML_API_VERSION || !message) return entity;
    const mistake: EntityStatusItem = {
      type: ENTITY_STATUS_CATALOG_PROCESSING_TYPE,
      level: 'error',
      message: `InputError: ${message}`,
      error: { name: 'InputError', message },
    };
    const shown: AlphaEntity = { ...entity, status: { items: [mistake] } };
    return shown;
  }
}

function describe(
  entity: Entity,
  location: LocationSpec,
  mistakes: string[],
  hasGoodSpec: boolean,
) {
  const shown = hasGoodSpec
    ? 'What is shown is the last state that was right.'
    : 'Until it is right, nobody owns this entity.';
  return `The ${entity.kind} '${entity.metadata.name}' in ${
    location.target
  } is wrong: ${mistakes.join('; ')}. ${shown}`;
}
