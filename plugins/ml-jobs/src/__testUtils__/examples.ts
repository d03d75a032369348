import type {
  Job,
  JobExplanation,
  Queue,
} from '@downstage/plugin-ml-jobs-common';

export const owner = 'group:default/diagnostics';
/** A job in the middle of its run. */
export const job: Job = {
  id: 'abc123',
  name: 'tumour-malignancy',
  owner,
  model: 'model:default/tumour-malignancy',
  state: 'running',
  runtime: 'local-process',
  reason: 'Running',
  message: 'Running',
  source: { repository: '/projects/tumour', commit: 'f00dfeedf00dfeed' },
  definition: {
    apiVersion: 'downstage.dev/v1',
    kind: 'Job',
    entryPoint: 'python src/train.py',
    timeout: 'PT30M',
    inputs: [{ name: 'training', dataset: 'dataset:default/breast-masses' }],
  },
  parameters: { depth: 4 },
  inputs: [{ name: 'training', ref: 'default/breast-masses@3' }],
  warnings: [{ option: 'resources.gpus', message: '1 asked for, none here' }],
  attempts: [
    { number: 1, state: 'running', startedAt: '2026-01-01T00:00:02.000Z' },
  ],
  timeline: [
    {
      at: '2026-01-01T00:00:00.000Z',
      type: 'submitted',
      state: 'submitted',
      message: 'Submitted by user:default/ann',
      by: 'user:default/ann',
    },
    {
      at: '2026-01-01T00:00:01.000Z',
      type: 'preparing',
      state: 'preparing',
      message: 'Preparing',
      by: 'portal',
    },
    {
      at: '2026-01-01T00:00:02.000Z',
      type: 'running',
      state: 'running',
      message: 'Running',
      by: 'runtime:local-process',
    },
  ],
  createdBy: 'user:default/ann',
  createdAt: '2026-01-01T00:00:00.000Z',
  startedAt: '2026-01-01T00:00:02.000Z',
};

/** A queue with nothing in it. */
export const idle: Queue = {
  slots: 2,
  runtime: 'local-process',
  running: [],
  queued: [],
  waiting: 0,
  othersRunning: 0,
  runtimes: [
    {
      id: 'local-process',
      slots: 2,
      admission: 'portal',
      isDefault: true,
    },
  ],
  portals: [],
};

/** Why a job waits for memory. */
export const explanation: JobExplanation = {
  job: 'abc123',
  state: 'queued',
  reason: 'WaitsForResources',
  message:
    'Waits for room: it needs 2 GiB of memory, and 0.5 GiB of 4 GiB are free',
  owner,
  queue: 'default',
  priority: 'standard',
  runtime: 'local-process',
  position: 5,
  waiting: 9,
  ahead: [{ id: 'x1', name: 'churn', owner }],
  othersAhead: 3,
  lacking: [
    {
      ...{ resource: 'memory', needed: 2 ** 31, total: 2 ** 32 },
      ...{ used: 3.5 * 2 ** 30, held: 0, free: 2 ** 29 },
    },
  ],
  uses: { slots: 1 },
  queueUses: { slots: 2 },
  quota: {},
  borrowed: {},
  month: [],
  canDo: ['Submit it with smaller resources'],
};
