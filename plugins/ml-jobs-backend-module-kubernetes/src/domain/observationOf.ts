import type { JobObservation } from '@downstage/plugin-ml-jobs-node';
import { jobContainer, jobIdAnnotation, prepareContainer } from './marks';
import {
  conditionOf,
  inOrder,
  isTrue,
  type ContainerStatus,
  type JobObject,
  type PodObject,
  type WorkloadObject,
} from './objects';

/** What a cluster shows of an attempt. */
export type Seen = {
  job: JobObject;
  /** All pods of the Job, in any order. */
  pods: PodObject[];
  /** Absent where no Kueue queues the Job, or where it has not looked at it yet. */
  workload?: WorkloadObject;
};

type Options = {
  now: Date;
  /** The queue of the cluster; without one no workload is expected. */
  queue?: string;
  /** Another Job of ours by its uid, to say who preempted. */
  jobOfUid?: (uid: string) => JobObject | undefined;
};

/** Kueue makes a Workload at once. After so long something keeps it from doing so, and Kueue does not say what. */
const pickUpMs = 30_000;

/**
 * What a Job, its pods and its Workload say together. The Job's end counts first, then what Kueue says, then the pods.
 *
 * @remarks
 * A pod that was taken away is no end: Kubernetes starts another one for the same attempt, so the attempt waits.
 */
export function observationOf(seen: Seen, options: Options): JobObservation {
  const pods = inOrder(seen.pods);
  return (
    endOf(seen.job, pods) ??
    ofWorkload(seen, options) ??
    ofSuspended(seen, options) ??
    ofPods(pods)
  );
}

function endOf(job: JobObject, pods: PodObject[]): JobObservation | undefined {
  const pod = pods.at(-1);
  const main = pod && containerOf(pod, jobContainer)?.state.terminated;
  const times = {
    ...(main?.startedAt && { startedAt: main.startedAt }),
  };
  if (isTrue(job, 'Complete')) {
    return {
      state: 'succeeded',
      reason: 'Completed',
      message: 'Completed',
      exitCode: 0,
      startedAt: main?.startedAt ?? job.status.startTime,
      ...endedAt(main?.finishedAt ?? job.status.completionTime),
    };
  }
  const failed = conditionOf(job, 'Failed');
  if (failed?.status !== 'True') return undefined;
  if (failed.reason === 'DeadlineExceeded') {
    return {
      state: 'cancelled',
      reason: 'TimedOut',
      message: 'Killed by the cluster because it took longer than its timeout',
      ...times,
      ...endedAt(main?.finishedAt),
    };
  }
  if (main) {
    return {
      state: 'failed',
      ...failureOf(main, pod),
      ...(main.exitCode !== 0 && { exitCode: main.exitCode }),
      ...times,
      ...endedAt(main.finishedAt),
    };
  }
  const prepare = pod && containerOf(pod, prepareContainer)?.state.terminated;
  if (prepare && prepare.exitCode !== 0) {
    return {
      state: 'failed',
      ...preparationOf(prepare),
      ...endedAt(prepare.finishedAt),
    };
  }
  return {
    state: 'failed',
    reason: word(pod?.status.reason ?? failed.reason) ?? 'Failed',
    message: pod?.status.message ?? failed.message ?? 'The Job failed',
  };
}

type Terminated = NonNullable<ContainerStatus['state']['terminated']>;

function failureOf(ended: Terminated, pod: PodObject) {
  if (ended.reason === 'OOMKilled') {
    const limit = pod.spec.containers.find(({ name }) => name === jobContainer)
      ?.resources?.limits?.memory;
    return {
      reason: 'OutOfMemory',
      message: `Killed because it used more memory than ${
        limit ? `its limit of ${limit}` : 'there is'
      }`,
    };
  }
  return {
    reason: 'ProcessFailed',
    message: `The command ended with code ${ended.exitCode}`,
  };
}

const preparationReasons =
  'SourceMissing|RequirementsMissing|RequirementsFailed|InputMissing|PreparationFailed';

/**
 * The last line of `prepare.py` says what it could not do: `downstage: InputMissing: …`. Packages that pip builds may write
 * the same line. So no other reason counts: some of them mean that nobody failed.
 */
function preparationOf(ended: Terminated) {
  const said = new RegExp(
    `^downstage: (${preparationReasons}): (.+)$`,
    'm',
  ).exec(ended.message ?? '');
  if (said) return { reason: said[1], message: said[2] };
  if (ended.reason === 'OOMKilled') {
    return {
      reason: 'OutOfMemory',
      message:
        'Fetching source and inputs used more memory than the job asks for',
    };
  }
  const last = ended.message?.trim().split('\n').at(-1);
  return {
    reason: 'PreparationFailed',
    message:
      last || `Fetching source and inputs ended with code ${ended.exitCode}`,
  };
}

function ofWorkload(
  { job, workload }: Seen,
  { jobOfUid }: Options,
): JobObservation | undefined {
  if (!workload || isTrue(workload, 'Finished')) return undefined;
  const evicted = conditionOf(workload, 'Evicted');
  const reserved = conditionOf(workload, 'QuotaReserved');
  if (workload.spec.active === false) {
    return waiting(
      'Deactivated',
      evicted?.message ?? 'Kueue was told to stop it',
    );
  }
  // Kueue suspends the Job first, and takes the quota back after.
  const isOut = job.spec.suspend || reserved?.status !== 'True';
  if (evicted?.status === 'True' && isOut) {
    if (evicted.reason !== 'Preempted')
      return waiting(evicted.reason, evicted.message);
    const { message = 'Preempted' } = evicted;
    return {
      ...waiting('Preempted', message),
      preemptedBy: preemptorOf(message, jobOfUid),
    };
  }
  if (isTrue(workload, 'Admitted')) return undefined;
  if (reserved?.status === 'True') {
    const open = workload.status.admissionChecks
      .filter(({ state }) => state !== 'Ready')
      .map(({ name, message }) => (message ? `${name} (${message})` : name));
    return waiting(
      'AdmissionChecks',
      `Kueue has room for it and waits for ${
        open.join(', ') || 'its admission checks'
      }`,
    );
  }
  if (!reserved) return waiting('Queued', 'Kueue has not looked at it yet');
  return waiting(quotaReasonOf(reserved), reserved.message);
}

/** `Pending` is said of one that waits and of one that never fits; only the sentence tells them apart. */
function quotaReasonOf({
  reason,
  message = '',
}: {
  reason?: string;
  message?: string;
}): string | undefined {
  if (reason !== 'Pending') return reason;
  return /maximum capacity/.test(message) ? 'ExceedsQuota' : 'WaitsForQuota';
}

function preemptorOf(message: string, jobOfUid: Options['jobOfUid']): string {
  const uid = /JobUID: ?([0-9a-f-]{36})/.exec(message)?.[1];
  const job = uid === undefined ? undefined : jobOfUid?.(uid);
  const id = job?.metadata.annotations[jobIdAnnotation];
  if (id !== undefined) return id;
  return /preemptor path: ?([^\s;,]+)/.exec(message)?.[1] ?? 'another workload';
}

function ofSuspended(
  { job, workload }: Seen,
  { now, queue }: Options,
): JobObservation | undefined {
  if (!job.spec.suspend) return undefined;
  if (workload) return { state: 'preparing', message: 'Kueue lets it start' };
  if (queue === undefined)
    return waiting('Suspended', 'Somebody has suspended its Job');
  const age = now.getTime() - Date.parse(job.metadata.creationTimestamp ?? '');
  return age > pickUpMs
    ? waiting(
        'NotPickedUp',
        `Kueue does not queue it. Look whether Kueue is installed, and watches the namespace of the LocalQueue '${queue}'`,
      )
    : waiting('Queued', 'Kueue has not looked at it yet');
}

function ofPods(pods: PodObject[]): JobObservation {
  const pod = pods.findLast(({ metadata }) => !metadata.deletionTimestamp);
  const main = pod && containerOf(pod, jobContainer)?.state;
  const startedAt = main?.running?.startedAt ?? main?.terminated?.startedAt;
  const isDisrupted = pod && isTrue(pod, 'DisruptionTarget');
  if (startedAt && !isDisrupted) return { state: 'running', startedAt };
  const gone = pods.findLast(one => isTrue(one, 'DisruptionTarget'));
  if (gone) return disrupted(gone);
  if (!pod) return { state: 'preparing', message: 'Waits for its pod' };
  return ofPending(pod);
}

function disrupted(pod: PodObject): JobObservation {
  const { message = 'its pod was taken away' } =
    conditionOf(pod, 'DisruptionTarget') ?? {};
  const node = pod.spec.nodeName;
  return waiting(
    'Disrupted',
    `Stopped${node ? ` on ${node}` : ''}: ${message}. It starts again`,
  );
}

function ofPending(pod: PodObject): JobObservation {
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False')
    return waiting(scheduled.reason, scheduled.message);
  const { initContainerStatuses, containerStatuses } = pod.status;
  for (const { name, image, state } of [
    ...initContainerStatuses,
    ...containerStatuses,
  ]) {
    const { reason = '', message } = state.waiting ?? {};
    if (/^(ErrImage|ImagePull|InvalidImage|Registry)/.test(reason)) {
      const wanted =
        pod.spec.containers.find(one => one.name === name)?.image ?? image;
      return waiting(
        reason,
        `The image ${wanted} cannot be fetched: ${message ?? reason}`,
      );
    }
    if (/Error$/.test(reason)) return waiting(reason, message);
  }
  const prepare = containerOf(pod, prepareContainer)?.state;
  return {
    state: 'preparing',
    message: prepare?.running
      ? 'Fetching source and inputs'
      : 'Waits for its container to start',
  };
}

function waiting(reason = 'Waiting', message?: string): JobObservation {
  return {
    state: 'waiting',
    reason: word(reason) ?? 'Waiting',
    message: message ?? reason,
  };
}

/** A reason of the cluster as one CamelCase word. */
function word(reason: string | undefined): string | undefined {
  return (
    reason
      ?.replace(/[^A-Za-z]/g, '')
      .replace(/^./, first => first.toUpperCase()) || undefined
  );
}

function containerOf(
  pod: PodObject,
  name: string,
): ContainerStatus | undefined {
  const { initContainerStatuses, containerStatuses } = pod.status;
  return [...initContainerStatuses, ...containerStatuses].find(
    status => status.name === name,
  );
}

function endedAt(time: string | null | undefined) {
  return time ? { endedAt: time } : {};
}
