import type { JobObservation } from '@downstage/plugin-ml-jobs-node';
import { jobObject, podObject, workloadObject } from './objects';
import { observationOf } from './observationOf';

const now = new Date('2026-01-01T10:00:00Z');
const uid = '0d9c0a1e-0000-4000-8000-000000000001';
const metadata = {
  ...{ name: 'ds-k3v9x2mzq7-1', uid, resourceVersion: '7' },
  creationTimestamp: '2026-01-01T09:59:50Z',
};
type Part = Record<string, unknown>;
const jobWith = (condition?: Part, more: Part = {}) =>
  jobObject.parse({
    metadata: { ...metadata, ...(more.metadata as object) },
    spec: { suspend: more.suspend },
    status: {
      startTime: '2026-01-01T09:59:51Z',
      conditions: condition ? [{ status: 'True', ...condition }] : [],
    },
  });
const podWith = (status: Part, more: Part = {}) =>
  podObject.parse({
    metadata: { ...metadata, ...more },
    spec: {
      nodeName: 'gpu-a',
      containers: [
        {
          ...{ name: 'job', image: 'team/train:1' },
          resources: { limits: { memory: '4Gi' } },
        },
      ],
    },
    status,
  });
const ended = (terminated: Part) => ({
  phase: 'Failed',
  containerStatuses: [
    {
      name: 'job',
      state: {
        terminated: {
          startedAt: '2026-01-01T09:59:55Z',
          finishedAt: '2026-01-01T09:59:58Z',
          ...terminated,
        },
      },
    },
  ],
});
const running = podWith({
  phase: 'Running',
  containerStatuses: [
    {
      name: 'job',
      state: { running: { startedAt: '2026-01-01T09:59:55Z' } },
    },
  ],
});
const prepared = (terminated: Part) =>
  podWith({
    phase: 'Failed',
    initContainerStatuses: [{ name: 'prepare', state: { terminated } }],
    containerStatuses: [{ name: 'job', state: { waiting: {} } }],
  });
const workloadWith = (conditions: Part[], more: Part = {}) =>
  workloadObject.parse({
    metadata,
    spec: { active: more.active },
    status: { conditions, admissionChecks: more.checks },
  });
const suspended = jobWith(undefined, { suspend: true });
const failed = jobWith({ type: 'Failed', reason: 'BackoffLimitExceeded' });
const disruption = {
  ...{ type: 'DisruptionTarget', status: 'True' },
  reason: 'DeletionByTaintManager',
  message: 'Taint manager: deleting due to NoExecute taint',
};

type Case = [
  string,
  Parameters<typeof observationOf>[0],
  Partial<JobObservation>,
];

const cases: Case[] = [
  [
    'a Job that is complete',
    {
      job: jobWith({ type: 'Complete' }),
      pods: [podWith(ended({ exitCode: 0 }))],
    },
    {
      ...{ state: 'succeeded', exitCode: 0 },
      startedAt: '2026-01-01T09:59:55Z',
      endedAt: '2026-01-01T09:59:58Z',
    },
  ],
  [
    'one whose pod is gone by now',
    { job: jobWith({ type: 'Complete' }), pods: [] },
    { state: 'succeeded', startedAt: '2026-01-01T09:59:51Z' },
  ],
  [
    'a command that failed',
    { job: failed, pods: [podWith(ended({ exitCode: 3 }))] },
    {
      ...{ state: 'failed', reason: 'ProcessFailed', exitCode: 3 },
      message: 'The command ended with code 3',
    },
  ],
  [
    'too little memory',
    {
      job: failed,
      pods: [podWith(ended({ exitCode: 137, reason: 'OOMKilled' }))],
    },
    {
      ...{ state: 'failed', reason: 'OutOfMemory', exitCode: 137 },
      message: 'Killed because it used more memory than its limit of 4Gi',
    },
  ],
  [
    'the deadline of the cluster',
    { job: jobWith({ type: 'Failed', reason: 'DeadlineExceeded' }), pods: [] },
    { state: 'cancelled', reason: 'TimedOut' },
  ],
  [
    'an input that is another one',
    {
      job: failed,
      pods: [
        prepared({
          exitCode: 1,
          message:
            "downstage: InputMissing: 'a.csv' is not what was registered\n",
        }),
      ],
    },
    {
      ...{ state: 'failed', reason: 'InputMissing' },
      message: "'a.csv' is not what was registered",
    },
  ],
  ...['PortalStopped', 'Preempted', 'A'.repeat(65)].map(
    (forged): Case => [
      `a package that says ${forged} while pip builds it`,
      {
        job: failed,
        pods: [prepared({ exitCode: 1, message: `downstage: ${forged}: x` })],
      },
      {
        ...{ state: 'failed', reason: 'PreparationFailed' },
        message: `downstage: ${forged}: x`,
      },
    ],
  ),
  [
    'a container without python',
    {
      job: failed,
      pods: [prepared({ exitCode: 128, message: 'python3: not found' })],
    },
    {
      ...{ state: 'failed', reason: 'PreparationFailed' },
      message: 'python3: not found',
    },
  ],
  [
    'a Job that failed and left no pod',
    {
      job: jobWith({
        type: 'Failed',
        reason: 'PodFailurePolicy',
        message: 'x',
      }),
      pods: [],
    },
    { state: 'failed', reason: 'PodFailurePolicy', message: 'x' },
  ],
  [
    'a Job that Kueue has not seen',
    { job: suspended, pods: [] },
    { state: 'waiting', reason: 'Queued' },
  ],
  [
    'a Job that Kueue does not see for long',
    {
      job: jobWith(undefined, {
        suspend: true,
        metadata: { creationTimestamp: '2026-01-01T09:00:00Z' },
      }),
      pods: [],
    },
    {
      ...{ state: 'waiting', reason: 'NotPickedUp' },
      message: expect.stringContaining("LocalQueue 'research'"),
    },
  ],
  [
    'a quota that is used up, in the words of Kueue',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        {
          ...{ type: 'QuotaReserved', status: 'False', reason: 'Pending' },
          message:
            'insufficient unused quota for cpu in flavor default, 1 more needed',
        },
      ]),
    },
    {
      ...{ state: 'waiting', reason: 'WaitsForQuota' },
      message:
        'insufficient unused quota for cpu in flavor default, 1 more needed',
    },
  ],
  [
    'more than the queue ever has',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        {
          ...{ type: 'QuotaReserved', status: 'False', reason: 'Pending' },
          message: 'current request (16) > maximum capacity (8)',
        },
      ]),
    },
    { state: 'waiting', reason: 'ExceedsQuota' },
  ],
  [
    'a LocalQueue that is not there',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        {
          ...{ type: 'QuotaReserved', status: 'False', reason: 'Inadmissible' },
          message: "LocalQueue nope doesn't exist",
        },
      ]),
    },
    {
      ...{ state: 'waiting', reason: 'Inadmissible' },
      message: "LocalQueue nope doesn't exist",
    },
  ],
  [
    'admission checks that are open',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([{ type: 'QuotaReserved', status: 'True' }], {
        checks: [
          { name: 'budget', state: 'Pending', message: 'asks' },
          { name: 'done', state: 'Ready' },
        ],
      }),
    },
    {
      ...{ state: 'waiting', reason: 'AdmissionChecks' },
      message: 'Kueue has room for it and waits for budget (asks)',
    },
  ],
  [
    'a preemption by a job of ours',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        { type: 'QuotaReserved', status: 'False', reason: 'Pending' },
        {
          ...{ type: 'Evicted', status: 'True', reason: 'Preempted' },
          message: `Preempted to accommodate a workload (UID: ${uid}, JobUID: ${uid}) due to reclamation`,
        },
      ]),
    },
    { state: 'waiting', reason: 'Preempted', preemptedBy: 'other-job' },
  ],
  [
    'a preemption by somebody else',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        { type: 'QuotaReserved', status: 'False', reason: 'Pending' },
        {
          ...{ type: 'Evicted', status: 'True', reason: 'Preempted' },
          message:
            'Preempted to accommodate a workload due to reclamation within the cohort; preemptor path: /research/team-b; other path: /research/team-a',
        },
      ]),
    },
    { state: 'waiting', preemptedBy: '/research/team-b' },
  ],
  [
    'a preemption that has stopped the Job and not yet taken its quota',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        { type: 'QuotaReserved', status: 'True' },
        { type: 'Admitted', status: 'True' },
        {
          ...{ type: 'Evicted', status: 'True', reason: 'Preempted' },
          message: 'Preempted to accommodate a workload',
        },
      ]),
    },
    { state: 'waiting', reason: 'Preempted', preemptedBy: 'another workload' },
  ],
  [
    'a Job that Kueue has admitted and not started',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        { type: 'QuotaReserved', status: 'True' },
        { type: 'Admitted', status: 'True' },
      ]),
    },
    { state: 'preparing', message: 'Kueue lets it start' },
  ],
  [
    'a queue that was stopped',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([
        {
          ...{ type: 'Evicted', status: 'True', reason: 'LocalQueueStopped' },
          message: 'The LocalQueue is stopped',
        },
      ]),
    },
    {
      ...{ state: 'waiting', reason: 'LocalQueueStopped' },
      message: 'The LocalQueue is stopped',
    },
  ],
  [
    'a workload that was switched off',
    {
      job: suspended,
      pods: [],
      workload: workloadWith([], { active: false }),
    },
    { state: 'waiting', reason: 'Deactivated' },
  ],
  [
    'a Job without a pod yet',
    { job: jobWith(), pods: [] },
    { state: 'preparing', message: 'Waits for its pod' },
  ],
  [
    'a pod that no node has room for',
    {
      job: jobWith(),
      pods: [
        podWith({
          phase: 'Pending',
          conditions: [
            {
              ...{ type: 'PodScheduled', status: 'False' },
              ...{
                reason: 'Unschedulable',
                message: '0/3 nodes are available',
              },
            },
          ],
        }),
      ],
    },
    {
      ...{ state: 'waiting', reason: 'Unschedulable' },
      message: '0/3 nodes are available',
    },
  ],
  [
    'an image that is not there',
    {
      job: jobWith(),
      pods: [
        podWith({
          containerStatuses: [
            {
              name: 'job',
              state: {
                waiting: { reason: 'ImagePullBackOff', message: 'gone' },
              },
            },
          ],
        }),
      ],
    },
    {
      ...{ state: 'waiting', reason: 'ImagePullBackOff' },
      message: 'The image team/train:1 cannot be fetched: gone',
    },
  ],
  [
    'a container that is fetching',
    {
      job: jobWith(),
      pods: [
        podWith({
          initContainerStatuses: [{ name: 'prepare', state: { running: {} } }],
        }),
      ],
    },
    { state: 'preparing', message: 'Fetching source and inputs' },
  ],
  [
    'a container that runs',
    { job: jobWith(), pods: [running] },
    { state: 'running', startedAt: '2026-01-01T09:59:55Z' },
  ],
  [
    'a node that is gone',
    {
      job: jobWith(),
      pods: [
        podObject.parse({
          ...running,
          status: { ...running.status, conditions: [disruption] },
          metadata: { ...metadata, deletionTimestamp: '2026-01-01T10:00:00Z' },
        }),
      ],
    },
    {
      ...{ state: 'waiting', reason: 'Disrupted' },
      message:
        'Stopped on gpu-a: Taint manager: deleting due to NoExecute taint. It starts again',
    },
  ],
  [
    'the pod after one that was taken away, while it runs',
    {
      job: jobWith(),
      pods: [running, podWith({ phase: 'Failed', conditions: [disruption] })],
    },
    { state: 'running' },
  ],
];

describe('what a cluster shows', () => {
  it.each(cases)('is told of %s', (_, seen, expected) => {
    const other = jobWith(undefined, {
      metadata: { annotations: { 'downstage.dev/job-id': 'other-job' } },
    });
    const found = observationOf(seen, {
      ...{ now, queue: 'research' },
      jobOfUid: wanted => (wanted === uid ? other : undefined),
    });
    expect(found).toMatchObject(expected);
    expect(found.reason ?? 'None').toMatch(/^[A-Z][A-Za-z]+$/);
  });

  it('is no wait for Kueue where none is expected', () => {
    expect(observationOf({ job: suspended, pods: [] }, { now })).toMatchObject({
      ...{ state: 'waiting', reason: 'Suspended' },
    });
  });
});
