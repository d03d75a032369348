import type { ContractClient } from '@downstage/common';
import type { MlMonitoringContract } from '@downstage/plugin-ml-monitoring-common';
import { createApiRef } from '@backstage/frontend-plugin-api';

/** Monitoring as pages see it: the contract, in the name of the signed-in user. */
export type MlMonitoringApi = ContractClient<MlMonitoringContract>;

export const mlMonitoringApiRef = createApiRef<MlMonitoringApi>().with({
  id: 'plugin.ml-monitoring.client',
  pluginId: 'ml-monitoring',
});
