import type { HttpAuthService } from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import type { DatasetService } from './services/DatasetService';
import type { DatasetVersionService } from './services/DatasetVersionService';

export function createRouter(deps: {
  httpAuth: HttpAuthService;
  datasets: DatasetService;
  versions: DatasetVersionService;
}) {
  const { httpAuth, datasets, versions } = deps;
  return createContractRouter({
    contract: mlDataContract,
    httpAuth,
    handlers: {
      listDatasets: async (_, { credentials }) => ({
        items: await datasets.list({ credentials }),
      }),
      listDatasetVersions: async ({ params }, { credentials }) => ({
        items: await versions.list(params, { credentials }),
      }),
      getDatasetVersion: ({ params }, { credentials }) =>
        versions.get(params, { credentials }),
      registerDatasetVersion: ({ params, body }, { credentials, request }) =>
        versions.register({ ...params, ...body }, { credentials, request }),
      diffDatasetVersions: ({ params, query }, { credentials }) =>
        versions.diff({ ...params, ...query }, { credentials }),
      resolveDatasetVersion: ({ params }, { credentials }) =>
        versions.resolve(params, { credentials }),
    },
  });
}
