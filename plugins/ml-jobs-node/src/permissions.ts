import { defineMlResource } from '@downstage/node';

/** What conditional policies may ask about jobs: owner, namespace and model; of a job without a model the owner alone. */
export const mlJobResource = defineMlResource({
  pluginId: 'ml-jobs',
  resourceType: 'ml-job',
});

/** Conditions for the permissions of `ml-jobs` in a permission policy. */
export const mlJobConditions = mlJobResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-jobs` for some jobs only. */
export const createMlJobConditionalDecision =
  mlJobResource.createConditionalDecision;
