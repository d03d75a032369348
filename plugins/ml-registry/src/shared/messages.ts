/** The names of the pages, stages and states, which several rooms show. */
export const sharedMessages = {
  nav: {
    models: 'Registered models',
    versions: 'Search versions',
    runs: 'Experiments & runs',
    approvals: 'Approvals',
    section: 'Registry',
  },
  stage: {
    none: 'No stage',
    staging: 'Staging',
    candidate: 'Candidate',
    production: 'Production',
    archived: 'Archived',
  },
  state: {
    requested: 'Requested',
    checking: 'Checking gates',
    'waiting-for-approval': 'Waiting for approval',
    approved: 'Approved',
    blocked: 'Blocked',
    rejected: 'Rejected',
    withdrawn: 'Withdrawn',
  },
} as const;
