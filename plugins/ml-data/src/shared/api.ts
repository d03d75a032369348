import { createApiRef } from '@backstage/frontend-plugin-api';
import type { ContractClient } from '@downstage/common';
import type { mlDataContract } from '@downstage/plugin-ml-data-common';

/** ml-data in the name of the signed-in user. */
export type MlDataApi = ContractClient<typeof mlDataContract>;

export const mlDataApiRef = createApiRef<MlDataApi>().with({
  id: 'plugin.ml-data.client',
  pluginId: 'ml-data',
});
