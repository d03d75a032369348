import type {
  AuditorService,
  HttpAuthService,
} from '@backstage/backend-plugin-api';
import { createContractRouter } from '@downstage/node';
import { mlDataContract } from '@downstage/plugin-ml-data-common';
import type { DataAccessService } from './access/DataAccessService';
import type { DatasetOwners } from './datasets/DatasetOwners';
import type { DatasetService } from './versions/DatasetService';
import type { DatasetVersionService } from './versions/DatasetVersionService';
import type { PreviewService } from './previews/PreviewService';
import type { RegistrationService } from './registrations/RegistrationService';

export function createRouter(deps: {
  httpAuth: HttpAuthService;
  auditor: AuditorService;
  datasets: DatasetService;
  owners: DatasetOwners;
  versions: DatasetVersionService;
  previews: PreviewService;
  registrations: RegistrationService;
  access: DataAccessService;
}) {
  const { httpAuth, datasets, owners, versions, access } = deps;
  const { previews, registrations } = deps;
  return createContractRouter({
    contract: mlDataContract,
    httpAuth,
    auditor: deps.auditor,
    reads: ['checkDatasetAccess'],
    handlers: {
      listDatasets: ({ query }, { caller }) => datasets.list(query, { caller }),
      handOverDataset: ({ params, body }, { caller }) =>
        owners.handOver({ ...params, ...body }, { caller }),
      listDatasetVersions: ({ params, query }, { caller }) =>
        versions.list({ ...params, ...query }, { caller }),
      getDatasetVersion: ({ params }, { caller }) =>
        versions.get(params, { caller }),
      registerDatasetVersion: ({ params, body }, { caller }) =>
        versions.register({ ...params, ...body }, { caller }),
      previewDatasetVersion: ({ params, body }, { caller, signal }) =>
        previews.preview({ ...params, ...body }, { caller, signal }),
      startDatasetRegistration: ({ params, body }, { caller }) =>
        registrations.start({ ...params, ...body }, { caller }),
      listDatasetRegistrations: ({ params, query }, { caller }) =>
        registrations.list({ ...params, ...query }, { caller }),
      getDatasetRegistration: ({ params }, { caller }) =>
        registrations.get(params, { caller }),
      cancelDatasetRegistration: ({ params }, { caller }) =>
        registrations.cancel(params, { caller }),
      getDatasetAccess: ({ params }, { caller }) =>
        access.get(params, { caller }),
      checkDatasetAccess: ({ body }, { caller }) =>
        access.check(body, { caller }),
      listDatasetGrants: ({ params, query }, { caller }) =>
        access.listGrants({ ...params, ...query }, { caller }),
      grantDatasetAccess: ({ params, body }, { caller }) =>
        access.grant({ ...params, ...body }, { caller }),
      revokeDatasetGrant: ({ params }, { caller }) =>
        access.revoke(params, { caller }),
      diffDatasetVersions: ({ params, query }, { caller }) =>
        versions.diff({ ...params, ...query }, { caller }),
      resolveDatasetVersion: ({ params }, { caller }) =>
        versions.resolve(params, { caller }),
    },
  });
}
