import type { BackstageCredentials } from '@backstage/backend-plugin-api';
import { parseEntityRef } from '@backstage/catalog-model';
import type { MlDataService } from '@downstage/plugin-ml-data-node';
import type { OutputLookup } from '@downstage/plugin-ml-jobs-node';

/**
 * Finds data sets that jobs declare as outputs: the newest version, where it was registered after the job had started. Who
 * registers a version is a person or a service, so the time is what can be known.
 */
export function createDatasetLookup(data: MlDataService): OutputLookup {
  return {
    async find(output, { job, ...call }) {
      if (output.kind !== 'dataset') return undefined;
      const { namespace, name } = parseEntityRef(output.dataset);
      const newest = await newestOf(data, { namespace, name }, call);
      const isOfJob =
        newest !== undefined &&
        job.startedAt !== undefined &&
        Date.parse(newest.createdAt) >= Date.parse(job.startedAt);
      return isOfJob ? { ref: newest.ref } : {};
    },
  };
}

/** A data set that is not there has no version. */
async function newestOf(
  data: MlDataService,
  params: { namespace: string; name: string },
  call: { credentials: BackstageCredentials; signal: AbortSignal },
) {
  try {
    const { items } = await data.listDatasetVersions(
      { params, query: { limit: 1 } },
      call,
    );
    return items.at(0);
  } catch (error) {
    if (error instanceof Error && error.name === 'NotFoundError')
      return undefined;
    throw error;
  }
}
