import { z } from 'zod';

/** What is read of objects of a cluster. All else of them is dropped when they arrive. */
const objectMetadata = z.object({
  name: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  creationTimestamp: z.string().optional(),
  deletionTimestamp: z.string().optional(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

const condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().optional(),
  message: z.string().optional(),
});
export type Condition = z.infer<typeof condition>;

export const jobObject = z.object({
  metadata: objectMetadata,
  spec: z.object({ suspend: z.boolean().optional() }),
  status: z
    .object({
      startTime: z.string().optional(),
      completionTime: z.string().optional(),
      conditions: z.array(condition).default([]),
    })
    .default({ conditions: [] }),
});
export type JobObject = z.infer<typeof jobObject>;

const containerStatus = z.object({
  name: z.string(),
  image: z.string().optional(),
  state: z
    .object({
      waiting: z
        .object({
          reason: z.string().optional(),
          message: z.string().optional(),
        })
        .optional(),
      running: z.object({ startedAt: z.string().nullish() }).optional(),
      terminated: z
        .object({
          exitCode: z.number(),
          reason: z.string().optional(),
          message: z.string().optional(),
          startedAt: z.string().nullish(),
          finishedAt: z.string().nullish(),
        })
        .optional(),
    })
    .default({}),
});
export type ContainerStatus = z.infer<typeof containerStatus>;

export const podObject = z.object({
  metadata: objectMetadata,
  spec: z.object({
    nodeName: z.string().optional(),
    containers: z
      .array(
        z.object({
          name: z.string(),
          image: z.string().optional(),
          resources: z
            .object({ limits: z.record(z.string(), z.string()).optional() })
            .optional(),
        }),
      )
      .default([]),
  }),
  status: z
    .object({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
      conditions: z.array(condition).default([]),
      initContainerStatuses: z.array(containerStatus).default([]),
      containerStatuses: z.array(containerStatus).default([]),
    })
    .default({
      conditions: [],
      initContainerStatuses: [],
      containerStatuses: [],
    }),
});
export type PodObject = z.infer<typeof podObject>;

/** Kueue's side of a Job. */
export const workloadObject = z.object({
  metadata: objectMetadata,
  spec: z.object({ active: z.boolean().optional() }),
  status: z
    .object({
      conditions: z.array(condition).default([]),
      admissionChecks: z
        .array(
          z.object({
            name: z.string(),
            state: z.string(),
            message: z.string().optional(),
          }),
        )
        .default([]),
    })
    .default({ conditions: [], admissionChecks: [] }),
});
export type WorkloadObject = z.infer<typeof workloadObject>;

/** What the portal keeps of an attempt on the cluster: a ConfigMap that outlives the Job. */
export const recordObject = z.object({ metadata: objectMetadata });
export type RecordObject = z.infer<typeof recordObject>;

export const namedObject = z.object({ metadata: objectMetadata });

export function conditionOf(
  object: { status: { conditions: Condition[] } },
  type: string,
): Condition | undefined {
  return object.status.conditions.find(one => one.type === type);
}

export function isTrue(
  object: { status: { conditions: Condition[] } },
  type: string,
): boolean {
  return conditionOf(object, type)?.status === 'True';
}

/** The pods of a Job, the newest last. Times are whole seconds: of two of one second, the one that is over came first. */
export function inOrder(pods: readonly PodObject[]): PodObject[] {
  const keyOf = ({ metadata, status }: PodObject) =>
    [
      metadata.creationTimestamp ?? '',
      ['Succeeded', 'Failed'].includes(status.phase ?? '') ? 0 : 1,
    ].join(' ');
  return [...pods].sort((one, other) => {
    const [first, second] = [keyOf(one), keyOf(other)];
    if (first === second) return 0;
    return first < second ? -1 : 1;
  });
}
