import { defineMlResource } from '@downstage/node';

/** What conditional policies may ask about data sets: owner, namespace, the data set itself and its classification. */
export const mlDatasetResource = defineMlResource({
  pluginId: 'ml-data',
  resourceType: 'ml-dataset',
});

/** Conditions for the permissions of `ml-data` in a permission policy. */
export const mlDatasetConditions = mlDatasetResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-data` for some data sets only. */
export const createMlDatasetConditionalDecision =
  mlDatasetResource.createConditionalDecision;
