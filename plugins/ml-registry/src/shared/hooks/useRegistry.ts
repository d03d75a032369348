import { useApi } from '@backstage/frontend-plugin-api';
import { mlRegistryApiRef, type MlRegistryApi } from '../api';

/** The registry, in the name of the signed-in user. */
export function useRegistry(): MlRegistryApi {
  return useApi(mlRegistryApiRef);
}
