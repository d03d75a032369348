import { defineMlResource } from '@downstage/node';

/** What conditional policies may ask about endpoints: owner, namespace and model. */
export const mlEndpointResource = defineMlResource({
  pluginId: 'ml-serving',
  resourceType: 'ml-endpoint',
});

/** Conditions for the permissions of `ml-serving` in a permission policy. */
export const mlEndpointConditions = mlEndpointResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-serving` for some endpoints only. */
export const createMlEndpointConditionalDecision =
  mlEndpointResource.createConditionalDecision;
