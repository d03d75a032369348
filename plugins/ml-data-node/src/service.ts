import { contractServiceRef, type ContractService } from '@downstage/node';
import { mlDataContract } from '@downstage/plugin-ml-data-common';

/** ml-data as other backends see it: request first, credentials second. */
export type MlDataService = ContractService<typeof mlDataContract>;

/**
 * Calls ml-data on behalf of somebody.
 *
 * @example
 * ```ts
 * const version = await mlData.getDatasetVersion(
 *   { params: { namespace: 'default', name: 'breast-masses', version: 'latest' } },
 *   { credentials },
 * );
 * ```
 */
export const mlDataServiceRef = contractServiceRef({
  id: 'ml-data',
  pluginId: 'ml-data',
  contract: mlDataContract,
});
