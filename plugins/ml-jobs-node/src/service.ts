import { contractServiceRef, type ContractService } from '@downstage/node';
import {
  mlJobsContract,
  type MlJobsContract,
} from '@downstage/plugin-ml-jobs-common';

/** Jobs as other backends call them: request first, credentials second. */
export type MlJobsService = ContractService<MlJobsContract>;

/**
 * Reaches jobs from another backend, in the name of the given credentials.
 *
 * @example
 * ```ts
 * deps: { jobs: mlJobsServiceRef },
 * const job = await jobs.getJob({ params: { id } }, { credentials });
 * ```
 */
export const mlJobsServiceRef = contractServiceRef({
  id: 'ml-jobs',
  pluginId: 'ml-jobs',
  contract: mlJobsContract,
});
