import { createPermission } from '@backstage/plugin-permission-common';

/** See jobs, their logs and the queue. */
export const jobsReadPermission = createPermission({
  name: 'ml.jobs.read',
  attributes: { action: 'read' },
});

/** Submit jobs for a group one belongs to. */
export const jobsSubmitPermission = createPermission({
  name: 'ml.jobs.submit',
  attributes: { action: 'create' },
});

/** Cancel jobs of a group one belongs to. */
export const jobsChangePermission = createPermission({
  name: 'ml.jobs.change',
  attributes: { action: 'update' },
});

export const mlJobsPermissions = [
  jobsReadPermission,
  jobsSubmitPermission,
  jobsChangePermission,
];
