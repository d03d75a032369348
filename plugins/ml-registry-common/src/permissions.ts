import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** See models, versions, runs, promotions and their artifacts. */
export const mlRegistryReadPermission = createPermission({
  name: 'ml.registry.read',
  attributes: { action: 'read' },
  resourceType: 'ml-model',
});

/** Write experiments, runs, metrics, params, tags and artifacts. */
export const mlRegistryTrackPermission = createPermission({
  name: 'ml.registry.track',
  attributes: { action: 'create' },
  resourceType: 'ml-model',
});

/** Register models and versions, set aliases and descriptions. */
export const mlRegistryRegisterPermission = createPermission({
  name: 'ml.registry.register',
  attributes: { action: 'create' },
  resourceType: 'ml-model',
});

/** Ask for a promotion, withdraw it, roll back. */
export const mlRegistryPromotePermission = createPermission({
  name: 'ml.registry.promote',
  attributes: { action: 'update' },
  resourceType: 'ml-model',
});

/** Approve or reject what somebody else asked for. */
export const mlRegistryApprovePermission = createPermission({
  name: 'ml.registry.approve',
  attributes: { action: 'update' },
  resourceType: 'ml-model',
});

/** Put a version into production past gates and approvals, flagged for ever. */
export const mlRegistryBreakGlassPermission = createPermission({
  name: 'ml.registry.break-glass',
  attributes: { action: 'update' },
  resourceType: 'ml-model',
});

/** Add, change and remove webhooks: of a model by its owners, of all models by administrators. */
export const mlRegistryWebhooksPermission = createPermission({
  name: 'ml.registry.webhooks',
  attributes: { action: 'update' },
  resourceType: 'ml-model',
});

/** Delete for good what was deleted long ago; administrators only. */
export const mlRegistryCollectGarbagePermission = createPermission({
  name: 'ml.registry.collect-garbage',
  attributes: { action: 'delete' },
});

/** Import the content of an MLflow server; administrators only. */
export const mlRegistryImportPermission = createPermission({
  name: 'ml.registry.import',
  attributes: { action: 'create' },
});

export const mlRegistryPermissions = [
  mlRegistryReadPermission,
  mlRegistryTrackPermission,
  mlRegistryRegisterPermission,
  mlRegistryPromotePermission,
  mlRegistryApprovePermission,
  mlRegistryCollectGarbagePermission,
  mlRegistryBreakGlassPermission,
  mlRegistryWebhooksPermission,
  mlRegistryImportPermission,
];

/** What access tokens and jobs may do in the registry. */
export const mlRegistryTokenScopes = defineTokenScopes({
  pluginId: 'ml-registry',
  scopes: {
    read: { allows: [mlRegistryReadPermission] },
    track: { allows: [mlRegistryReadPermission, mlRegistryTrackPermission] },
    register: {
      allows: [mlRegistryReadPermission, mlRegistryRegisterPermission],
    },
    promote: {
      allows: [mlRegistryReadPermission, mlRegistryPromotePermission],
      // Asked for by a service, one person could do both.
      personal: { reason: 'the requester of a promotion may not approve it' },
    },
  },
  // Tracking is by experiment, and experiments belong to groups.
  ofOwner: [mlRegistryTrackPermission],
  // Which runs a job may write is decided by the registry: those that it made.
  jobs: [
    mlRegistryReadPermission,
    mlRegistryTrackPermission,
    mlRegistryRegisterPermission,
    mlRegistryPromotePermission,
  ],
});
