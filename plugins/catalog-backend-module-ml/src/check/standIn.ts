import type { Entity } from '@backstage/catalog-model';
import {
  datasetSpecSchema,
  featureSpecSchema,
  modelSpecSchema,
  UNOWNED_GROUP_REF,
} from '@downstage/plugin-ml-catalog-common';
import type { z } from 'zod';

const specSchemas = new Map<string, z.ZodType>([
  ['Model', modelSpecSchema],
  ['Dataset', datasetSpecSchema],
  ['Feature', featureSpecSchema],
]);

/** What is wrong with the spec, one sentence for each field; empty when nothing is. */
export function findMistakes(entity: Entity): string[] {
  const parsed = specSchemas.get(entity.kind)?.safeParse(entity.spec ?? {});
  if (!parsed || parsed.success) return [];
  return parsed.error.issues.map(
    issue => `${['spec', ...issue.path].join('.')}: ${issue.message}`,
  );
}

/**
 * The entity with a spec the catalog accepts, for a file that was wrong from the start.
 *
 * It belongs to nobody on purpose: a file that cannot be read grants no rights. Nobody can pass a gate that could not
 * be read.
 */
export function standInFor(entity: Entity): Entity {
  return { ...entity, spec: standInSpec(entity.kind) };
}

function standInSpec(kind: string): Entity['spec'] {
  const spec = { lifecycle: 'invalid', owner: UNOWNED_GROUP_REF };
  if (kind === 'Model') return { ...spec, type: 'invalid', risk: 'high' };
  if (kind === 'Dataset') return { ...spec, type: 'table' };
  const features = [{ name: 'invalid', type: 'invalid' }];
  return { ...spec, type: 'batch', features };
}
