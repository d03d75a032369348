import { contractServiceRef, type ContractService } from '@downstage/node';
import {
  mlMonitoringContract,
  type MlMonitoringContract,
} from '@downstage/plugin-ml-monitoring-common';

/** The operations of `ml-monitoring`, called on behalf of the credentials that come with each request. */
export type MlMonitoringService = ContractService<MlMonitoringContract>;

/**
 * Reaches `ml-monitoring` from another backend plugin.
 *
 * @example
 * ```ts
 * const monitor = await monitoring.getMonitor({ params: { namespace: 'default', name: 'x' } }, { credentials });
 * ```
 */
export const mlMonitoringServiceRef = contractServiceRef({
  id: 'ml-monitoring',
  pluginId: 'ml-monitoring',
  contract: mlMonitoringContract,
});
