import { type Entity, stringifyEntityRef } from '@backstage/catalog-model';
import { InputError } from '@backstage/errors';
import { z } from 'zod';
import { ML_API_VERSION } from './constants';
import { datasetSpecSchema, type DatasetSpec } from './dataset';
import { featureSpecSchema, type FeatureSpec } from './feature';
import { modelSpecSchema, type ModelSpec } from './model';

/** A trained model with an owner and a purpose. Its versions live in the registry. */
export type ModelEntity = Entity & {
  apiVersion: typeof ML_API_VERSION;
  kind: 'Model';
  spec: ModelSpec;
};

/** Data that people name and rely on. Its versions live in `ml-data`. */
export type DatasetEntity = Entity & {
  apiVersion: typeof ML_API_VERSION;
  kind: 'Dataset';
  spec: DatasetSpec;
};

/** A feature view: features that share an entity key, a source and a clock. */
export type FeatureEntity = Entity & {
  apiVersion: typeof ML_API_VERSION;
  kind: 'Feature';
  spec: FeatureSpec;
};

/** Asks for kind and `apiVersion` only: an entity in the catalog has passed its schema already. */
export function isModelEntity(entity: Entity): entity is ModelEntity {
  return entity.apiVersion === ML_API_VERSION && entity.kind === 'Model';
}

/** See {@link isModelEntity}. */
export function isDatasetEntity(entity: Entity): entity is DatasetEntity {
  return entity.apiVersion === ML_API_VERSION && entity.kind === 'Dataset';
}

/** See {@link isModelEntity}. */
export function isFeatureEntity(entity: Entity): entity is FeatureEntity {
  return entity.apiVersion === ML_API_VERSION && entity.kind === 'Feature';
}

/**
 * The spec of a Model, checked: for text that has not been through the catalog.
 *
 * @example
 * ```ts
 * const spec = parseModelSpec(entity);
 * spec.evaluation?.gates?.length;
 * ```
 *
 * @throws InputError that names the entity and every field that is wrong
 */
export function parseModelSpec(entity: Entity): ModelSpec {
  return parse('Model', modelSpecSchema, entity);
}

/** See {@link parseModelSpec}. */
export function parseDatasetSpec(entity: Entity): DatasetSpec {
  return parse('Dataset', datasetSpecSchema, entity);
}

/** See {@link parseModelSpec}. */
export function parseFeatureSpec(entity: Entity): FeatureSpec {
  return parse('Feature', featureSpecSchema, entity);
}

function parse<T>(kind: string, schema: z.ZodType<T>, entity: Entity): T {
  const ref = stringifyEntityRef(entity);
  if (entity.kind !== kind || entity.apiVersion !== ML_API_VERSION) {
    throw new InputError(
      `Expected a ${kind} of ${ML_API_VERSION}, found ${ref} of ${entity.apiVersion}`,
    );
  }
  const parsed = schema.safeParse(entity.spec);
  if (!parsed.success) {
    throw new InputError(
      `The spec of ${ref} is wrong: ${parsed.error.issues
        .map(issue => `${['spec', ...issue.path].join('.')}: ${issue.message}`)
        .join('; ')}`,
    );
  }
  return parsed.data;
}
