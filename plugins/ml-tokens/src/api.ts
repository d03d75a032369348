import type { ContractClient } from '@downstage/common';
import type { MlTokensContract } from '@downstage/plugin-ml-tokens-common';
import { createApiRef } from '@backstage/frontend-plugin-api';

/** Access tokens as pages see them: the contract, in the name of the signed-in user. */
export type MlTokensApi = ContractClient<MlTokensContract>;

export const mlTokensApiRef = createApiRef<MlTokensApi>().with({
  id: 'plugin.ml-tokens.client',
  pluginId: 'ml-tokens',
});
