import type { ContractClient } from '@downstage/common';
import { mlServingContract } from '@downstage/plugin-ml-serving-common';
import { createApiRef } from '@backstage/frontend-plugin-api';

/** Endpoints as pages see them: the contract, in the name of the signed-in user. */
export type MlServingApi = ContractClient<typeof mlServingContract>;

export const mlServingApiRef = createApiRef<MlServingApi>().with({
  id: 'plugin.ml-serving.client',
  pluginId: 'ml-serving',
});
