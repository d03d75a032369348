import { createContractClient, type ContractClient } from '@downstage/common';
import { mlRegistryContract, type MlRegistryContract } from './contract';

/** The registry as a browser, a backend or a terminal calls it. */
export type MlRegistryClient = ContractClient<MlRegistryContract>;

/** Creates the typed client of the registry. */
export function createMlRegistryClient(options: {
  discoveryApi: { getBaseUrl(pluginId: string): Promise<string> };
  fetchApi: { fetch: typeof fetch };
}): MlRegistryClient {
  return createContractClient({
    ...options,
    contract: mlRegistryContract,
    pluginId: 'ml-registry',
  });
}
