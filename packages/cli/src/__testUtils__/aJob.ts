import type { Job } from '@downstage/plugin-ml-jobs-common';

/** A job of Ann's that has begun. */
export function aJob(changes: Partial<Job> = {}): Job {
  return {
    id: '8f3k2abcde',
    name: 'train',
    owner: 'group:default/diagnostics',
    state: 'running',
    source: { repository: '/srv/churn', commit: '0123456789abcdef' },
    definition: {
      apiVersion: 'downstage.dev/v1',
      kind: 'Job',
      entryPoint: 'python train.py',
    },
    parameters: {},
    inputs: [],
    warnings: [],
    runtime: 'local-process',
    attempts: [],
    timeline: [],
    createdBy: 'user:default/ann',
    createdAt: '2026-11-30T10:00:00.000Z',
    ...changes,
  };
}
