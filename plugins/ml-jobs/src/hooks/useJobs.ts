import { useApi } from '@backstage/frontend-plugin-api';
import { mlJobsApiRef, type MlJobsApi } from '../api';

/** Jobs, in the name of the signed-in user. */
export function useJobs(): MlJobsApi {
  return useApi(mlJobsApiRef);
}
