import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** Seeing datasets, their versions, schemas and profiles. */
export const mlDataReadPermission = createPermission({
  name: 'ml.data.read',
  attributes: { action: 'read' },
  resourceType: 'ml-dataset',
});

/** Registering a version. Needs to be an owner of the dataset besides. */
export const mlDataWritePermission = createPermission({
  name: 'ml.data.write',
  attributes: { action: 'create' },
  resourceType: 'ml-dataset',
});

/** Giving groups the right to read guarded data, and taking it back. For owners of the dataset. */
export const mlDataGrantPermission = createPermission({
  name: 'ml.data.grant',
  attributes: { action: 'update' },
  resourceType: 'ml-dataset',
});

/** All permissions of ml-data. */
export const mlDataPermissions = [
  mlDataReadPermission,
  mlDataWritePermission,
  mlDataGrantPermission,
];

/** What access tokens and jobs may do with data sets. */
export const mlDataTokenScopes = defineTokenScopes({
  pluginId: 'ml-data',
  scopes: {
    read: { allows: [mlDataReadPermission] },
    data: { allows: [mlDataReadPermission, mlDataWritePermission] },
  },
  // Which data a job may read is decided by ml-data, with the rights of its submitter.
  jobs: [mlDataReadPermission],
});
