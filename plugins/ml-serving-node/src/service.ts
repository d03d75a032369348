import { contractServiceRef, type ContractService } from '@downstage/node';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';

/** Calls `ml-serving` on behalf of the credentials that are passed. */
export const mlServingServiceRef = contractServiceRef({
  id: 'ml-serving',
  pluginId: 'ml-serving',
  contract: mlServingContract,
});
export type MlServingService = ContractService<typeof mlServingContract>;
