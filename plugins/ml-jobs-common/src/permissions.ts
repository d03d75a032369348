import { createPermission } from '@backstage/plugin-permission-common';
import { defineTokenScopes } from '@downstage/common';

/** See jobs, their logs, the queue and what jobs used. */
export const jobsReadPermission = createPermission({
  name: 'ml.jobs.read',
  attributes: { action: 'read' },
  resourceType: 'ml-job',
});

/** Submit jobs for a group one belongs to. */
export const jobsSubmitPermission = createPermission({
  name: 'ml.jobs.submit',
  attributes: { action: 'create' },
  resourceType: 'ml-job',
});

/** Hold, release and cancel jobs of a group one belongs to. */
export const jobsChangePermission = createPermission({
  name: 'ml.jobs.change',
  attributes: { action: 'update' },
  resourceType: 'ml-job',
});

export const mlJobsPermissions = [
  jobsReadPermission,
  jobsSubmitPermission,
  jobsChangePermission,
];

/** What access tokens may do with jobs. */
export const mlJobsTokenScopes = defineTokenScopes({
  pluginId: 'ml-jobs',
  scopes: {
    read: { allows: [jobsReadPermission] },
    train: {
      allows: [jobsReadPermission, jobsSubmitPermission, jobsChangePermission],
    },
  },
});
