import {
  createContractClient,
  type Contract,
  type ContractClient,
} from '@downstage/common';
import {
  discoveryApiRef,
  fetchApiRef,
  useApi,
} from '@backstage/frontend-plugin-api';
import { useMemo } from 'react';

/** The typed client of a contract, in the name of the signed-in user. For plugins without an api ref of their own. */
export function useContractClient<C extends Contract>(
  contract: C,
  pluginId: string,
): ContractClient<C> {
  const discoveryApi = useApi(discoveryApiRef);
  const fetchApi = useApi(fetchApiRef);
  return useMemo(
    () => createContractClient({ contract, pluginId, discoveryApi, fetchApi }),
    [contract, pluginId, discoveryApi, fetchApi],
  );
}
