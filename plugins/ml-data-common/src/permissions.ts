import { createPermission } from '@backstage/plugin-permission-common';

/** Seeing datasets, their versions, schemas and profiles. */
export const mlDataReadPermission = createPermission({
  name: 'ml.data.read',
  attributes: { action: 'read' },
});

/** Registering a version. Needs to be an owner of the dataset besides. */
export const mlDataWritePermission = createPermission({
  name: 'ml.data.write',
  attributes: { action: 'create' },
});

/** Giving groups the right to read guarded data, and taking it back. For owners of the dataset. */
export const mlDataGrantPermission = createPermission({
  name: 'ml.data.grant',
  attributes: { action: 'update' },
});

/** All permissions of ml-data. */
export const mlDataPermissions = [
  mlDataReadPermission,
  mlDataWritePermission,
  mlDataGrantPermission,
];
