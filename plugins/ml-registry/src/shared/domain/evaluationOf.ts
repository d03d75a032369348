import type { Entity } from '@backstage/catalog-model';
import {
  isModelEntity,
  type ModelEvaluation,
} from '@downstage/plugin-ml-catalog-common';

/** How the Model says it is measured, if it says. */
export function evaluationOf(entity: Entity): ModelEvaluation | undefined {
  return isModelEntity(entity) ? entity.spec.evaluation : undefined;
}
