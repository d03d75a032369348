import { defineMlResource } from '@downstage/node';

/**
 * What conditional policies may ask about models, and about what belongs to them: versions, promotions, webhooks.
 *
 * @remarks
 * An experiment, a run, a logged model and a trace have an owner and no other fact. So only `isOwner` meets them.
 */
export const mlModelResource = defineMlResource({
  pluginId: 'ml-registry',
  resourceType: 'ml-model',
});

/** Conditions for the permissions of `ml-registry` in a permission policy. */
export const mlModelConditions = mlModelResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-registry` for some things only. */
export const createMlModelConditionalDecision =
  mlModelResource.createConditionalDecision;
