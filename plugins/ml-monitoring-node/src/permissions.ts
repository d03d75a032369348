import { defineMlResource } from '@downstage/node';

/** What conditional policies may ask about monitors: owner, namespace and model. */
export const mlMonitorResource = defineMlResource({
  pluginId: 'ml-monitoring',
  resourceType: 'ml-monitor',
});

/** Conditions for the permissions of `ml-monitoring` in a permission policy. */
export const mlMonitorConditions = mlMonitorResource.conditions;

/** The answer of a permission policy that allows a permission of `ml-monitoring` for some monitors only. */
export const createMlMonitorConditionalDecision =
  mlMonitorResource.createConditionalDecision;
