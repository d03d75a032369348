import { defineMlResource } from '@downstage/node';

/** What conditional policies may ask about access tokens: the owner. */
export const mlTokenResource = defineMlResource({
  pluginId: 'ml-tokens',
  resourceType: 'ml-token',
});

/** Conditions for the permissions of `ml-tokens` in a permission policy. */
export const mlTokenConditions = mlTokenResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-tokens` for some tokens only. */
export const createMlTokenConditionalDecision =
  mlTokenResource.createConditionalDecision;
